/**
 * What a pair of tokens costs against one token, in the same run and in short turns, and how long nothing is answered
 * when the agent of the token in service is killed or hangs under load.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectHsm } from '../hsm/agent/client.ts';
import { connectHsmPair, type HsmPair } from '../hsm/pair/pair.ts';
import type { Hsm, KeyRef } from '../hsm/port.ts';
import { softHsm } from '../hsm/softhsm/softhsm.ts';
import type { BenchRow } from './row.ts';

const TURNS = 8;
const TURN_MS = 250;
const LOAD = 64;
const CONTEXT = { header: Buffer.alloc(52, 1), aad: Buffer.alloc(60, 2) };
const PLAINTEXT = Buffer.alloc(32, 7);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function run(): Promise<BenchRow[]> {
  const [alone, both] = ['single', 'pair'].map((name) => mkdtempSync(join(tmpdir(), `parapet-bench-${name}-`)));
  const single = connectHsm(softHsm({ dataFolder: alone!, log: 'ignore' }));
  const pair = open(both!);
  try {
    await Promise.all([single.ready(), pair.ready()]);
    return [...(await costs(single, pair)), ...(await losses(pair, both!))];
  } finally {
    for (const folder of ['hsm', 'hsm-b']) signal(both!, folder, 'SIGCONT');
    await Promise.all([single.close(), pair.close()]);
    for (const folder of [alone!, both!]) rmSync(folder, { recursive: true, force: true });
  }
}

function open(dataFolder: string): HsmPair {
  const [first, second] = ['hsm', 'hsm-b'].map((folder) =>
    connectHsm(softHsm({ dataFolder, folder, mayPair: true, log: 'ignore' })),
  );
  return connectHsmPair(first!, second!);
}

async function costs(single: Hsm, pair: Hsm): Promise<BenchRow[]> {
  const [one, two] = [await subject(single), await subject(pair)];
  const rows = Array.from({ length: 256 }, (_, at) => Buffer.alloc(300, at));
  const kinds: [string, number, (of: Subject) => Promise<unknown>, string?][] = [
    [
      'open 32 B, 256 in flight',
      256,
      ({ hsm, key, sealed }) => hsm.open(key, { ...CONTEXT, sealed }),
      '>= 0.7 of one token',
    ],
    ['seal 32 B, 256 in flight', 256, ({ hsm, key }) => hsm.seal(key, { ...CONTEXT, plaintext: PLAINTEXT })],
    ['MAC of 300 B rows, batches of 256', 4, ({ hsm }) => hsm.macMany('rows', rows)],
    ['new key material, 64 at once', 64, ({ hsm, key }) => hsm.createKeyMaterial(key.tenant, PLAINTEXT, 32)],
    ['new tenant key (both wraps), 16 at once', 16, ({ hsm }) => hsm.createTenantKey(PLAINTEXT)],
  ];
  const found: BenchRow[] = [];
  for (const [name, depth, ask, goal] of kinds) {
    const rates = [0, 0];
    for (let turn = 0; turn < TURNS; turn += 1) {
      rates[0]! += await turnOf(depth, () => ask(one));
      rates[1]! += await turnOf(depth, () => ask(two));
    }
    const [alone, both] = rates.map((rate) => rate / TURNS) as [number, number];
    found.push({
      name: `pair: ${name}`,
      value: Math.round(both),
      unit: '1/s',
      baseline: `one token ${Math.round(alone)}/s`,
      ratio: Math.round((both / alone) * 100) / 100,
      ...(goal !== undefined && { goal }),
    });
  }
  return found;
}

interface Subject {
  hsm: Hsm;
  key: KeyRef;
  sealed: Buffer;
}

async function subject(hsm: Hsm): Promise<Subject> {
  const tenant = await hsm.createTenantKey(Buffer.from('account'));
  const key = { tenant, material: await hsm.createKeyMaterial(tenant, Buffer.from('key'), 32) };
  return { hsm, key, sealed: await hsm.seal(key, { ...CONTEXT, plaintext: PLAINTEXT }) };
}

async function turnOf(depth: number, ask: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  let done = 0;
  const caller = async () => {
    while (performance.now() - from < TURN_MS) {
      await ask();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: depth }, caller));
  return (done / (performance.now() - from)) * 1000;
}

async function losses(pair: HsmPair, dataFolder: string): Promise<BenchRow[]> {
  const under = await subject(pair);
  const found: BenchRow[] = [];
  for (const [how, sent] of [
    ['killed', 'SIGKILL'],
    ['hung', 'SIGSTOP'],
  ] as const) {
    await pause(3000);
    // Each loss puts the other in service.
    const inService = (await pair.status()).counters.failovers! % 2 === 0 ? 'hsm' : 'hsm-b';
    const { failed, gapMs } = await loseUnderLoad(under, () => signal(dataFolder, inService, sent));
    found.push({ name: `agent in service ${how} under load: longest gap`, value: gapMs, unit: 'ms', goal: '< 2000' });
    found.push({
      name: `agent in service ${how} under load: decrypts that failed`,
      value: failed,
      unit: '',
      goal: '0',
    });
  }
  return found;
}

async function loseUnderLoad({ hsm, key, sealed }: Subject, lose: () => void) {
  let [failed, gapMs, last, stopped] = [0, 0, performance.now(), false];
  const caller = async () => {
    while (!stopped) {
      await hsm.open(key, { ...CONTEXT, sealed }).catch(() => {
        failed += 1;
      });
      gapMs = Math.max(gapMs, performance.now() - last);
      last = performance.now();
    }
  };
  const callers = Array.from({ length: LOAD }, caller);
  await pause(500);
  lose();
  await pause(3000);
  stopped = true;
  await Promise.all(callers);
  return { failed, gapMs: Math.round(gapMs) };
}

function signal(dataFolder: string, folder: string, sent: NodeJS.Signals): void {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      if (command.includes(`"socketPath":"${join(dataFolder, folder, 'agent.sock')}"`))
        process.kill(Number(name), sent);
    } catch {
      // Ended while we looked.
    }
  }
}
