/**
 * Elastic Common Schema; its versions 8 and 9 mean the same by these fields. What a request said is one text, so that an
 * index does not get a field for each parameter there is.
 */
import { dropAbsent, type Recorded } from '../recorded.ts';
import { signsIn, type Verb, verbOf } from '../verb.ts';

const VERSION = '8.17.0';
const TYPES: Readonly<Record<Verb, string>> = {
  create: 'creation',
  read: 'access',
  update: 'change',
  delete: 'deletion',
  other: 'info',
};

export function toEcs(record: Recorded): object {
  const { identity, error, tls } = record;
  const name = identity.userName ?? identity.session?.issuer?.userName;
  return dropAbsent({
    '@timestamp': new Date(record.time).toISOString(),
    ecs: { version: VERSION },
    message: `${record.name} ${record.outcome === 'success' ? 'succeeded' : `failed: ${error?.code}`}`,
    event: event(record),
    cloud: {
      provider: 'parapet',
      region: record.region,
      account: { id: record.accountId },
      service: { name: record.source },
    },
    user: dropAbsent({
      id: identity.principalId,
      name,
      roles: identity.session?.issuer?.arn && [identity.session.issuer.arn],
    }),
    source: record.sourceIp === undefined ? undefined : { ip: record.sourceIp, address: record.sourceIp },
    user_agent: record.userAgent === undefined ? undefined : { original: record.userAgent },
    http: record.requestId === undefined ? undefined : { request: { id: record.requestId } },
    error: error && dropAbsent({ code: error.code, message: error.message }),
    tls:
      tls && dropAbsent({ ...version(tls.version), cipher: tls.cipher, client: tls.host && { server_name: tls.host } }),
    related: dropAbsent({
      ip: record.sourceIp === undefined ? undefined : [record.sourceIp],
      user: [name, identity.arn, identity.principalId].filter((one) => one !== undefined),
    }),
    parapet: { audit: own(record) },
  });
}

function event(record: Recorded): object {
  const isSignIn = signsIn(record.name) || record.outcome === 'unauthenticated';
  const denied = record.outcome === 'denied' || record.outcome === 'unauthenticated';
  const type = isSignIn ? 'start' : TYPES[verbOf(record.name, record.readOnly)];
  return {
    id: record.eventId,
    kind: 'event',
    module: 'parapet',
    dataset: 'parapet.audit',
    provider: record.source,
    action: record.name,
    category: isSignIn ? ['authentication'] : [record.source.startsWith('iam.') ? 'iam' : 'api'],
    type: denied ? [type, 'denied'] : [type],
    outcome: record.outcome === 'success' ? 'success' : 'failure',
    sequence: record.sequence,
  };
}

/** `TLSv1.3`: ECS has number and protocol apart. */
function version(text: string | undefined): object {
  const [, number] = /^TLSv(\d(?:\.\d)?)$/.exec(text ?? '') ?? [];
  return number === undefined ? {} : { version: number, version_protocol: 'tls' };
}

function own(record: Recorded): object {
  const { identity, resources } = record;
  return dropAbsent({
    event_category: record.category,
    read_only: record.readOnly,
    user_identity: dropAbsent({
      type: identity.type,
      arn: identity.arn,
      account_id: identity.accountId,
      access_key_id: identity.accessKeyId,
      invoked_by: identity.invokedBy,
      session_id: identity.session?.id,
      mfa: identity.session?.mfa,
    }),
    request_parameters: record.request && JSON.stringify(record.request),
    response_elements: record.response && JSON.stringify(record.response),
    resources: resources.length === 0 ? undefined : resources.map(({ arn, type }) => dropAbsent({ arn, type })),
    enterprise_project_id: record.projectId,
  });
}
