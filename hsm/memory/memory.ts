/**
 * Test double of an HSM: root keys in this process, node:crypto only. It has the meaning of the real one (the same
 * custody code over other roots), and a switch to take it away and bring it back. It protects nothing and must not
 * serve a product: `apps` never imports it.
 */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { fingerprintInput, keyIdOf } from '../custody/canonical.ts';
import { Custody, type CustodyOptions } from '../custody/custody.ts';
import { encodeKeyRef, encodeWrappedKey } from '../custody/key-encoding.ts';
import { unwrapKey, wrapKey } from '../custody/key-wrap.ts';
import type { PartnerStore } from '../custody/partner.ts';
import type { RootOfTrust } from '../custody/roots.ts';
import {
  AUDIT_SIGN_KEY,
  HSM_LIMITS,
  type Hsm,
  HsmError,
  type HsmErrorCode,
  type HsmPublicKey,
  SESSION_SIGN_KEY,
} from '../port.ts';

/** Root keys of a memory HSM; two doubles made from the same roots open each other's blobs, as after a restart. */
export interface MemoryRoots {
  id: Buffer;
  /** Root pairs by version. */
  versions: Map<number, { wrap: Buffer; mac: Buffer }>;
  /** What an agent keeps beside its token. */
  partnerRecord?: Buffer;
  signing: Record<string, { privateKey: KeyObject; publicKey: KeyObject }>;
}

export interface MemoryHsm extends Hsm {
  /** From now on every call fails with this code (default `unavailable`) and all cached keys are zeroised. */
  failWith(code?: HsmErrorCode, reason?: string): void;
  restore(): void;
}

export interface MemoryHsmOptions extends Partial<Pick<CustodyOptions, 'now' | 'cache'>> {
  roots?: MemoryRoots;
}

export function createMemoryRoots(): MemoryRoots {
  return {
    id: randomBytes(16),
    versions: new Map([[1, newRootPair()]]),
    signing: {
      [AUDIT_SIGN_KEY]: generateKeyPairSync('ed25519'),
      [SESSION_SIGN_KEY]: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    },
  };
}

function newRootPair(): { wrap: Buffer; mac: Buffer } {
  return { wrap: randomBytes(32), mac: randomBytes(32) };
}

export function createMemoryHsm(options: MemoryHsmOptions = {}): MemoryHsm {
  const held = options.roots ?? createMemoryRoots();
  const roots = new MemoryRootOfTrust(held);
  // Nothing is made ahead here, so asking again would not help anybody.
  const patience = { patienceMs: 300_000 };
  const partner: PartnerStore = {
    mayPair: false,
    read: () => held.partnerRecord,
    write: (record) => {
      held.partnerRecord = record;
    },
  };
  const now = options.now ?? (() => performance.now());
  const custody = new Custody({ roots, partner, now, ...patience, ...pick(options) });
  let failure: HsmError | undefined;

  async function run<T>(operation: () => T | Promise<T>): Promise<T> {
    if (failure !== undefined) throw new HsmError(failure.code, failure.message);
    return operation();
  }

  return {
    failWith(code = 'unavailable', reason = 'memory HSM is switched off') {
      failure = new HsmError(code, reason);
      custody.clear();
    },
    restore() {
      failure = undefined;
    },
    async status() {
      return {
        state: failure === undefined ? 'ready' : 'unavailable',
        ...(failure === undefined ? {} : { reason: failure.message }),
        backend: 'memory',
        tokenLabel: 'memory',
        tokenSerial: roots.id.toString('hex'),
        rootVersion: roots.rootVersion,
        rootVersions: roots.rootVersions,
        custody: 'process',
        fingerprints: roots.fingerprints,
        counters: custody.counters(),
        ...(failure === undefined && custody.form !== undefined && { form: custody.form }),
      };
    },
    createTenantKey: (binding) => run(() => custody.createTenantKey(binding)),
    createKeyMaterial: (tenant, binding, bytes) =>
      run(() => custody.createKeyMaterial(encodeWrappedKey(tenant), binding, bytes)),
    seal: (key, request) => run(() => custody.seal(encodeKeyRef(key), request)),
    open: (key, request) => run(() => custody.open(encodeKeyRef(key), request)),
    sealMany: (key, requests) =>
      run(() => checkBatch(requests).map((request) => custody.seal(encodeKeyRef(key), request))),
    openMany: (key, requests) => run(() => custody.openMany(encodeKeyRef(key), checkBatch(requests))),
    sealRandomMany: (key, requests) =>
      run(() => checkBatch(requests).map((request) => custody.sealRandom(encodeKeyRef(key), request))),
    sealRandom: (key, request) => run(() => custody.sealRandom(encodeKeyRef(key), request)),
    reseal: (source, open, destination, seal) =>
      run(() => custody.reseal(encodeKeyRef(source), open, encodeKeyRef(destination), seal)),
    createKeyPair: (tenant, binding, spec, use) =>
      run(() => custody.pairs.create(encodeWrappedKey(tenant), binding, spec, use)),
    sealKeyPair: (key, request) => run(() => custody.pairs.sealNew(encodeKeyRef(key), request)),
    publicKeyOf: (key, use) => run(() => custody.pairs.publicKey(encodeKeyRef(key), use)),
    signWith: (key, request) => run(() => custody.pairs.sign(encodeKeyRef(key), request)),
    verifyWith: (key, request) => run(() => custody.pairs.verify(encodeKeyRef(key), request)),
    encryptTo: (key, request) => run(() => custody.pairs.encrypt(encodeKeyRef(key), request)),
    decryptWith: (key, request) => run(() => custody.pairs.decrypt(encodeKeyRef(key), request)),
    createMacKey: (tenant, binding, hash) => run(() => custody.createMacKey(encodeWrappedKey(tenant), binding, hash)),
    hmac: (key, hash, message) => run(() => custody.hmac(encodeKeyRef(key), hash, message)),
    verifyHmac: (key, hash, message, mac) => run(() => custody.verifyHmac(encodeKeyRef(key), hash, message, mac)),
    sealSecret: (tenant, aad, plaintext) => run(() => custody.sealSecret(encodeWrappedKey(tenant), aad, plaintext)),
    openSecret: (tenant, aad, sealed) => run(() => custody.openSecret(encodeWrappedKey(tenant), aad, sealed)),
    mac: (label, data) => run(() => custody.mac(label, data)),
    verifyMac: (label, data, mac) => run(() => custody.verifyMac(label, data, mac)),
    macMany: (label, data) => run(() => checkBatch(data).map((row) => custody.mac(label, row))),
    verifyMacMany: (label, rows) =>
      run(() => checkBatch(rows).map((row) => custody.verifyMac(label, row.data, row.mac))),
    renewTenantKey: (tenant) => run(() => custody.renewTenantKey(encodeWrappedKey(tenant))),
    renewKey: (key) => run(() => custody.renewKey(encodeKeyRef(key))),
    renewMacMany: (label, rows) => run(() => checkBatch(rows).map((row) => custody.renewMac(label, row.data, row.mac))),
    addRootVersion: (version) => run(() => custody.addRootVersion(version)),
    destroyRootVersion: (version) => run(() => custody.destroyRootVersion(version)),
    random: (bytes) => run(() => custody.random(bytes)),
    publicKey: (label) => run(() => roots.publicKey(label)),
    publicKeys: (label) => run(() => custody.publicKeys(label)),
    sign: (label, data, keyId) => run(() => custody.sign(label, data, keyId)),
  };
}

