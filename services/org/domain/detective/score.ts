/**
 * The compliance score: good pairs of rule and resource among all that were judged, each counted by the severity of
 * its rule. A unit has the sum of its accounts, never the average of their scores.
 */
export type Severity = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

export const WEIGHTS: Readonly<Record<Severity, number>> = { CRITICAL: 10, HIGH: 5, MEDIUM: 2, LOW: 1 };

export interface Tally {
  compliant: number;
  nonCompliant: number;
  /** Non-compliant, with an exception. */
  exempt: number;
  insufficient: number;
}

export type TallyBySeverity = Readonly<Record<Severity, Tally>>;

export function emptyTally(): Record<Severity, Tally> {
  const none = (): Tally => ({ compliant: 0, nonCompliant: 0, exempt: 0, insufficient: 0 });
  return { CRITICAL: none(), HIGH: none(), MEDIUM: none(), LOW: none() };
}

export function addTally(into: Record<Severity, Tally>, from: TallyBySeverity): void {
  for (const severity of Object.keys(WEIGHTS) as Severity[]) {
    into[severity].compliant += from[severity].compliant;
    into[severity].nonCompliant += from[severity].nonCompliant;
    into[severity].exempt += from[severity].exempt;
    into[severity].insufficient += from[severity].insufficient;
  }
}

export interface Score {
  /** 0 to 100, two decimals; undefined where nothing was judged. */
  readonly score: number | undefined;
  /** The same with exceptions counted as what they except. */
  readonly scoreWithoutExceptions: number | undefined;
}

export function scoreOf(tally: TallyBySeverity): Score {
  let good = 0;
  let bad = 0;
  let excepted = 0;
  for (const severity of Object.keys(WEIGHTS) as Severity[]) {
    good += tally[severity].compliant * WEIGHTS[severity];
    bad += tally[severity].nonCompliant * WEIGHTS[severity];
    excepted += tally[severity].exempt * WEIGHTS[severity];
  }
  return { score: percent(good, good + bad), scoreWithoutExceptions: percent(good, good + bad + excepted) };
}

function percent(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : Math.round((part / whole) * 10_000) / 100;
}
