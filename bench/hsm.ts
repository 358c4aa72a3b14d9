/**
 * What the HSM layer costs: every operation through the agent (its socket, its process) against the same work done
 * bare in this process, in the same run and in short turns, so that whatever else the machine does slows both alike.
 * Bare means: the PKCS#11 calls of a SoftHSM token, or node:crypto where the agent itself uses it.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AgentHsm, connectHsm } from '../hsm/agent/client.ts';
import { loadModule } from '../hsm/pkcs11/module.ts';
import { readPinFile } from '../hsm/pkcs11/pin-file.ts';
import { Pkcs11Roots } from '../hsm/pkcs11/pkcs11-roots.ts';
import type { KeyRef } from '../hsm/port.ts';
import { ensureToken } from '../hsm/softhsm/ensure-token.ts';
import { tokenFolder } from '../hsm/softhsm/files.ts';
import { findSoftHsmLibrary } from '../hsm/softhsm/library.ts';
import { softHsm } from '../hsm/softhsm/softhsm.ts';

export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The value it is compared with, same unit, same run. */
  readonly baseline: number | null;
  readonly ratio: number | null;
  readonly goal: string | null;
}

const TURNS = 8;
const TURN_MS = 250;
const DEPTH = 256;
const PLAINTEXT = Buffer.alloc(32, 7);
const CONTEXT = { header: Buffer.alloc(52, 1), aad: Buffer.alloc(60, 2) };

export async function run(): Promise<BenchRow[]> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'parapet-bench-hsm-'));
  const bareFolder = mkdtempSync(join(tmpdir(), 'parapet-bench-raw-'));
  const options = softHsm({ dataFolder, log: 'ignore' });
  const started = performance.now();
  let hsm = connectHsm(options);
  try {
    await hsm.ready();
    const firstStart = performance.now() - started;
    await hsm.close();
    while (existsSync(options.socketPath)) await new Promise((resolve) => setTimeout(resolve, 10));
    const restarted = performance.now();
    hsm = connectHsm(options);
    await hsm.ready();
    const secondStart = performance.now() - restarted;
    const bare = await bareToken(bareFolder);
    const rows = await measure(hsm, bare);
    bare.close();
    return [
      row('first start of the agent (token and keys made)', firstStart, 'ms', null, null),
      row('second start of the agent, to ready', secondStart, 'ms', null, 'idle: < 1000'),
      ...rows,
    ];
  } finally {
    await hsm.close();
    for (const folder of [dataFolder, bareFolder]) rmSync(folder, { recursive: true, force: true });
  }
}

async function bareToken(folder: string): Promise<Pkcs11Roots> {
  const files = tokenFolder(folder);
  process.env.SOFTHSM2_CONF = files.configuration;
  const module = await loadModule(findSoftHsmLibrary());
  const record = ensureToken(module, files);
  const readPin = () => readPinFile(files.pin);
  const bare = new Pkcs11Roots(module, { token: record, readPin, sessions: 1 }, record);
  bare.open();
  return bare;
}

async function measure(hsm: AgentHsm, bare: Pkcs11Roots): Promise<BenchRow[]> {
  const tenant = await hsm.createTenantKey(Buffer.from('account 123456789012'));
  const newKey = async (): Promise<KeyRef> => ({
    tenant,
    material: await hsm.createKeyMaterial(tenant, randomBytes(150), 32),
  });
  const key = await newKey();
  const sealed = await hsm.seal(key, { ...CONTEXT, plaintext: PLAINTEXT });
  const cold: KeyRef[] = [];
  while (cold.length < 8000) cold.push(...(await Promise.all(Array.from({ length: 500 }, newKey))));
  let next = 0;
  const local = localCrypto();
  const rows = Array.from({ length: 256 }, () => randomBytes(300));
  const seal = () => hsm.seal(key, { ...CONTEXT, plaintext: PLAINTEXT });
  const open = () => hsm.open(key, { ...CONTEXT, sealed });

  return [
    await compare('seal 32 B, 256 in flight', seal, local.seal, '>= 0.4 of bare; idle: >= 20000/s'),
    await compare('open 32 B, 256 in flight', open, local.open, '>= 0.4 of bare; idle: >= 20000/s'),
    await compare('data key: seal random 32 B, 256 in flight', () =>
      hsm.sealRandom(key, { ...CONTEXT, bytes: 32, withPlaintext: true }),
    ),
    await compare('reseal 32 B, 256 in flight', () => hsm.reseal(key, { ...CONTEXT, sealed }, key, CONTEXT)),
    // Each key once: MAC by the token, unwrap, then the attempt to open (which another key's message refuses).
    await compare('first use of a key (MAC and unwrap)', () =>
      hsm.open(cold[next++ % cold.length]!, { ...CONTEXT, sealed }).catch(() => {}),
    ),
    await compare(
      'MAC of a 300 B row, 256 in flight',
      () => hsm.mac('keys', rows[0]!),
      () => bare.mac(rows[0]!, 1),
      '>= 0.5 of bare',
    ),
    await compare(
      'MAC of 300 B rows, batches of 256',
      () => hsm.macMany('keys', rows),
      () => bare.mac(rows[0]!, 1),
      '>= 0.5 of bare',
      { depth: 4, weight: 256 },
    ),
    await compare(
      'sign Ed25519',
      () => hsm.sign('audit-sign-v1', PLAINTEXT),
      () => bare.sign('audit-sign-v1', PLAINTEXT),
      '>= 0.8 of bare',
    ),
    await compare(
      'sign ES256',
      () => hsm.sign('session-sign-v1', PLAINTEXT),
      () => bare.sign('session-sign-v1', PLAINTEXT),
      '>= 0.7 of bare',
    ),
    await compare('new key material', newKey),
    ...(await latency('open 32 B, one at a time', open)),
  ];
}

