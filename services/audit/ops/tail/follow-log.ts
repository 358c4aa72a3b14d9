import { noResource } from '../../../../platform/runtime/call.ts';
import { FollowLog } from '../../api/tail.ts';
import { implement } from '../../deps.ts';
import { EVERYBODY, readPortion } from '../../store/export/source.ts';
import { logSize } from '../../store/log.ts';
import { shownRecord } from '../event-filters.ts';

/** A page is an answer in memory. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

export const followLog = implement(FollowLog, {
  resolve: noResource,

  async run(call, { From, Limit, WaitMilliseconds }, _state, { store, tip }) {
    if (From === undefined) return { Events: [], Next: await logSize(store.read) };
    if (tip.isFull) throw call.fail('TooManyRequests', 'too many requests wait for records already');
    const over = AbortSignal.timeout(Math.max(WaitMilliseconds, 1));
    for (;;) {
      const end = await logSize(store.read);
      if (end > From || WaitMilliseconds === 0 || over.aborted) {
        const range = { from: From, end, limit: Limit, maxCharacters: MAX_CHARACTERS };
        const { records, next } = await readPortion(store.read, EVERYBODY, range);
        const Events = records.map(({ accountId, sequence, position, text, hash }) => ({
          ...{ AccountId: accountId, Sequence: sequence, Position: position, Hash: hash },
          Event: shownRecord(text),
        }));
        return { Events, Next: next };
      }
      await tip.newer(end, over);
    }
  },
});
