/**
 * Finds out whether the time of an operation depends on which of two groups its input is of (Reparaz, Balasch and
 * Verbauwhede, "Dude, is my code constant time?", 2017): the groups are measured in random turns, the slowest times are
 * cut off, and the means of the two groups are compared by Welch's t-test.
 */
import { randomBytes } from 'node:crypto';

export interface Comparison<T> {
  /** A new input of one of the two groups. */
  input(group: 0 | 1): T;
  /** What is measured; a promise is waited for. */
  run(input: T): unknown;
  /** Part of the usual number of measurements, for what is slow. */
  share?: number;
}

/** Above it the difference is no chance: the usual bound of leakage tests (spec 4.6). */
export const THRESHOLD = 4.5;
/** A leak is there every time; what a busy machine makes up is not. */
const RUNS = 3;
const INPUTS = 128;
/** Quick operations are repeated until one measurement takes about so long. */
const MEASURED_US = 50;
/** The share of measurements that is kept: what interrupts a process makes the others longer, not different. */
const KEPT = 0.8;
const WARM_UP = 0.1;

/** The statistic of each run, the last of which is under the threshold unless there is a leak. */
export async function measure<T>(comparison: Comparison<T>, measurements: number): Promise<number[]> {
  const statistics: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const t = await welch(comparison, Math.ceil(measurements * (comparison.share ?? 1)));
    statistics.push(t);
    if (Math.abs(t) < THRESHOLD) break;
  }
  return statistics;
}

export function isLeak(statistics: readonly number[]): boolean {
  return statistics.length === RUNS && statistics.every((t) => Math.abs(t) >= THRESHOLD);
}

async function welch<T>({ input, run }: Comparison<T>, measurements: number): Promise<number> {
  // Made in turns, so that neither group lies together in memory.
  const inputs = Array.from({ length: 2 * INPUTS }, (_, i) => input((i % 2) as 0 | 1));
  const repeats = await repeatsOf(inputs, run);
  const turns = randomBytes(measurements);
  const groups = new Uint8Array(measurements);
  const times = new Float64Array(measurements);
  for (let i = 0; i < measurements; i++) {
    const turn = turns[i] as number;
    const value = inputs[turn] as T;
    const from = performance.now();
    for (let repeat = 0; repeat < repeats; repeat++) {
      const result = run(value);
      if (result instanceof Promise) await result;
    }
    times[i] = performance.now() - from;
    groups[i] = turn % 2;
  }
  return statistic(groups, times);
}

async function repeatsOf<T>(inputs: readonly T[], run: (input: T) => unknown): Promise<number> {
  // The second round: the first one compiles.
  let from = 0;
  for (let round = 0; round < 2; round++) {
    from = performance.now();
    for (const value of inputs) await run(value);
  }
  const eachUs = ((performance.now() - from) * 1000) / inputs.length;
  return Math.max(1, Math.round(MEASURED_US / eachUs));
}

/** Welch's t of the two groups, without warm-up and slowest measurements. */
function statistic(groups: Uint8Array, times: Float64Array): number {
  const first = Math.floor(times.length * WARM_UP);
  const warm = times.subarray(first);
  const limit = warm.toSorted()[Math.floor(warm.length * KEPT)] as number;
  const [a, b] = [0, 1].map((group) => {
    const kept = warm.filter((time, i) => groups[first + i] === group && time <= limit);
    const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
    const squares = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0);
    return { mean, error: squares / (kept.length - 1) / kept.length };
  }) as [{ mean: number; error: number }, { mean: number; error: number }];
  return (a.mean - b.mean) / Math.sqrt(a.error + b.error);
}
