/**
 * Writing keys. A change starts from the version that was read and authorized; when somebody else was faster it is
 * refused as a conflict, never merged. MACs are made before the transaction, so no transaction waits for the HSM.
 */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, type Change, change } from '../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { KmsDeps } from '../deps.ts';
import type { KeyOperation } from '../domain/key-state.ts';
import { type KeyRow, keyRowBytes, type Unsealed } from '../domain/rows.ts';
import { announce } from '../store/change-follower.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { replaceKey } from '../store/queries.ts';
import { requireState } from './key-use.ts';

export type KeyEdit = Partial<Omit<KeyRow, 'key_id' | 'account_id' | 'version' | 'row_mac'>>;

/** The row after an edit, with the next version, not yet sealed. */
export function edited(record: KeyRecord, edit: KeyEdit): Unsealed<KeyRow> {
  const { row_mac, ...row } = record.row;
  return { ...row, ...edit, version: row.version + 1 };
}

export interface KeyChange<Output> {
  /**
   * Throws when the state that was read does not permit the change. Called at the commit, not before: the repetition
   * of a request that already succeeded must get its answer, whatever state that request left behind.
   */
  check?: () => void;
  /** New rows, from `edited`. */
  keys: readonly Unsealed<KeyRow>[];
  /** Rows of other tables, already sealed; throws when it finds the database otherwise than expected. */
  also?: (tx: AnyTransaction) => Promise<void>;
  alias?: { accountId: string; name: string };
  output: Output;
}

export async function changeKeys<Output>(
  call: Call<AnyOperation>,
  deps: KmsDeps,
  wanted: KeyChange<Output>,
): Promise<Change<Output>> {
  // SECURITY: the policy of a default key, which nobody can write, says the same; this holds whatever it says.
  const managed = wanted.keys.find((row) => row.managed_by !== null);
  if (managed) throw call.fail('AccessDenied', `key ${managed.key_id} is managed by ${managed.managed_by}`);
  const macs = await deps.guard.seal(wanted.keys.map(keyRowBytes));
  const rows = wanted.keys.map((row, index): KeyRow => ({ ...row, row_mac: macs[index]! }));
  // The answer of a repeated request comes from memory: then `commit` does not run and nothing was written.
  let written = false;
  return change(
    async (tx) => {
      wanted.check?.();
      for (const row of rows) if (!(await replaceKey(tx, row))) throw conflict(call, row.key_id);
      await wanted.also?.(tx);
      const accountId = rows[0]?.account_id ?? call.caller.accountId;
      const alias = wanted.alias?.name;
      const keys = rows.map((row) => row.key_id);
      await announce(deps.store, tx, accountId, { keys, ...(alias !== undefined && { alias }) });
      written = true;
      return wanted.output;
    },
    () => {
      for (const row of rows) deps.keys.forgetKey(row.key_id, written ? row.version : undefined);
      if (wanted.alias) deps.keys.forgetAlias(wanted.alias.accountId, wanted.alias.name);
    },
  );
}

/** One key, no other row, in a state that permits the operation. */
export function changeKey<Output>(
  call: Call<AnyOperation>,
  deps: KmsDeps,
  operation: KeyOperation,
  record: KeyRecord,
  edit: KeyEdit,
  output: Output,
): Promise<Change<Output>> {
  const check = () => requireState(call, operation, record);
  return changeKeys(call, deps, { check, keys: [edited(record, edit)], output });
}

export function conflict(call: Call<AnyOperation>, what: string) {
  return call.fail('Conflict', `${what} was changed by another request at the same time`, {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}

export function aliasesColumn(aliases: readonly string[]): string {
  return JSON.stringify([...aliases].sort());
}
