/** How long a second start takes until ready, and what all processes together need in memory when idle. */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { freePort } from '../platform/store/testing/private-server.ts';
import { root, startParapet } from '../test/harness/server.ts';
import type { BenchRow } from './row.ts';

const IDLE_MS = 5_000;
const STARTS = 5;

export async function run(): Promise<BenchRow[]> {
  // The data folder is made by a first start; what is measured is `npm start` on it.
  const first = await startParapet();
  await first.terminate();
  const port = await freePort();
  const times: number[] = [];
  let memory = 0;
  let resident = 0;
  for (let i = 0; i < STARTS; i++) {
    const from = performance.now();
    const child = spawn('npm', ['start'], {
      cwd: root,
      env: {
        ...process.env,
        PARAPET_DATA: first.dataFolder,
        PARAPET_LISTEN: `127.0.0.1:${port}`,
        PARAPET_LOG_LEVEL: 'warn',
      },
      stdio: 'ignore',
      detached: true,
    });
    await ready(port, () => child.exitCode);
    times.push(performance.now() - from);
    if (i === STARTS - 1) {
      await new Promise((wait) => setTimeout(wait, IDLE_MS));
      const pids = family(child.pid as number, first.dataFolder);
      memory = sum(pids.map((pid) => kilobytes(pid, 'Pss')));
      resident = sum(pids.map((pid) => kilobytes(pid, 'Rss')));
    }
    process.kill(-(child.pid as number), 'SIGTERM');
    await new Promise((done) => child.once('exit', done));
  }
  await first.stop();
  times.sort((a, b) => a - b);
  return [
    {
      name: 'second start (npm start) to ready, median',
      value: Math.round(times[STARTS >> 1] as number),
      unit: 'ms',
      goal: '< 2000',
    },
    {
      name: 'second start (npm start) to ready, slowest',
      value: Math.round(times.at(-1) as number),
      unit: 'ms',
      goal: '< 2000',
    },
    {
      name: 'idle memory of npm, server and HSM agent (PSS)',
      value: Math.round(memory / 1024),
      unit: 'MiB',
      goal: '< 300',
    },
    {
      name: 'the same counted as RSS (shared pages counted in each process)',
      value: Math.round(resident / 1024),
      unit: 'MiB',
    },
  ];
}

function ready(port: number, ended: () => number | null): Promise<void> {
  return new Promise((done, failed) => {
    const look = () => {
      if (ended() !== null) return failed(new Error(`npm start ended with code ${ended()}`));
      const outgoing = request(
        { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, agent: false },
        (incoming) => {
          incoming.resume();
          if (incoming.statusCode === 200) done();
          else setTimeout(look, 10);
        },
      );
      outgoing.on('error', () => setTimeout(look, 10));
      outgoing.end();
    };
    look();
  });
}

/** The launcher, its descendants, and the agent, which is a process group of its own. */
function family(pid: number, dataFolder: string): number[] {
  const parents = new Map<number, number>();
  const agents: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]));
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      if (command.includes('hsm/agent/main') && command.includes(dataFolder)) agents.push(Number(name));
    } catch {
      // The process ended while we looked.
    }
  }
  const found = new Set([pid, ...agents]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [child, parent] of parents)
      if (found.has(parent) && !found.has(child)) {
        found.add(child);
        grew = true;
      }
  }
  return [...found];
}

function kilobytes(pid: number, field: 'Pss' | 'Rss'): number {
  try {
    return Number(
      new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0,
    );
  } catch {
    return 0;
  }
}

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
