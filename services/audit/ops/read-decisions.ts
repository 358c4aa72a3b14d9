import { ReadDecisions } from '../api/index.ts';
import { implement } from '../deps.ts';
import { recordedDecisions, Stacks } from '../domain/recorded-decisions.ts';
import { readWindow } from '../store/window.ts';

const DEFAULT_LIMIT = 500;

export const readDecisions = implement(ReadDecisions, {
  resolve: () => ({ targets: [], state: undefined }),

  async run(_call, { AccountId, StartTime, EndTime, After, Limit = DEFAULT_LIMIT }, _state, { store }) {
    const after = After && { time: After.Time, sequence: After.Sequence };
    const window = { from: StartTime, to: EndTime };
    const rows = await readWindow(store.read, AccountId, window, after, Limit);
    const last = rows.length === Limit ? rows.at(-1) : undefined;
    const stacks = new Stacks();
    const Decisions = rows.flatMap(({ time, sequence, record }) => {
      const Position = { Time: time, Sequence: sequence };
      return recordedDecisions(record).map(({ stack, ...decision }) => ({
        ...decision,
        Position,
        Stack: stacks.placeOf(stack),
      }));
    });
    return {
      Decisions,
      Stacks: stacks.list,
      ...(last && { Next: { Time: last.time, Sequence: last.sequence } }),
    };
  },
});