/** The work of custody without custody: derive, seal or open, with keys at hand. */
function localCrypto() {
  const material = randomBytes(32);
  const label = Buffer.from('parapet/hsm/message-key/v1');
  const aad = Buffer.concat([CONTEXT.header, CONTEXT.aad]);
  const derive = (salt: Buffer) =>
    createHmac('sha256', material).update(label).update(salt).update(CONTEXT.header).digest();
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const first = createCipheriv('aes-256-gcm', derive(salt), iv).setAAD(aad);
  const ciphertext = Buffer.concat([first.update(PLAINTEXT), first.final()]);
  const tag = first.getAuthTag();
  return {
    seal() {
      const cipher = createCipheriv('aes-256-gcm', derive(randomBytes(16)), randomBytes(12)).setAAD(aad);
      Buffer.concat([cipher.update(PLAINTEXT), cipher.final(), cipher.getAuthTag()]);
    },
    open() {
      const decipher = createDecipheriv('aes-256-gcm', derive(salt), iv).setAAD(aad).setAuthTag(tag);
      Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    },
  };
}

async function compare(
  name: string,
  agent: () => Promise<unknown>,
  bare?: () => unknown,
  goal: string | null = null,
  shape = { depth: DEPTH, weight: 1 },
): Promise<BenchRow> {
  let [done, doneMs, bareDone, bareMs] = [0, 0, 0, 0];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const start = performance.now();
    const caller = async () => {
      while (performance.now() - start < TURN_MS) {
        await agent();
        done += shape.weight;
      }
    };
    await Promise.all(Array.from({ length: shape.depth }, caller));
    doneMs += performance.now() - start;
    if (bare === undefined) continue;
    const bareStart = performance.now();
    while (performance.now() - bareStart < TURN_MS) {
      bare();
      bareDone += 1;
    }
    bareMs += performance.now() - bareStart;
  }
  return row(name, (done / doneMs) * 1000, '1/s', bare === undefined ? null : (bareDone / bareMs) * 1000, goal);
}

async function latency(name: string, operation: () => Promise<unknown>): Promise<BenchRow[]> {
  const waits: number[] = [];
  for (const end = performance.now() + TURNS * TURN_MS; performance.now() < end; ) {
    const asked = performance.now();
    await operation();
    waits.push((performance.now() - asked) * 1000);
  }
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.floor(waits.length * share)] ?? 0;
  return [row(`${name}, p50`, at(0.5), 'us', null, null), row(`${name}, p99`, at(0.99), 'us', null, null)];
}

function row(name: string, value: number, unit: string, baseline: number | null, goal: string | null): BenchRow {
  const ratio = baseline === null ? null : Math.round((value / baseline) * 100) / 100;
  return {
    name,
    value: Math.round(value),
    unit,
    baseline: baseline === null ? null : Math.round(baseline),
    ratio,
    goal,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`;
  const date = new Date().toISOString();
  const rows = (await run()).map((entry) => ({ ...entry, machine, date }));
  const results = fileURLToPath(new URL('./results/', import.meta.url));
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'hsm.json'), `${JSON.stringify(rows, null, 2)}\n`);
  console.table(rows, ['name', 'value', 'unit', 'baseline', 'ratio', 'goal']);
}
