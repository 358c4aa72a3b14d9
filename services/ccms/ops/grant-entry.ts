/** Grants as answers show them, and where those of a secret are found. */
import type { Resolved } from '../../../platform/runtime/call.ts';
import type { GrantAction } from '../api/grants.ts';
import type { CcmsDeps } from '../deps.ts';
import { type GrantRow, grantState } from '../domain/grant.ts';
import { ENDED_KEPT_MS } from '../domain/limits.ts';
import { readGrant } from '../store/grant-queries.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { type AnyCall, askAboutSecret, isForeign, missingSecret } from './secret-access.ts';

/** Grants are managed at home: another account's secret answers like one that does not exist. */
export async function resolveOwnSecret(call: AnyCall, deps: CcmsDeps, text: string): Promise<Resolved<SecretRecord>> {
  const { target, record } = await askAboutSecret(call, deps, text);
  if (record && !isForeign(call, record)) return { targets: [target], state: record };
  return { targets: [target], state: undefined as never, absent: missingSecret(call) };
}

/** Of this secret, verified. */
export async function requireGrant(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  grantId: string,
): Promise<GrantRow> {
  const row = await readGrant(deps.store.read, grantId);
  const isOfSecret = row?.secret_id === secret.row.secret_id && row.account_id === secret.row.account_id;
  if (!row || !isOfSecret || isForgotten(row, call.now)) {
    throw call.fail('NotFound', `the secret has no grant ${grantId}`, { hint: 'ListSecretGrants shows them' });
  }
  await deps.grants.verify([row]);
  return row;
}

/** Rows that are only waiting to be removed. */
export function isForgotten(row: GrantRow, now: number): boolean {
  const ended = Math.min(row.revoked_at ?? Number.POSITIVE_INFINITY, row.expires_at ?? Number.POSITIVE_INFINITY);
  return ended < now - ENDED_KEPT_MS;
}

const optional = <K extends string, V>(name: K, value: V | null) =>
  (value === null ? {} : { [name]: value }) as { [N in K]?: V };
const parsed = (json: string | null): string[] | null => (json === null ? null : (JSON.parse(json) as string[]));

export function grantEntry(row: GrantRow, now: number) {
  return {
    GrantId: row.grant_id,
    SecretARN: row.secret_arn,
    GranteePrincipal: row.grantee,
    Actions: JSON.parse(row.actions) as GrantAction[],
    VersionStages: JSON.parse(row.stages) as string[],
    ...optional('Fields', parsed(row.fields)),
    ...optional('NotBefore', row.not_before),
    ...optional('ExpiresAt', row.expires_at),
    ...optional('SourceAddresses', parsed(row.addresses)),
    ...optional('Purpose', row.purpose),
    ...optional('MaxCacheSeconds', row.max_cache_seconds),
    ...optional('ApprovedBy', parsed(row.approved_by)),
    Status: grantState(row, now),
    CreatedDate: row.created_at,
    CreatedBy: row.created_by,
    ...optional('RevokedDate', row.revoked_at),
    ...optional('RevokedBy', row.revoked_by),
    ...optional('KeyArn', row.key_arn),
    ...optional('KeyGrantId', row.key_grant_id),
  };
}
