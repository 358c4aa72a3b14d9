import { DescribeDrift } from '../../api/landing-zone/drift.ts';
import { driftOf } from '../../domain/landing-zone/drift.ts';
import { type ChangeNote, changesOf } from '../../store/change-notes.ts';
import { readLive, readRecords } from '../../store/landing-zone/live.ts';
import { appliedLandingZone } from '../../store/landing-zone/plans.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { wholeOrganization } from '../standing.ts';

/** The latest change by an operation that makes such a difference; of an object that was only touched otherwise, none. */
function likeliest(notes: readonly ChangeNote[], operations: readonly string[]): ChangeNote | undefined {
  return notes.find(({ operation }) => operations.includes(operation));
}

const cut = (text: string) => text.slice(0, 4000);

/** Compared at the moment it is asked, so a difference is known with the commit that makes it. */
export const describeDrift = implement(DescribeDrift, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(call, input, { organization }, deps) {
    const page = openPage(deps, call, input);
    const { organization_id } = organization;
    return deps.store.snapshot(async (view) => {
      const live = await readLive(view, organization);
      const all = driftOf(live, await readRecords(view, organization_id)).map((drift, position) => ({
        ...drift,
        position,
      }));
      const applied = await appliedLandingZone(view, organization_id);
      const from = page.range.after === undefined ? 0 : Number(page.range.after) + 1;
      const found = all.slice(from, from + page.range.limit);
      const { rows, output } = closePage(deps, page, found, ({ position }) => String(position));
      const notes = await changesOf(view, [...new Set(rows.flatMap(({ ids }) => ids))]);
      return {
        Revision: live.revision,
        ...(applied && { AppliedAt: applied.applied_at }),
        DriftCount: all.length,
        Drift: rows.map(({ type, key, ids, operations, expected, found: is, fix }) => {
          const note = likeliest(
            ids.flatMap((id) => notes.get(id) ?? []),
            operations,
          );
          return {
            Type: type,
            Key: key,
            ResourceId: ids[0] ?? key,
            Expected: cut(expected),
            Found: cut(is),
            Fix: fix,
            ...(note && { Actor: note.actor, At: note.at, Operation: note.operation, EventId: note.event_id }),
          };
        }),
        ...output,
      };
    });
  },
});
