import { chainOf, type Ref, ROOT } from '../model.ts';
import { appliedTo, type Draft, forget, remember, settle } from './draft.ts';

/** Units of the file: made, named and placed. */
export function decideUnits(draft: Draft): void {
  const { desired, binding, before, after, conflicts, policy } = draft;
  const gone = new Set(binding.missing.filter(({ kind }) => kind === 'unit').map(({ key }) => key));
  for (const [key, { name, parent }] of desired.units) {
    const live = binding.idOf.has(key) ? before.units.get(key) : undefined;
    if (!live) {
      const restored = policy.prefer === 'file' || (policy.prefer === undefined && policy.repair === 'all');
      if (gone.has(key) && !restored) {
        if (policy.prefer !== 'live')
          conflicts.push({ code: 'conflict', key, message: `unit ${key} was deleted outside the file` });
        continue;
      }
      after.units.set(key, { name, parent });
      continue;
    }
    const of = `unit ${key}`;
    const chosen = settle(draft, { kind: 'unit', key, field: 'name', wanted: name, live: live.name, of });
    const place = settle(draft, {
      kind: 'unit',
      key,
      field: 'parent',
      wanted: parent,
      live: live.parent,
      of,
      inheritance: true,
    });
    after.units.set(key, { name: chosen.value as string, parent: place.value as Ref });
  }
  placeUnits(draft);
}

/** A unit whose parent is not to be had stays where it is; so does one that would end up under itself. */
function placeUnits({ before, after, warnings, conflicts }: Draft): void {
  for (const [key, unit] of [...after.units]) {
    if (unit.parent !== ROOT && !after.units.has(unit.parent)) {
      const live = before.units.get(key);
      if (live) after.units.set(key, { ...unit, parent: live.parent });
      else after.units.delete(key);
      warnings.push({ code: 'no-parent', key, message: `the parent ${unit.parent} of unit ${key} does not exist` });
    }
  }
  for (const [key, unit] of [...after.units]) {
    if (chainOf(after, unit.parent).at(-1) === ROOT) continue;
    const live = before.units.get(key);
    if (live) after.units.set(key, { ...unit, parent: live.parent });
    conflicts.push({ code: 'cycle', key, message: `unit ${key} would stand under itself` });
  }
}

/** Units that were applied and are not in the file any more, lowest first; one that holds something stays. */
export function removeUnits(draft: Draft): void {
  const { desired, before, after, binding, warnings } = draft;
  const leaving = [...binding.records.values()].filter(({ kind, key }) => kind === 'unit' && !desired.units.has(key));
  for (const { key } of leaving) if (!before.units.has(key)) forget(draft, 'unit', key);
  const left = new Set(leaving.map(({ key }) => key).filter((key) => before.units.has(key)));
  for (let progress = true; progress; ) {
    progress = false;
    for (const key of left) {
      const holds = [...after.units.values(), ...after.accounts.values()].some(({ parent }) => parent === key);
      if (holds) continue;
      after.units.delete(key);
      after.attachments.delete(key);
      left.delete(key);
      progress = true;
    }
  }
  for (const key of left)
    warnings.push({
      code: 'unit-kept',
      key,
      message: `unit ${key} is not in the file any more and stays: it holds units or accounts`,
    });
}

/** The root has nothing but what is attached to it; that it was applied is what is remembered. */
export function decideRoot(draft: Draft): void {
  if (!appliedTo(draft, 'root', ROOT)) remember(draft, 'root', ROOT, {});
}
