/** What a part of a replay adds up to. */
import type { RecordedDecision, RecordedSetting } from './recorded.ts';
import type { Replayed } from './replayer.ts';

export interface Totals {
  Decisions: number;
  Touched: number;
  NewlyDenied: number;
  NewlyAllowed: number;
  Unknown: number;
}

export interface Flips {
  NewlyDenied: number;
  NewlyAllowed: number;
}

/** Of one part; more principals and actions than this are counted in the totals alone. */
const MOST_NAMES = 10_000;

export class Tally {
  readonly totals: Totals;
  private readonly principals = new Map<string, Flips>();
  private readonly actions = new Map<string, Flips>();

  constructor(before: Totals | undefined) {
    this.totals = before ? { ...before } : { Decisions: 0, Touched: 0, NewlyDenied: 0, NewlyAllowed: 0, Unknown: 0 };
  }

  count(recorded: RecordedDecision, { Principal }: RecordedSetting, { kind }: Replayed): void {
    const { totals } = this;
    totals.Decisions++;
    if (kind !== 'untouched') totals.Touched++;
    if (kind === 'unknown') totals.Unknown++;
    if (kind !== 'flips') return;
    const name = recorded.Effect === 'allow' ? 'NewlyDenied' : 'NewlyAllowed';
    totals[name]++;
    add(this.principals, Principal.Arn ?? '', name);
    add(this.actions, recorded.Action, name);
  }

  /** Most flips first. */
  byPrincipal() {
    return ranked(this.principals).map(([Principal, flips]) => ({ Principal, ...flips }));
  }

  byAction() {
    return ranked(this.actions).map(([Action, flips]) => ({ Action, ...flips }));
  }
}

function add(counts: Map<string, Flips>, key: string, name: keyof Flips): void {
  let flips = counts.get(key);
  if (!flips) {
    if (counts.size >= MOST_NAMES) return;
    flips = { NewlyDenied: 0, NewlyAllowed: 0 };
    counts.set(key, flips);
  }
  flips[name]++;
}

function ranked(counts: ReadonlyMap<string, Flips>): [string, Flips][] {
  const sum = ({ NewlyDenied, NewlyAllowed }: Flips) => NewlyDenied + NewlyAllowed;
  return [...counts].sort(([a, x], [b, y]) => sum(y) - sum(x) || (a < b ? -1 : 1));
}