/** Roots of trust over plain buffers. */
export class MemoryRootOfTrust implements RootOfTrust {
  readonly #held: MemoryRoots;

  constructor(held: MemoryRoots) {
    this.#held = held;
  }

  get id(): Buffer {
    return this.#held.id;
  }

  get rootVersions(): readonly number[] {
    return [...this.#held.versions.keys()].sort((a, b) => a - b);
  }

  get rootVersion(): number {
    return this.rootVersions.at(-1)!;
  }

  addVersion(rootVersion: number): void {
    if (this.#held.versions.has(rootVersion)) return;
    if (rootVersion < this.rootVersion)
      throw new HsmError('invalid', 'root version is not newer than the one in force');
    this.#held.versions.set(rootVersion, newRootPair());
  }

  destroyVersion(rootVersion: number): void {
    if (rootVersion >= this.rootVersion) throw new HsmError('invalid', 'root version is in force');
    this.#held.versions.delete(rootVersion);
  }

  get #newest(): { wrap: Buffer; mac: Buffer } {
    return this.#held.versions.get(this.rootVersion)!;
  }

  generateKey(): { key: Buffer; wrapped: Buffer } {
    const key = randomBytes(32);
    return { key, wrapped: this.wrapKey(key) };
  }

  wrapKey(key: Buffer): Buffer {
    return wrapKey(this.#newest.wrap, key);
  }

  unwrapKey(wrapped: Buffer, rootVersion: number): Buffer {
    const root = this.#held.versions.get(rootVersion);
    const key = root && unwrapKey(root.wrap, wrapped);
    if (key === undefined) throw new HsmError('integrity', 'tenant key does not unwrap under the root key');
    return key;
  }

  mac(data: Buffer, rootVersion: number): Buffer | undefined {
    const root = this.#held.versions.get(rootVersion);
    return root && createHmac('sha256', root.mac).update(data).digest();
  }

  random(bytes: number): Buffer {
    return randomBytes(bytes);
  }

  publicKey(label: string): HsmPublicKey {
    const { publicKey } = this.#pair(label);
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const keyId = keyIdOf(spki);
    return { algorithm: publicKey.asymmetricKeyType === 'ed25519' ? 'Ed25519' : 'ES256', spki, keyId };
  }

  sign(label: string, data: Buffer): Buffer {
    const { privateKey } = this.#pair(label);
    return privateKey.asymmetricKeyType === 'ed25519'
      ? sign(null, data, privateKey)
      : sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  }

  get fingerprints(): Record<string, string> {
    const prints: Record<string, string> = {};
    for (const [version, { wrap, mac }] of this.#held.versions) {
      const witness = wrapKey(wrap, Buffer.alloc(32));
      for (const label of [`root-wrap-v${version}`, `root-mac-v${version}`]) {
        const print = createHmac('sha256', mac).update(fingerprintInput(label, witness)).digest();
        prints[label] = print.toString('hex', 0, 16);
      }
    }
    return prints;
  }

  #pair(label: string): { privateKey: KeyObject; publicKey: KeyObject } {
    const pair = Object.hasOwn(this.#held.signing, label) ? this.#held.signing[label] : undefined;
    if (pair === undefined) throw new HsmError('not-found', `token has no key pair ${JSON.stringify(label)}`);
    return pair;
  }
}

function checkBatch<T>(rows: readonly T[]): readonly T[] {
  if (rows.length > HSM_LIMITS.batch) throw new HsmError('invalid', `batch is longer than ${HSM_LIMITS.batch} rows`);
  return rows;
}

function pick(options: MemoryHsmOptions): Pick<CustodyOptions, 'cache'> {
  return options.cache === undefined ? {} : { cache: options.cache };
}
