/** Processor time per request, in whole processors: what they have is shared by the server and the load generator. */
import type { ChildProcess } from 'node:child_process';
import { loadavg } from 'node:os';
import type { BenchRow } from '../row.ts';
import { ask, round3 } from './generator.ts';
import type { LoadJob } from './load.ts';
import { childrenOf, processorTime } from './processor-time.ts';

export interface Spent {
  loop: number;
  others: number;
  /** Of the processes that the server started: the HSM agent. */
  children: number;
  generator: number;
}

export async function spentOn(pid: number, generator: ChildProcess, job: LoadJob): Promise<Spent> {
  const before = timesOf(pid, generator);
  const { requests } = await ask(generator, job);
  const after = timesOf(pid, generator);
  const each = (part: keyof Spent) => Math.round((after[part] - before[part]) / requests);
  return { loop: each('loop'), others: each('others'), children: each('children'), generator: each('generator') };
}

function timesOf(pid: number, generator: ChildProcess): Spent {
  const whole = (of: number) => {
    const { loop, others } = processorTime(of);
    return loop + others;
  };
  const children = childrenOf(pid).reduce((sum, child) => sum + whole(child), 0);
  return { ...processorTime(pid), children, generator: whole(generator.pid as number) };
}

export function spentRows(name: string, { loop, others, children }: Spent): BenchRow[] {
  const unit = 'us/request';
  return [
    { name: `${name}: processor time of the request loop`, value: loop, unit },
    { name: `${name}: processor time of other threads`, value: others, unit },
    { name: `${name}: processor time of the HSM agent`, value: children, unit },
  ];
}

/** Others who work on the machine falsify rates more than ratios, and ratios more than processor times. */
export function loadRow(): BenchRow {
  return { name: 'load of the machine over the last minute', value: round3(loadavg()[0] ?? 0), unit: 'processes' };
}
