/**
 * OCSF 1.6.0 with the profile `cloud`: API Activity (6003), and Authentication (3002) of what makes a session and of
 * requests whose sender could not be established.
 */
import { dropAbsent, type Identity, type Recorded } from '../recorded.ts';
import { signsIn, type Verb, verbOf } from '../verb.ts';

const VERSION = '1.6.0';
const ACTIVITY: Readonly<Record<Verb, { id: number; name: string }>> = {
  create: { id: 1, name: 'Create' },
  read: { id: 2, name: 'Read' },
  update: { id: 3, name: 'Update' },
  delete: { id: 4, name: 'Delete' },
  other: { id: 99, name: 'Other' },
};
const LOGON = { id: 1, name: 'Logon' };
const SEVERITY = {
  success: { id: 1, name: 'Informational' },
  failed: { id: 1, name: 'Informational' },
  denied: { id: 2, name: 'Low' },
  unauthenticated: { id: 2, name: 'Low' },
  broken: { id: 3, name: 'Medium' },
} as const;

const API_ACTIVITY = {
  class_uid: 6003,
  class_name: 'API Activity',
  category_uid: 6,
  category_name: 'Application Activity',
};
const AUTHENTICATION = {
  ...{ class_uid: 3002, class_name: 'Authentication' },
  ...{ category_uid: 3, category_name: 'Identity & Access Management' },
};

export function toOcsf(record: Recorded): object {
  const isSignIn = signsIn(record.name) || record.outcome === 'unauthenticated';
  const which = isSignIn ? AUTHENTICATION : API_ACTIVITY;
  const activity = isSignIn ? LOGON : ACTIVITY[verbOf(record.name, record.readOnly)];
  return dropAbsent({
    ...which,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: which.class_uid * 100 + activity.id,
    type_name: `${which.class_name}: ${activity.name}`,
    time: record.time,
    severity_id: SEVERITY[record.outcome].id,
    severity: SEVERITY[record.outcome].name,
    ...status(record),
    metadata: metadata(record),
    cloud: { provider: 'Parapet', region: record.region, account: { uid: record.accountId } },
    actor: actor(record.identity),
    ...(isSignIn && authentication(record)),
    api: api(record),
    src_endpoint: source(record),
    http_request: record.userAgent === undefined ? undefined : { user_agent: record.userAgent },
    resources: resources(record),
  });
}

function status({ outcome, error }: Recorded): object {
  if (outcome === 'success') return { status_id: 1, status: 'Success' };
  return dropAbsent({ status_id: 2, status: 'Failure', status_code: error?.code, status_detail: error?.message });
}

function metadata(record: Recorded): object {
  return {
    version: VERSION,
    uid: record.eventId,
    sequence: record.sequence,
    event_code: record.name,
    log_name: 'audit',
    log_provider: 'Parapet',
    product: { name: 'Parapet', vendor_name: 'Parapet', feature: { name: record.category } },
    profiles: ['cloud'],
  };
}

const USER_TYPES: Readonly<Record<string, { type_id: number; type: string }>> = {
  Root: { type_id: 2, type: 'Admin' },
  IAMUser: { type_id: 1, type: 'User' },
  FederatedUser: { type_id: 1, type: 'User' },
  AWSService: { type_id: 3, type: 'System' },
};

function user(identity: Identity): object {
  const { userName, session } = identity;
  return dropAbsent({
    ...(USER_TYPES[identity.type] ?? { type_id: 99, type: identity.type }),
    name: userName ?? session?.issuer?.userName,
    uid: identity.principalId,
    uid_alt: identity.arn,
    credential_uid: identity.accessKeyId,
    account: identity.accountId === undefined ? undefined : { uid: identity.accountId },
  });
}

function sessionOf({ session }: Identity): object | undefined {
  const created = Date.parse(session?.createdAt ?? '');
  return (
    session &&
    dropAbsent({
      uid: session.id,
      issuer: session.issuer?.arn,
      created_time: Number.isNaN(created) ? undefined : created,
      is_mfa: session.mfa,
    })
  );
}

function actor(identity: Identity): object {
  return dropAbsent({ user: user(identity), session: sessionOf(identity), invoked_by: identity.invokedBy });
}

function authentication({ identity, source: name }: Recorded): object {
  return dropAbsent({
    user: user(identity),
    service: { name },
    auth_protocol_id: 99,
    auth_protocol: 'AWS Signature Version 4',
    is_mfa: identity.session?.mfa,
    is_remote: true,
  });
}

function api({ name, source: service, requestId, error }: Recorded): object {
  return dropAbsent({
    operation: name,
    service: { name: service },
    request: requestId === undefined ? undefined : { uid: requestId },
    response: error && dropAbsent({ error: error.code, error_message: error.message }),
  });
}

/** An address, or whoever of ours asked. */
function source({ sourceIp, identity }: Recorded): object {
  return sourceIp === undefined ? { name: identity.invokedBy ?? 'unknown' } : { ip: sourceIp };
}

function resources({ resources: all }: Recorded): object[] | undefined {
  if (all.length === 0) return undefined;
  return all.map(({ arn, accountId, type }) =>
    dropAbsent({ uid: arn, type, owner: accountId === undefined ? undefined : { account: { uid: accountId } } }),
  );
}
