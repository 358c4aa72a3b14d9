/**
 * Writing secrets. A change starts from the row that was read and authorized; when somebody else was faster it is
 * refused as a conflict, never merged. MACs are made before the transaction, so no transaction waits for the HSM.
 */
import { type Change, change } from '../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { ChangeReason } from '../api/watch.ts';
import type { CcmsDeps } from '../deps.ts';
import { type SecretRow, secretRowBytes, type Unsealed, type VersionRow, versionRowBytes } from '../domain/rows.ts';
import { CURRENT, readStages } from '../domain/stages.ts';
import { deleteVersions, insertVersion, replaceSecret, replaceVersion } from '../store/queries.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { rotationMoved } from './rotation/rotation-change.ts';
import type { AnyCall } from './secret-access.ts';
import type { Write } from './write.ts';

export type SecretEdit = Partial<Omit<SecretRow, 'secret_id' | 'account_id' | 'version' | 'row_mac'>>;

export interface Written {
  edit: SecretEdit;
  /** A new version. */
  add?: Unsealed<VersionRow> | undefined;
  /** Versions with their next number, from `editedVersion`. */
  replace?: readonly Unsealed<VersionRow>[];
  /** Ids of versions that go. */
  remove?: readonly string[];
  /** What belongs to the same commit. */
  also?: readonly Write[];
}

export interface SecretChange<Output> extends Written {
  output: Output;
}

export function editedVersion(row: VersionRow, edit: Partial<VersionRow>): Unsealed<VersionRow> {
  const { row_mac, ...columns } = row;
  return { ...columns, ...edit, version: row.version + 1 };
}

export async function changeSecret<Output>(
  call: AnyCall,
  deps: CcmsDeps,
  record: SecretRecord,
  wanted: SecretChange<Output>,
): Promise<Change<Output>> {
  const { write, after } = await preparedChange(deps, record, wanted, call.now);
  const commit = async (tx: AnyTransaction) => {
    if (!(await write(tx))) throw conflict(call, record);
    return wanted.output;
  };
  return change(commit, after);
}

/** Everything but the commit: for requests and for timed work. */
export async function preparedChange(
  deps: CcmsDeps,
  record: SecretRecord,
  wanted: Written,
  now: number,
): Promise<{ write: Write; after: () => void }> {
  const { row_mac, ...before } = record.row;
  const row: Unsealed<SecretRow> = { ...before, ...wanted.edit, version: before.version + 1 };
  const versions = [...(wanted.add ? [wanted.add] : []), ...(wanted.replace ?? [])];
  const [secretMac, ...versionMacs] = await deps.guard.seal([secretRowBytes(row), ...versions.map(versionRowBytes)]);
  const sealed = versions.map((version, at): VersionRow => ({ ...version, row_mac: versionMacs[at]! }));
  const isMoved = record.stages.get(CURRENT) !== readStages(row.stages).get(CURRENT);
  // A new current value counts as a rotation, whoever brings it.
  const moved = isMoved ? await rotationMoved(deps, record, now) : [];
  const write: Write = async (tx) => {
    if (!(await replaceSecret(tx, { ...row, row_mac: secretMac! }))) return false;
    await deleteVersions(tx, row.secret_id, wanted.remove ?? []);
    for (const version of sealed) {
      if (version.version === 1) await insertVersion(tx, version);
      else if (!(await replaceVersion(tx, version))) return false;
    }
    for (const other of [...moved, ...(wanted.also ?? [])]) if (!(await other(tx))) return false;
    const reason = reasonOf(wanted);
    if (reason) await deps.feed.announce(tx, { arn: record.arn, accountId: row.account_id }, reason);
    return true;
  };
  return { write, after: () => deps.secrets.written(row.secret_id, row.version) };
}

/** What followers are told; undefined: nothing that can be seen of the secret is another. */
function reasonOf({ edit, add, replace }: Written): ChangeReason | undefined {
  if (edit.deletion_date !== undefined) return edit.deletion_date === null ? 'restored' : 'deleted';
  if (add) return 'value';
  if (edit.stages !== undefined) return 'stages';
  return Object.keys(edit).length > 0 || replace ? 'settings' : undefined;
}

/** For a repeated request: there is nothing to write but its record. */
export function noChange<Output>(output: Output): Change<Output> {
  return change(async () => output);
}

export function conflict(call: AnyCall, { row }: Pick<SecretRecord, 'row'>) {
  return call.fail('Conflict', `secret ${row.name} was changed by another request at the same time`, {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}
