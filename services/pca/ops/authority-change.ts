/**
 * Writing authorities. A change starts from the version that was read and authorized; when somebody else was faster it is
 * refused as a conflict, never merged. MACs are made before the transaction, so no transaction waits for the HSM.
 */
import { type Change, change } from '../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { PcaDeps } from '../deps.ts';
import type { AuthorityAction } from '../domain/authority-state.ts';
import { type AuthorityRow, authorityRowBytes, type Unsealed } from '../domain/rows.ts';
import type { AuthorityRecord } from '../store/authorities.ts';
import { replaceAuthority } from '../store/authority-queries.ts';
import { type AnyCall, conflict, requireState } from './authority-access.ts';

export type AuthorityEdit = Partial<Omit<AuthorityRow, 'authority_id' | 'account_id' | 'version' | 'row_mac'>>;

export async function changeAuthority<Output>(
  call: AnyCall,
  deps: PcaDeps,
  record: AuthorityRecord,
  wanted: {
    action: AuthorityAction;
    edit: AuthorityEdit;
    output: Output;
    /** Further rows that change with it. */
    along?: (tx: AnyTransaction) => Promise<void>;
  },
): Promise<Change<Output>> {
  const row = await sealedAuthority(deps, editedAuthority(record.row, wanted.edit));
  return change(async (tx) => {
    // At the commit: the repetition of a request that succeeded gets its answer, whatever state that left behind.
    requireState(call, wanted.action, record);
    if (!(await replaceAuthority(tx, row))) throw conflict(call, record);
    await wanted.along?.(tx);
    return wanted.output;
  });
}

/** The row after an edit, with the next version. */
export function editedAuthority({ row_mac, ...row }: AuthorityRow, edit: AuthorityEdit): Unsealed<AuthorityRow> {
  return { ...row, ...edit, version: row.version + 1 };
}

export async function sealedAuthority(deps: PcaDeps, row: Unsealed<AuthorityRow>): Promise<AuthorityRow> {
  const [row_mac] = await deps.guard.seal([authorityRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}
