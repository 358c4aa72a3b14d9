/** Processor time of the threads of a process, from Linux's accounting (`/proc/PID/task/TID/stat`), in ticks of 10 ms. */
import { readdirSync, readFileSync } from 'node:fs';

const TICK_MICROSECONDS = 10_000;

export interface ProcessorTime {
  /** The first thread: the event loop of requests. Microseconds. */
  loop: number;
  /** All other threads: the audit service, the pool that writes records, garbage collection. Microseconds. */
  others: number;
}

export function processorTime(pid: number): ProcessorTime {
  const time: ProcessorTime = { loop: 0, others: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    // The name of the thread stands in brackets and may hold blanks; user and system time are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const spent = (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
    time[Number(thread) === pid ? 'loop' : 'others'] += spent;
  }
  return time;
}

/** Processes that any thread of a process started and that still run. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
