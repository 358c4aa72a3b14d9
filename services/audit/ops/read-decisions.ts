import { packDecisions, settingsNamed } from '../../../platform/contract/decision-form.ts';
import { ReadDecisions } from '../api/index.ts';
import { implement } from '../deps.ts';
import { recordedDecisions } from '../domain/recorded-decisions.ts';
import { readEvents } from '../store/search.ts';
import { readSettings } from '../store/settings.ts';
import { readWindow } from '../store/window.ts';

const DEFAULT_LIMIT = 500;

export const readDecisions = implement(ReadDecisions, {
  resolve: () => ({ targets: [], state: undefined }),

  async run(_call, { AccountId, StartTime, EndTime, After, Limit = DEFAULT_LIMIT }, _state, { store }) {
    const after = After && { time: After.Time, sequence: After.Sequence };
    const window = { from: StartTime, to: EndTime };
    const rows = await readWindow(store.read, AccountId, window, after, Limit);
    const last = rows.length === Limit ? rows.at(-1) : undefined;
    const named = rows.map(({ decisions }) => (decisions === null ? undefined : settingsNamed(decisions)));
    const settings = await readSettings(store.read, [...new Set(named.flatMap((ids) => ids ?? []))]);

    // From before there were short forms, or with one that cannot be what was written: the record itself tells.
    const isOpen = (index: number) => named[index]?.every((id) => settings.has(id)) !== true;
    const open = rows.filter((_, index) => isOpen(index)).map(({ event_id }) => event_id);
    const taken = new Map<string, string>();
    for (const { event_id, record } of await readEvents(store.read, open)) {
      const packed = packDecisions(recordedDecisions(record));
      taken.set(event_id, packed.text);
      for (const [id, text] of packed.settings) settings.set(id, text);
    }
    return {
      Records: rows.flatMap(({ event_id, name, time, sequence, decisions }) => {
        const Decisions = taken.get(event_id) ?? decisions ?? '';
        const Position = { Time: time, Sequence: sequence };
        return Decisions === '' ? [] : { EventId: event_id, EventName: name, Position, Decisions };
      }),
      Settings: [...settings].map(([Id, Text]) => ({ Id, Text })),
      ...(last && { Next: { Time: last.time, Sequence: last.sequence } }),
    };
  },
});
