/**
 * Test double of an HSM: root keys in this process, node:crypto only. It has the meaning of the real one (the same
 * custody code over other roots), and a switch to take it away and bring it back. It protects nothing and must not
 * serve a product: `apps` never imports it.
 */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { fingerprintInput, keyIdOf, rootIdOf } from '../custody/canonical.ts';
import { Custody, type CustodyOptions } from '../custody/custody.ts';
import { encodeKeyRef, encodeWrappedKey } from '../custody/key-encoding.ts';
import { unwrapKey, wrapKey } from '../custody/key-wrap.ts';
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
  wrap: Buffer;
  mac: Buffer;
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
    wrap: randomBytes(32),
    mac: randomBytes(32),
    signing: {
      [AUDIT_SIGN_KEY]: generateKeyPairSync('ed25519'),
      [SESSION_SIGN_KEY]: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    },
  };
}

export function createMemoryHsm(options: MemoryHsmOptions = {}): MemoryHsm {
  const held = options.roots ?? createMemoryRoots();
  const roots = new MemoryRootOfTrust(held);
  // Nothing is made ahead here, so asking again would not help anybody.
  const patience = { patienceMs: 300_000 };
  const custody = new Custody({ roots, now: options.now ?? (() => performance.now()), ...patience, ...pick(options) });
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
        tokenSerial: roots.fingerprint('serial').slice(0, 16),
        rootVersion: roots.rootVersion,
        custody: 'process',
        fingerprints: {
          'root-wrap-v1': roots.fingerprint('root-wrap-v1'),
          'root-mac-v1': roots.fingerprint('root-mac-v1'),
        },
        counters: custody.counters(),
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
    random: (bytes) => run(() => custody.random(bytes)),
    publicKey: (label) => run(() => roots.publicKey(label)),
    publicKeys: (label) => run(() => custody.publicKeys(label)),
    sign: (label, data, keyId) => run(() => custody.sign(label, data, keyId)),
  };
}

/** Roots of trust over plain buffers. */
export class MemoryRootOfTrust implements RootOfTrust {
  readonly rootVersion = 1;
  readonly #held: MemoryRoots;

  constructor(held: MemoryRoots) {
    this.#held = held;
  }

  get id(): Buffer {
    return rootIdOf(
      Object.fromEntries(['root-wrap-v1', 'root-mac-v1'].map((label) => [label, this.fingerprint(label)])),
    );
  }

  generateKey(): { key: Buffer; wrapped: Buffer } {
    const key = randomBytes(32);
    return { key, wrapped: wrapKey(this.#held.wrap, key) };
  }

  wrapKey(key: Buffer): Buffer {
    return wrapKey(this.#held.wrap, key);
  }

  unwrapKey(wrapped: Buffer, rootVersion: number): Buffer {
    const key = rootVersion === this.rootVersion ? unwrapKey(this.#held.wrap, wrapped) : undefined;
    if (key === undefined) throw new HsmError('integrity', 'tenant key does not unwrap under the root key');
    return key;
  }

  mac(data: Buffer, rootVersion: number): Buffer | undefined {
    if (rootVersion !== this.rootVersion) return undefined;
    return createHmac('sha256', this.#held.mac).update(data).digest();
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

  fingerprint(label: string): string {
    const witness = wrapKey(this.#held.wrap, Buffer.alloc(32));
    const mac = createHmac('sha256', this.#held.mac).update(fingerprintInput(label, witness)).digest();
    return mac.toString('hex', 0, 16);
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
