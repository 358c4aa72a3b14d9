/** Acts that change units and accounts: what is made, what moves, what gets another name, what goes. */

import { nameKey } from '../../names.ts';
import type { Act } from '../acts.ts';
import { attachedTo, chainOf, type Model, type ModelUnit, type Ref, topDown } from '../model.ts';
import type { Exchange } from './groups.ts';
import type { Places } from './places.ts';

export interface TreeActs {
  /** Names out of the way of others, for as long as the plan runs. */
  aside: Act[];
  create: Act[];
  moves: Exchange[];
  createAccounts: Act[];
  rename: Act[];
  /** Accounts that work again. */
  resume: Act[];
  /** Accounts that stop working. */
  stop: Act[];
  remove: Act[];
}

export function treeActs(places: Places): TreeActs {
  const { before, after } = places;
  const changing = unitsThatChange(before, after);
  const aside = [...changing].filter(inTheWay(before, after, changing));
  const setAside = new Set(aside);
  const nameNow = (ref: Ref) => (setAside.has(ref) ? temporaryName(ref) : (before.units.get(ref) as ModelUnit).name);
  return {
    aside: aside.map((unit) => ({
      kind: 'rename-unit',
      unit,
      from: (before.units.get(unit) as ModelUnit).name,
      to: temporaryName(unit),
    })),
    create: topDown(after).flatMap((unit): Act[] => {
      const made = after.units.get(unit) as ModelUnit;
      return before.units.has(unit) ? [] : [{ kind: 'create-unit', unit, name: made.name, parent: made.parent }];
    }),
    moves: [...unitMoves(places), ...accountMoves(places)],
    createAccounts: newAccounts(before, after),
    rename: [
      ...topDown(after).flatMap((unit): Act[] => {
        const to = (after.units.get(unit) as ModelUnit).name;
        if (!before.units.has(unit) || nameNow(unit) === to) return [];
        return [{ kind: 'rename-unit', unit, from: nameNow(unit), to }];
      }),
      ...accountDetails(before, after),
    ],
    ...stateActs(before, after),
    remove: topDown(before)
      .reverse()
      .flatMap((unit): Act[] => (after.units.has(unit) ? [] : [{ kind: 'delete-unit', unit }])),
  };
}

/** Shorter than a name may be, and nobody's. */
const temporaryName = (ref: Ref) => `(moving) ${ref}`;

function unitsThatChange(before: Model, after: Model): Set<Ref> {
  const out = new Set<Ref>();
  for (const [ref, unit] of before.units) {
    const wanted = after.units.get(ref);
    if (!wanted || wanted.parent !== unit.parent || wanted.name !== unit.name) out.add(ref);
  }
  return out;
}

const slot = (parent: Ref, name: string) => `${parent}\n${nameKey(name)}`;

type Slots = ReadonlyMap<string, Ref>;

function slotsOf(model: Model): Slots {
  return new Map([...model.units].map(([ref, { parent, name }]) => [slot(parent, name), ref]));
}

/**
 * Somebody wants its place, or a place it passes on its way is taken or passed by another one: it goes by another name
 * until everything has moved.
 */
function inTheWay(before: Model, after: Model, changing: ReadonlySet<Ref>): (ref: Ref) => boolean {
  const [was, willBe] = [slotsOf(before), slotsOf(after)];
  const passed = new Map<string, number>();
  const passing = (ref: Ref): string | undefined => {
    const [unit, wanted] = [before.units.get(ref), after.units.get(ref)];
    return unit && wanted && wanted.parent !== unit.parent ? slot(wanted.parent, unit.name) : undefined;
  };
  for (const ref of changing) {
    const place = passing(ref);
    if (place !== undefined) passed.set(place, (passed.get(place) ?? 0) + 1);
  }
  return (ref) => {
    const others = (slots: Slots, place: string) => (slots.get(place) ?? ref) !== ref;
    const unit = before.units.get(ref) as ModelUnit;
    if (others(willBe, slot(unit.parent, unit.name))) return true;
    const wanted = after.units.get(ref);
    if (!wanted) return false;
    const way = passing(ref);
    if (way !== undefined && ((passed.get(way) as number) > 1 || others(willBe, way) || others(was, way))) return true;
    return others(was, slot(wanted.parent, wanted.name));
  };
}

/** The highest first: then every unit finds the way to its place free of itself. */
function unitMoves({ before, after, boundAt }: Places): Exchange[] {
  const moving = topDown(after).filter((ref) => {
    const was = before.units.get(ref);
    return was !== undefined && was.parent !== after.units.get(ref)?.parent;
  });
  const isMoving = new Set(moving);
  return moving.map((unit) => {
    const [from, to] = [before.units.get(unit)?.parent as Ref, after.units.get(unit)?.parent as Ref];
    return {
      acts: [{ kind: 'move-unit', unit, from, to }],
      accounts: boundAt(unit),
      moves: unit,
      after: chainOf(after, to).filter((ref) => isMoving.has(ref)),
    };
  });
}

function accountMoves({ before, after }: Places): Exchange[] {
  return [...after.accounts].flatMap(([account, { parent }]): Exchange[] => {
    const was = before.accounts.get(account);
    if (!was || was.parent === parent) return [];
    return [{ acts: [{ kind: 'move-account', account, from: was.parent, to: parent }], accounts: new Set([account]) }];
  });
}

function newAccounts(before: Model, after: Model): Act[] {
  return [...after.accounts].flatMap(([account, { name, email, parent, tags }]): Act[] => {
    if (before.accounts.has(account) || email === undefined) return [];
    const attached = [...attachedTo(after, account)].map(([policy, mode]) => ({ policy, mode }));
    return [{ kind: 'create-account', account, name, email, parent, tags, attached }];
  });
}

function accountDetails(before: Model, after: Model): Act[] {
  return [...after.accounts].flatMap(([account, { name, tags }]): Act[] => {
    const was = before.accounts.get(account);
    if (!was) return [];
    const acts: Act[] = was.name === name ? [] : [{ kind: 'rename-account', account, from: was.name, to: name }];
    const set = Object.fromEntries(Object.entries(tags).filter(([key, value]) => was.tags[key] !== value));
    const keys = Object.keys(was.tags).filter((key) => !Object.hasOwn(tags, key));
    // First: what goes makes room for what comes.
    if (keys.length > 0) acts.push({ kind: 'untag-account', account, keys });
    if (Object.keys(set).length > 0) acts.push({ kind: 'tag-account', account, tags: set });
    return acts;
  });
}

function stateActs(before: Model, after: Model): Pick<TreeActs, 'resume' | 'stop'> {
  const resume: Act[] = [];
  const stop: Act[] = [];
  for (const [account, { state }] of after.accounts) {
    const was = before.accounts.get(account)?.state;
    if (was === undefined || was === state) continue;
    if (state === 'SUSPENDED') stop.push({ kind: 'suspend-account', account });
    else if (state === 'ACTIVE') resume.push({ kind: 'resume-account', account });
    else if (state === 'CLOSED') stop.push({ kind: 'close-account', account });
  }
  return { resume, stop };
}
