/**
 * The `Hsm` of the product: asks the agent process over its socket. Starts the agent when nobody listens (given spawn
 * options), reconnects in the background with growing pauses when the agent is gone, and meanwhile fails every call at
 * once with `unavailable`. Only calls made before the first connection wait for it. Holds no keys.
 */
import type { ChildProcess } from 'node:child_process';
import { decodeWrappedKey, encodeKeyRef, encodeWrappedKey } from '../custody/key-encoding.ts';
import { type Hsm, HsmError, type HsmPublicKey, type HsmStatus, type WrappedKey } from '../port.ts';
import { AgentConnection } from './connection.ts';
import { batches, manyCalls } from './many-client.ts';
import { NONE, only, pairCalls } from './pair-client.ts';
import { type PartnerCalls, partnerCalls } from './partner-client.ts';
import { type SpawnOptions, spawnAgent } from './spawn.ts';
import { OP, u32 } from './wire.ts';

export interface ConnectOptions {
  socketPath: string;
  /** Without it, somebody else starts the agent. */
  spawn?: SpawnOptions;
  /** How long the first connection may take, in milliseconds; default 15,000. */
  startMs?: number;
}

export interface AgentHsm extends Hsm, PartnerCalls {
  /** The status once the agent serves the token; rejects with `unavailable` and the reason if it does not. */
  ready(): Promise<HsmStatus>;
  /** Closes the connection; the agent ends when it was the last. */
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 2000;
/** An agent that ended by itself found another one, or something that the next would find too. */
const RESPAWN_MS = 2000;
export function connectHsm(options: ConnectOptions): AgentHsm {
  const link = new AgentLink(options);
  const ask = (op: number, fields: () => Buffer[]) => link.request(op, fields);
  const one = async (op: number, fields: () => Buffer[]) => only(await ask(op, fields));
  return {
    async ready() {
      const [status] = await link.request(OP.status, () => []);
      const found = JSON.parse(status!.toString()) as HsmStatus;
      if (found.state === 'ready') return found;
      const { reason = 'HSM is unavailable', hint } = found;
      throw new HsmError('unavailable', reason, hint === undefined ? {} : { hint });
    },
    close: () => link.close(),
    async status() {
      try {
        const [status] = await link.request(OP.status, () => []);
        return JSON.parse(status!.toString()) as HsmStatus;
      } catch (error) {
        return unreachable(options, error);
      }
    },
    createTenantKey: async (binding) => ownedKey(await one(OP.createTenantKey, () => [binding])),
    createKeyMaterial: async (tenant, binding, bytes) =>
      ownedKey(await one(OP.createKeyMaterial, () => [encodeWrappedKey(tenant), binding, u32(bytes)])),
    seal: (key, { header, aad, plaintext }) => one(OP.seal, () => [encodeKeyRef(key), header, aad, plaintext]),
    open: (key, { header, aad, sealed }) => one(OP.open, () => [encodeKeyRef(key), header, aad, sealed]),
    async sealRandom(key, { header, aad, bytes, withPlaintext }) {
      const shown = Buffer.alloc(1, withPlaintext ? 1 : 0);
      const fields = await ask(OP.sealRandom, () => [encodeKeyRef(key), header, aad, u32(bytes), shown]);
      const [sealed, plaintext] = fields;
      return plaintext === undefined ? { sealed: sealed! } : { sealed: sealed!, plaintext };
    },
    reseal: (source, open, destination, seal) =>
      one(OP.reseal, () => [
        encodeKeyRef(source),
        ...('ciphertext' in open
          ? [NONE, NONE, open.ciphertext, Buffer.from(open.hash)]
          : [open.header, open.aad, open.sealed, NONE]),
        encodeKeyRef(destination),
        ...('hash' in seal ? [NONE, NONE, Buffer.from(seal.hash)] : [seal.header, seal.aad, NONE]),
      ]),
    ...pairCalls(ask),
    ...manyCalls(ask),
    ...partnerCalls(ask),
    sealSecret: (tenant, aad, plaintext) => one(OP.sealSecret, () => [encodeWrappedKey(tenant), aad, plaintext]),
    openSecret: (tenant, aad, sealed) => one(OP.openSecret, () => [encodeWrappedKey(tenant), aad, sealed]),
    mac: (label, data) => one(OP.mac, () => [Buffer.from(label), data]),
    verifyMac: async (label, data, mac) => (await one(OP.verifyMac, () => [Buffer.from(label), data, mac]))[0] === 1,
    async macMany(label, data) {
      const parts = batches(data, (row) => row.length);
      const answers = await Promise.all(parts.map((rows) => ask(OP.macMany, () => [Buffer.from(label), ...rows])));
      return answers.flat();
    },
    async verifyMacMany(label, rows) {
      const parts = batches(rows, (row) => row.data.length + row.mac.length);
      const answers = await Promise.all(
        parts.map((part) =>
          one(OP.verifyMacMany, () => [Buffer.from(label), ...part.flatMap((row) => [row.data, row.mac])]),
        ),
      );
      return answers.flatMap((verdicts) => [...verdicts].map((verdict) => verdict === 1));
    },
    random: (bytes) => one(OP.random, () => [u32(bytes)]),
    publicKey: async (label) => publicKeysOf(await ask(OP.publicKey, () => [Buffer.from(label)]))[0]!,
    publicKeys: async (label) => publicKeysOf(await ask(OP.publicKeys, () => [Buffer.from(label)])),
    sign: (label, data, keyId = '') => one(OP.sign, () => [Buffer.from(label), data, Buffer.from(keyId)]),
  };
}

/** One connection at a time, made again as often as needed. */
class AgentLink {
  readonly #options: ConnectOptions;
  readonly #first: Promise<void>;
  #connection: AgentConnection | undefined;
  #everConnected = false;
  #child: ChildProcess | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;
  #closed = false;
  #wake: () => void = () => {};

