import { change } from '../../../platform/runtime/call.ts';
import { DeclareLogRestore } from '../api/log.ts';
import { previousLog, shownPrevious } from '../checkpoint/restore.ts';
import { implement } from '../deps.ts';
import { renameLog } from '../store/checkpoints.ts';
import { ofInstallation } from './log.ts';

export const declareLogRestore = implement(DeclareLogRestore, {
  resolve: ofInstallation,

  async run(call, { Origin, Reason }, _state, { store, dataFolder, newOrigin }) {
    const found = await previousLog(store, dataFolder, Reason);
    const refused = (message: string) =>
      call.fail('LogRestoreRefused', message, { hint: 'GetLogCheckpoint tells the name of the log' });
    if (!found) throw refused('the log has no name yet, so nothing was signed');
    if (found.row.origin !== Origin) throw refused('the log has another name than the request says');
    const { row, previous } = found;
    const origin = newOrigin();
    return change(async (transaction) => {
      const tx = transaction as Parameters<Parameters<typeof store.transaction>[0]>[0];
      if (!(await renameLog(tx, row, { origin, previous, now: call.now })))
        throw refused('the log got another name meanwhile');
      const shown = shownPrevious({ ...row, previous: JSON.stringify(previous) });
      return { Origin: origin, Previous: shown as NonNullable<typeof shown> };
    });
  },
});
