/** Measuring in process: throughput by processor time, latency by the clock on the wall. */

/** Calls per second of processor time, so that neighbours on the machine do not count. Warms up for a quarter. */
export function callsPerSecond(call: () => void, seconds: number): number {
  repeat(call, (seconds * 1000) / 4);
  const before = process.cpuUsage();
  const calls = repeat(call, seconds * 1000);
  const used = process.cpuUsage(before);
  return calls / ((used.user + used.system) / 1e6);
}

export interface Latency {
  readonly p50Microseconds: number;
  readonly p99Microseconds: number;
  /** Of the round that neighbours disturbed least. */
  readonly quietestP99Microseconds: number;
}

/** Times every call on its own, in rounds; the clock costs about 0.05 microseconds of each call. */
export function latency(call: () => void, rounds: number, callsPerRound: number): Latency {
  repeat(call, 500);
  const results = Array.from({ length: rounds }, () => timeCalls(call, callsPerRound));
  const all = Float64Array.from(results.flatMap((laps) => [...laps])).sort();
  return {
    p50Microseconds: round(at(all, 0.5)),
    p99Microseconds: round(at(all, 0.99)),
    quietestP99Microseconds: round(Math.min(...results.map((laps) => at(laps, 0.99)))),
  };
}

/** Sorted. */
function timeCalls(call: () => void, calls: number): Float64Array {
  const laps = new Float64Array(calls);
  for (let index = 0; index < calls; index++) {
    const start = performance.now();
    call();
    laps[index] = (performance.now() - start) * 1000;
  }
  return laps.sort();
}

function at(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)]!;
}

/** Three significant figures are more than a shared machine can repeat. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}

function repeat(call: () => void, milliseconds: number): number {
  const BATCH = 64;
  const until = performance.now() + milliseconds;
  let calls = 0;
  do {
    for (let left = BATCH; left > 0; left--) call();
    calls += BATCH;
  } while (performance.now() < until);
  return calls;
}
