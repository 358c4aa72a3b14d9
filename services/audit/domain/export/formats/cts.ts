/** A trace of Huawei Cloud's Cloud Trace Service. */
import { dropAbsent, type Recorded } from '../recorded.ts';

const RATING = {
  success: 'normal',
  failed: 'warning',
  denied: 'warning',
  unauthenticated: 'warning',
  broken: 'incident',
} as const;
/** The record keeps no HTTP status; of these outcomes it is known. */
const CODE = { success: '200', denied: '403', unauthenticated: '401' } as const;

export function toCts(record: Recorded): object {
  const { identity, error, outcome } = record;
  const [resource] = record.resources;
  return dropAbsent({
    trace_id: record.eventId,
    trace_name: record.name,
    trace_rating: RATING[outcome],
    trace_type: identity.type === 'AWSService' ? 'SystemAction' : 'ApiCall',
    time: record.time,
    record_time: record.time,
    service_type: record.source.replace(/\.amazonaws\.com$/, '').toUpperCase(),
    resource_type: resource?.type ?? 'none',
    resource_id: resource?.arn,
    resource_name: resource?.arn.slice(resource.arn.lastIndexOf('/') + 1),
    resource_account_id: resource?.accountId ?? record.accountId,
    domain_id: record.accountId,
    enterprise_project_id: record.projectId,
    source_ip: record.sourceIp ?? '',
    user_agent: record.userAgent,
    user: dropAbsent({
      type: identity.type,
      id: identity.principalId,
      name: identity.userName ?? identity.session?.issuer?.userName,
      account_id: identity.accountId,
      access_key_id: identity.accessKeyId,
      principal_urn: identity.arn,
      principal_is_root_user: String(identity.type === 'Root'),
      domain: identity.accountId === undefined ? undefined : { id: identity.accountId },
      invoked_by: identity.invokedBy === undefined ? undefined : [identity.invokedBy],
    }),
    request: record.request && JSON.stringify(record.request),
    response: record.response && JSON.stringify(record.response),
    code: outcome in CODE ? CODE[outcome as keyof typeof CODE] : undefined,
    message: error && `${error.code}${error.message === undefined ? '' : `: ${error.message}`}`,
    request_id: record.requestId,
    read_only: record.readOnly,
    location_info: record.region,
    event_type: 'system',
    tracker_name: 'system',
  });
}
