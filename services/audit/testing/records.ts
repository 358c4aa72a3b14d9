/** Records as the services write them. */
import { canonicalJson } from '../../../platform/audit/canonical-json.ts';
import { createIds } from '../../../platform/runtime/ids.ts';
import { ACCOUNT } from './harness.ts';

const ids = createIds({ now: () => Date.now() });

export interface Sample {
  eventId?: string;
  accountId?: string;
  time?: number;
  name?: string;
  source?: string;
  userName?: string;
  accessKeyId?: string;
  requestId?: string;
  resources?: string[];
  errorCode?: string;
  effect?: 'allow' | 'deny';
  /** Of the denial. */
  layer?: string;
  project?: string;
  wseq?: number;
  boot?: string;
  record?: string;
  /** Default: a read. */
  write?: boolean;
}

/** A record on its way to `IngestRecords`. */
export function sample(options: Sample = {}) {
  const { accountId = ACCOUNT, time = Date.now(), wseq = 1, boot = 'boot-1', userName = 'alice' } = options;
  const eventId = options.eventId ?? ids.uuidv7();
  return {
    EventId: eventId,
    AccountId: accountId,
    CreatedAt: time,
    Wseq: wseq,
    Boot: boot,
    Node: 'kms-1',
    Record: options.record ?? text({ ...options, eventId, accountId, time, wseq, boot, userName }),
  };
}

type Full = Sample & { eventId: string; accountId: string; time: number; userName: string };

function text(s: Full): string {
  const { accountId, effect = 'allow', resources = [`arn:aws:kms:local-1:${accountId}:key/1234abcd`] } = s;
  const action = `kms:${s.name ?? 'Decrypt'}`;
  const arn = `arn:aws:iam::${accountId}:user/team/${s.userName}`;
  const denied = effect === 'deny';
  return canonicalJson({
    awsRegion: 'local-1',
    errorCode: s.errorCode ?? (denied ? 'AccessDeniedException' : undefined),
    errorMessage: denied ? `User: ${arn} is not authorized to perform: ${action}` : undefined,
    eventCategory: 'Management',
    eventID: s.eventId,
    eventName: s.name ?? 'Decrypt',
    eventSource: s.source ?? 'kms.amazonaws.com',
    eventTime: new Date(s.time).toISOString(),
    eventType: 'AwsApiCall',
    eventVersion: '1.11',
    managementEvent: true,
    readOnly: s.write !== true,
    recipientAccountId: accountId,
    requestID: s.requestId ?? ids.uuidv7(),
    requestParameters: { EncryptionContext: { app: 'billing' }, KeyId: 'alias/billing' },
    resources: denied ? undefined : resources.map((ARN) => ({ ARN, accountId, type: 'AWS::KMS::Key' })),
    sourceIPAddress: '192.0.2.7',
    tlsDetails: {
      cipherSuite: 'TLS_AES_256_GCM_SHA384',
      clientProvidedHostHeader: 'localhost:8443',
      tlsVersion: 'TLSv1.3',
    },
    userAgent: 'aws-sdk-js/3.1164.0 ua/2.1 os/linux#6.1.0 lang/js md/nodejs#20.20.2 api/kms#3.1164.0',
    userIdentity: {
      accessKeyId: s.accessKeyId ?? 'AKIAIOSFODNN7EXAMPLE',
      accountId,
      arn,
      principalId: 'AIDAEXAMPLEEXAMPLEEXA',
      type: 'IAMUser',
      userName: s.userName,
    },
    x: {
      boot: s.boot,
      decision: {
        checks: resources.map((resource) => ({
          action,
          context: { 'aws:resourceaccount': accountId, 'kms:encryptioncontext:app': 'billing' },
          effect,
          layer: denied ? (s.layer ?? 'identity') : 'resource',
          reason: denied ? 'implicit-deny' : 'allow',
          resource,
          resourceAccount: accountId,
          statements: denied ? [] : [{ index: 0, policyArn: resource, sid: 'Enable IAM User Permissions' }],
        })),
        context: {
          'aws:currenttime': new Date(s.time).toISOString(),
          'aws:principalaccount': accountId,
          'aws:principalarn': arn,
          'aws:securetransport': 'true',
          'aws:sourceip': '192.0.2.7',
          'aws:username': s.userName,
        },
        effect,
        policies: [`arn:aws:iam::${accountId}:policy/developers@v3`],
        policyVersion: 17,
      },
      enterpriseProject: s.project,
      node: 'kms-1',
      schema: 1,
      wseq: s.wseq,
    },
  });
}
