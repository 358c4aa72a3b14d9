import type { Caller } from '../../../../platform/runtime/call.ts';
import type { PcaDeps } from '../../deps.ts';
import { type AcmeAccountRow, acmeAccountRowBytes, type PrincipalColumns } from '../../domain/acme/rows.ts';
import { guardedAccount, readAccount, readAccountByKey } from '../../store/acme/account-queries.ts';

/** Undefined also for one of another directory. */
export async function accountById(
  deps: PcaDeps,
  directoryId: string,
  accountId: string,
): Promise<AcmeAccountRow | undefined> {
  const row = await readAccount(deps.store.read, accountId);
  if (row) await deps.guard.verify([guardedAccount(row)]);
  if (row && row.acme_account_id !== accountId)
    throw deps.guard.refuse(`ACME account ${accountId}`, 'the row is about another account');
  return row?.directory_id === directoryId ? row : undefined;
}

export async function accountByKey(
  deps: PcaDeps,
  directoryId: string,
  thumbprint: string,
): Promise<AcmeAccountRow | undefined> {
  const row = await readAccountByKey(deps.store.read, directoryId, thumbprint);
  if (row) await deps.guard.verify([guardedAccount(row)]);
  return row?.directory_id === directoryId && row.thumbprint === thumbprint ? row : undefined;
}

export async function sealedAccount(deps: PcaDeps, row: Omit<AcmeAccountRow, 'row_mac'>): Promise<AcmeAccountRow> {
  const [row_mac] = await deps.guard.seal([acmeAccountRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

export function changedAccount(
  deps: PcaDeps,
  { row_mac, ...row }: AcmeAccountRow,
  edit: Partial<Pick<AcmeAccountRow, 'state' | 'contacts' | 'jwk' | 'thumbprint'>>,
): Promise<AcmeAccountRow> {
  return sealedAccount(deps, { ...row, ...edit, version: row.version + 1 });
}

export function contactsOf({ contacts }: Pick<AcmeAccountRow, 'contacts'>): string[] {
  return JSON.parse(contacts) as string[];
}

/** The principal as it asks with nothing but its own rights: a role in a session without limits or tags. */
export function callerOf(row: PrincipalColumns & { account_id: string }): Caller {
  const { principal_kind: kind, principal_arn: arn, principal_id: principalId, account_id: accountId } = row;
  return {
    kind,
    ...{ arn, accountId, principalId },
    ...(kind === 'role' && { entityId: principalId }),
    ...(kind === 'user' && { userName: arn.slice(arn.lastIndexOf('/') + 1) }),
  };
}
