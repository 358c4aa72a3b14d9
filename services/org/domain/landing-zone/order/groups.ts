/**
 * Puts acts that must happen together into one step. An act that takes one ceiling away and brings another is safe by
 * itself; two of them above one account are not, because between them the account would have neither the ceilings of
 * before nor those of after. So acts that touch a common account share a step, which is one commit.
 */
import type { Act } from '../acts.ts';
import type { Ref } from '../model.ts';

export interface Exchange {
  acts: readonly Act[];
  /** Accounts whose ceilings it changes. */
  accounts: ReadonlySet<Ref>;
  /** Units it moves. */
  moves?: Ref;
  /** Units whose moves come before this one. */
  after?: readonly Ref[];
}

/** Steps in an order in which every unit can be moved; acts of a step keep the order they came in. */
export function groupExchanges(exchanges: readonly Exchange[]): Act[][] {
  const sets = new DisjointSets(exchanges.length);
  const firstOf = new Map<Ref, number>();
  exchanges.forEach(({ accounts }, i) => {
    for (const account of accounts) {
      const first = firstOf.get(account);
      if (first === undefined) firstOf.set(account, i);
      else sets.join(first, i);
    }
  });
  const mover = new Map<Ref, number>();
  exchanges.forEach(({ moves }, i) => {
    if (moves !== undefined) mover.set(moves, i);
  });
  const edges = exchanges.flatMap(({ after = [] }, i) =>
    after.flatMap((unit) => {
      const before = mover.get(unit);
      return before === undefined || before === i ? [] : [[before, i] as const];
    }),
  );
  joinCycles(exchanges.length, edges, sets);
  const order = sortGroups(exchanges.length, edges, sets);
  const steps = new Map<number, Act[]>(order.map((group) => [group, []]));
  for (const [i, { acts }] of exchanges.entries()) steps.get(sets.find(i))?.push(...acts);
  return [...steps.values()];
}

type Edge = readonly [before: number, after: number];

/** Groups that wait for each other become one, until no two do. */
function joinCycles(count: number, edges: readonly Edge[], sets: DisjointSets): void {
  for (;;) {
    const cycle = findCycle(count, edges, sets);
    if (!cycle) return;
    for (const member of cycle) sets.join(cycle[0] as number, member);
  }
}

function successors(edges: readonly Edge[], sets: DisjointSets): Map<number, Set<number>> {
  const out = new Map<number, Set<number>>();
  for (const [before, after] of edges) {
    const [from, to] = [sets.find(before), sets.find(after)];
    if (from === to) continue;
    const held = out.get(from);
    if (held) held.add(to);
    else out.set(from, new Set([to]));
  }
  return out;
}

function findCycle(count: number, edges: readonly Edge[], sets: DisjointSets): number[] | undefined {
  const next = successors(edges, sets);
  const done = new Set<number>();
  const path: number[] = [];
  const visit = (group: number): number[] | undefined => {
    const at = path.indexOf(group);
    if (at >= 0) return path.slice(at);
    if (done.has(group)) return undefined;
    path.push(group);
    for (const to of next.get(group) ?? []) {
      const cycle = visit(to);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(group);
    return undefined;
  };
  for (let i = 0; i < count; i++) {
    const cycle = visit(sets.find(i));
    if (cycle) return cycle;
  }
  return undefined;
}

function sortGroups(count: number, edges: readonly Edge[], sets: DisjointSets): number[] {
  const next = successors(edges, sets);
  const order: number[] = [];
  const done = new Set<number>();
  const visit = (group: number): void => {
    if (done.has(group)) return;
    done.add(group);
    for (const to of next.get(group) ?? []) visit(to);
    order.push(group);
  };
  // From the last to the first, so that groups that wait for nothing stay in the order they came in.
  for (let i = count - 1; i >= 0; i--) visit(sets.find(i));
  return order.reverse();
}

class DisjointSets {
  private readonly parent: number[];

  constructor(count: number) {
    this.parent = Array.from({ length: count }, (_, i) => i);
  }

  find(i: number): number {
    let at = i;
    while (this.parent[at] !== at) {
      this.parent[at] = this.parent[this.parent[at] as number] as number;
      at = this.parent[at] as number;
    }
    return at;
  }

  join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    this.parent[Math.max(first, second)] = Math.min(first, second);
  }
}
