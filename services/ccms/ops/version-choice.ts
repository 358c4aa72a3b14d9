/** Operations of the native API name a version by its id or by its number. */
import type { CcmsDeps } from '../deps.ts';
import type { VersionRow } from '../domain/rows.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import type { AnyCall } from './secret-access.ts';

export interface VersionChoice {
  VersionId?: string | undefined;
  Ordinal?: number | undefined;
}

/** The chosen version of the secret, with its sealed value. */
export async function chooseVersion(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  { VersionId, Ordinal }: VersionChoice,
): Promise<VersionRow> {
  if ((VersionId === undefined) === (Ordinal === undefined))
    throw call.fail('InvalidParameter', 'name the version by VersionId or by Ordinal');
  const id = VersionId ?? (await deps.secrets.versions(secret)).find(({ ordinal }) => ordinal === Ordinal)?.version_id;
  const row = id === undefined ? undefined : await deps.secrets.version(secret, id);
  if (row) return row;
  throw call.fail('NotFound', `the secret has no version ${VersionId ?? Ordinal}`, {
    hint: 'ListSecretVersions shows them',
  });
}

export function requireUnexpired(call: AnyCall, row: VersionRow): void {
  if (row.expires_at === null || row.expires_at > call.now) return;
  throw call.fail('InvalidRequest', `version ${row.version_id} expired at ${new Date(row.expires_at).toISOString()}`, {
    hint: 'put a new value, or change the expiry with SetSecretVersionExpiry',
  });
}
