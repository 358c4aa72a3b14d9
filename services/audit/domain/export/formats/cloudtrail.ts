/** A record of AWS CloudTrail, event version 1.11: what only Parapet knows is left out or under `additionalEventData`. */
import { dropAbsent, type Identity, type Recorded } from '../recorded.ts';

/** Types that CloudTrail knows. */
const TYPES: ReadonlySet<string> = new Set(['Root', 'IAMUser', 'AssumedRole', 'FederatedUser', 'AWSService']);

export function toCloudTrail(record: Recorded): object {
  const { tls } = record;
  return dropAbsent({
    eventVersion: '1.11',
    userIdentity: userIdentity(record.identity),
    // CloudTrail knows whole seconds.
    eventTime: `${new Date(record.time).toISOString().slice(0, 19)}Z`,
    eventSource: record.source,
    eventName: record.name,
    awsRegion: record.region,
    sourceIPAddress: record.sourceIp ?? record.identity.invokedBy ?? 'unknown',
    userAgent: record.userAgent,
    errorCode: record.error?.code,
    errorMessage: record.error?.message,
    requestParameters: record.request ?? null,
    responseElements: record.response ?? null,
    additionalEventData: dropAbsent({ sequence: record.sequence, enterpriseProjectId: record.projectId }),
    requestID: record.requestId,
    eventID: record.eventId,
    readOnly: record.readOnly,
    resources: resources(record),
    eventType: 'AwsApiCall',
    managementEvent: record.category === 'Management',
    recipientAccountId: record.accountId,
    eventCategory: record.category,
    tlsDetails:
      tls && dropAbsent({ tlsVersion: tls.version, cipherSuite: tls.cipher, clientProvidedHostHeader: tls.host }),
  });
}

function userIdentity(identity: Identity): object {
  const { session, ...rest } = identity;
  return dropAbsent({
    type: TYPES.has(identity.type) ? identity.type : 'Unknown',
    principalId: rest.principalId,
    arn: rest.arn,
    accountId: rest.accountId,
    accessKeyId: rest.accessKeyId,
    userName: rest.userName,
    sessionContext:
      session &&
      dropAbsent({
        sessionIssuer: session.issuer,
        attributes: dropAbsent({ creationDate: session.createdAt, mfaAuthenticated: String(session.mfa) }),
        sourceIdentity: session.sourceIdentity,
      }),
    invokedBy: rest.invokedBy,
  });
}

function resources({ resources: all }: Recorded): object[] | undefined {
  if (all.length === 0) return undefined;
  return all.map(({ arn, accountId, type }) => dropAbsent({ ARN: arn, accountId, type }));
}