  constructor(options: ConnectOptions) {
    this.#options = options;
    const deadline = performance.now() + (options.startMs ?? 15_000);
    this.#first = this.#connect(deadline);
    // Told to whoever calls; nobody may call.
    this.#first.catch(() => {});
  }

  async request(op: number, fields: () => Buffer[]): Promise<Buffer[]> {
    if (this.#connection === undefined && !this.#everConnected && !this.#closed) await this.#first;
    if (this.#connection === undefined) throw new HsmError('unavailable', 'HSM agent is not running');
    return this.#connection.request(op, fields());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#connection?.close();
    this.#connection = undefined;
  }

  /** Tries until connected or closed; past the deadline it says so, and goes on in the background. */
  async #connect(deadline = Number.POSITIVE_INFINITY): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.#closed) {
      try {
        const connection = await AgentConnection.open(this.#options.socketPath, (hung) => this.#onEnd(hung));
        if (this.#closed) return await connection.close();
        this.#connection = connection;
        this.#everConnected = true;
        return;
      } catch {
        this.#spawnIfDue();
      }
      if (performance.now() > deadline) {
        void this.#connect();
        throw new HsmError('unavailable', 'HSM agent does not start');
      }
      await this.#pause(pause);
      pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
    }
  }

  #onEnd(hung: boolean): void {
    // A driver that hangs in a system call ends no other way; the agent we started is ours to end.
    if (hung) this.#child?.kill('SIGKILL');
    if (this.#connection === undefined) return;
    this.#connection = undefined;
    if (!this.#closed) void this.#connect();
  }

  #spawnIfDue(): void {
    const { spawn, socketPath } = this.#options;
    if (spawn === undefined || this.#closed || this.#child !== undefined) return;
    if (performance.now() < this.#notBefore) return;
    this.#child = spawnAgent(socketPath, spawn);
    const ended = (byItself: boolean) => {
      this.#child = undefined;
      if (byItself) this.#notBefore = performance.now() + RESPAWN_MS;
    };
    this.#child.once('exit', (_code, signal) => ended(signal === null));
    this.#child.once('error', () => ended(true));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      // Someone may be waiting for the first connection; later ones must not keep the process alive.
      if (this.#everConnected) timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function ownedKey(encoded: Buffer): WrappedKey {
  return decodeWrappedKey(encoded);
}

function publicKeysOf(fields: Buffer[]): HsmPublicKey[] {
  const keys: HsmPublicKey[] = [];
  for (let at = 0; at < fields.length; at += 3) {
    const [algorithm, spki, keyId] = fields.slice(at, at + 3);
    keys.push({ algorithm: algorithm!.toString() as HsmPublicKey['algorithm'], spki: spki!, keyId: keyId!.toString() });
  }
  return keys;
}

function unreachable(options: ConnectOptions, error: unknown): HsmStatus {
  return {
    state: 'unavailable',
    reason: error instanceof HsmError ? error.message : 'HSM agent cannot be asked',
    backend: options.spawn?.backend ?? '',
    tokenLabel: '',
    tokenSerial: '',
    rootVersion: 1,
    custody: 'process',
    fingerprints: {},
    counters: {},
  };
}
