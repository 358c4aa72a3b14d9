import { noResource } from '../../../../platform/runtime/call.ts';
import { DEFAULT_WAIT_SECONDS, TailStream } from '../../api/tail.ts';
import { implement } from '../../deps.ts';
import { logSize } from '../../store/log.ts';
import { positionOf, readHead } from '../../store/records.ts';
import { readPage } from '../stream.ts';

const DEFAULT_LIMIT = 1000;

export const tailStream = implement(TailStream, {
  resolve: noResource,

  async run(call, { FromSequence, Limit = DEFAULT_LIMIT, WaitSeconds = DEFAULT_WAIT_SECONDS }, _state, deps) {
    const { store, tip } = deps;
    const { accountId } = call.caller;
    if (FromSequence === undefined) {
      const { sequence } = positionOf(await readHead(store.read, accountId));
      return { Records: [], NextSequence: sequence + 1 };
    }
    if (tip.isFull) throw call.fail('TooManyRequests', 'too many requests wait for records already');
    const over = AbortSignal.timeout(Math.max(WaitSeconds * 1000, 1));
    for (;;) {
      // The size first: what comes later wakes.
      const seen = await logSize(store.read);
      const { Records } = await readPage(store.read, accountId, { from: FromSequence, limit: Limit });
      const isNews = Records.length === Limit || Records.some(({ Record }) => !isOfTail(Record));
      if (isNews || WaitSeconds === 0 || over.aborted)
        return { Records, NextSequence: (Records.at(-1)?.Sequence ?? FromSequence - 1) + 1 };
      await tip.newer(seen, over);
    }
  },
});

/** Who follows the stream would wake itself for ever. */
function isOfTail(record: string): boolean {
  try {
    return (JSON.parse(record) as { eventName?: unknown } | null)?.eventName === TailStream.name;
  } catch {
    return false;
  }
}
