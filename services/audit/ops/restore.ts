/** Restored installations: what stands in the way, and whoever answers for it. */
import { change, noResource } from '../../../platform/runtime/call.ts';
import { LEAST_WAIT_MS } from '../../../platform/store/index.ts';
import { DeclareRestore, DescribeRestore, GetRestoreState } from '../api/restore.ts';
import { previousLog, shownPrevious } from '../checkpoint/previous-log.ts';
import { implement } from '../deps.ts';
import { logNames, previousOf, readOrigin, renameLog } from '../store/checkpoints.ts';
import { beginDigestsAnew } from '../store/export/progress-queries.ts';
import { ofInstallation } from './log.ts';

const MOST_NAMES = 1000;
const MOST_TEXT = 512;

export const describeRestore = implement(DescribeRestore, {
  resolve: noResource,

  async run(_call, _input, _state, { store, restores, checkpointer }) {
    const { heldBecause } = await restores.state(checkpointer);
    const names = await logNames(store.read, MOST_NAMES);
    return {
      Held: heldBecause !== undefined,
      ...(heldBecause !== undefined && { HeldBecause: heldBecause.slice(0, MOST_TEXT) }),
      LogNames: names.map((name) => {
        const previous = previousOf(name);
        return {
          ...{ Epoch: name.epoch, Origin: name.origin, OpenedAt: name.opened_at },
          ...(previous && { Previous: shownPrevious(previous) }),
        };
      }),
    };
  },
});

export const declareRestore = implement(DeclareRestore, {
  resolve: ofInstallation,

  async run(call, { Reason }, _state, { store, restores, checkpointer, witnesses, newOrigin }) {
    const nothing = (message: string) => call.fail('NothingToDeclare', message);
    const row = await readOrigin(store.read);
    const { heldBecause, mark } = await restores.state(checkpointer);
    if (!row) throw nothing('the log has no name yet: nothing was signed under it');
    // When everything was put back together, only a witness knows.
    const believed = await witnesses.believed(row.epoch);
    if (heldBecause === undefined && believed === undefined)
      throw nothing('nothing says that this installation is an earlier state of itself');
    const previous = await previousLog(store, row, { remembered: checkpointer.remembered, believed, reason: Reason });
    const origin = newOrigin();
    const restore = { restoreId: mark?.restoreId ?? origin, backupId: mark?.backupId };
    return change(
      async (transaction) => {
        const tx = transaction as Parameters<typeof renameLog>[0];
        if (!(await renameLog(tx, row, { origin, previous, ...restore, now: call.now })))
          throw nothing('somebody declared it at the same time');
        await beginDigestsAnew(tx);
        return {
          Origin: origin,
          Previous: shownPrevious(previous),
          ...(mark && { BackupId: mark.backupId }),
          DeletionsNotBefore: call.now + LEAST_WAIT_MS,
        };
      },
      () => {
        restores.forget();
        checkpointer.release();
      },
    );
  },
});

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
