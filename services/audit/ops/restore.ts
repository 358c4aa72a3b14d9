/** Restored installations: what stands in the way, and whoever answers for it. */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, change, noResource, type Resolved } from '../../../platform/runtime/call.ts';
import { isUniqueViolation } from '../../../platform/store/index.ts';
import { EMPTY_ROOT, rootOf } from '../../../tlog/tree.ts';
import { DeclareRestore, DescribeRestore, GetRestoreState } from '../api/restore.ts';
import { type AuditDeps, implement } from '../deps.ts';
import { nextOrigin } from '../domain/epoch.ts';
import { latestCheckpoint, readOrigin } from '../store/checkpoints.ts';
import { hashesAt, logSize } from '../store/log.ts';
import { logNames, openEpoch } from '../store/restores.ts';
import type { CheckpointTable } from '../store/schema.ts';

const MOST_NAMES = 1000;
const MOST_TEXT = 512;

/** The log belongs to the whole installation, so only its management account is asked about it. */
async function ofInstallation(
  _call: Call<AnyOperation>,
  _input: unknown,
  deps: AuditDeps,
): Promise<Resolved<undefined>> {
  const { ManagementAccountId = 'none' } = await deps.clients.iam.DescribeAccounts({ AccountIds: [], Emails: [] });
  return { targets: [{ resource: '*', accountId: ManagementAccountId }], state: undefined };
}

export const describeRestore = implement(DescribeRestore, {
  resolve: noResource,

  async run(_call, _input, _state, { store, restores, checkpointer }) {
    const { heldBecause } = await restores.state(checkpointer);
    const names = await logNames(store.read, MOST_NAMES);
    return {
      Held: heldBecause !== undefined,
      ...(heldBecause !== undefined && { HeldBecause: heldBecause.slice(0, MOST_TEXT) }),
      LogNames: names.map(({ epoch, origin, opened_at, size, root, signed_before, reason }) => ({
        Epoch: epoch,
        Origin: origin,
        OpenedAt: opened_at,
        ...(size !== undefined && {
          ContinuesFrom: size,
          RootHash: root!,
          SignedBefore: signed_before!,
          Reason: reason!,
        }),
      })),
    };
  },
});

export const declareRestore = implement(DeclareRestore, {
  resolve: ofInstallation,

  async run(call, { Reason }, _state, { store, restores, checkpointer, newId }) {
    const { heldBecause, mark } = await restores.state(checkpointer);
    if (heldBecause === undefined)
      throw call.fail('NothingToDeclare', 'nothing says that this installation is an earlier state of itself');
    const before = await readOrigin(store.read);
    if (!before) throw call.fail('NothingToDeclare', 'the log has no name yet: nothing was signed under it');
    const last = await latestCheckpoint(store.read, before.epoch);
    const { size, root } = await continued(store, last);
    const epoch = before.epoch + 1;
    const remembered = checkpointer.remembered(before.origin)?.size ?? 0;
    const signedBefore = Math.max(remembered, last?.size ?? 0);
    const origin = { epoch, origin: nextOrigin(before.origin, epoch, newId()), opened_at: call.now };
    const restore = {
      ...{ epoch, restore_id: mark?.restoreId ?? newId(), backup_id: mark?.backupId ?? null, reason: Reason },
      ...{ declared_at: call.now, size, root, signed_before: signedBefore },
    };
    return change(
      async (tx) => {
        try {
          await openEpoch(tx as Parameters<typeof openEpoch>[0], origin, restore);
        } catch (error) {
          if (isUniqueViolation(error)) throw call.fail('NothingToDeclare', 'somebody declared it at the same time');
          throw error;
        }
        return {
          Origin: origin.origin,
          PreviousOrigin: before.origin,
          ContinuesFrom: size,
          RootHash: root,
          SignedBefore: signedBefore,
          ...(mark && { BackupId: mark.backupId }),
        };
      },
      () => {
        restores.forget();
        checkpointer.release();
      },
    );
  },
});

/** What was signed last and is still the beginning of the log; nothing when the database was changed. */
async function continued(
  { read }: AuditDeps['store'],
  last: Pick<CheckpointTable, 'size' | 'root'> | undefined,
): Promise<{ size: number; root: Buffer }> {
  const now = await logSize(read);
  const isThere = last && last.size <= now && (await rootOf(last.size, hashesAt(read, now))).equals(last.root);
  return isThere ? { size: last.size, root: last.root } : { size: 0, root: EMPTY_ROOT };
}

export const getRestoreState = implement(GetRestoreState, {
  resolve: () => ({ targets: [], state: undefined }),

  async run(_call, _input, _state, { restores, checkpointer }) {
    const { heldBecause, declared } = await restores.state(checkpointer);
    return {
      Held: heldBecause !== undefined,
      ...(heldBecause !== undefined && { HeldBecause: heldBecause.slice(0, MOST_TEXT) }),
      ...(declared !== undefined && { RestoreId: declared }),
    };
  },
});
