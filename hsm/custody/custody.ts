/**
 * PROCESS custody (spec kms 4.4): tenant keys and key material are unwrapped here, used here and zeroised here; only
 * root operations and signatures go to the token. The same code serves the agent (roots in PKCS#11) and the memory
 * double, so both have one meaning. Synchronous: a key taken from the cache is used before anything can evict it.
 *
 * Keys are named by their encoded form (`key-encoding.ts`), decoded and verified only when not cached. Refuses:
 * anything whose MAC does not verify, before its blob is given to the token.
 */
import { timingSafeEqual } from 'node:crypto';
import type { MessageContext, OpenRequest, SealRandomRequest, SealRequest, WrappedKey } from '../port.ts';
import { HSM_LIMITS, HsmError, SEAL_OVERHEAD } from '../port.ts';
import { rowMacInput, type WrappedKind, wrappedKeyMacInput } from './canonical.ts';
import { DEFAULT_CACHE_LIMITS, KeyCache, type KeyCacheLimits } from './key-cache.ts';
import { decodeKeyRef, decodeWrappedKey } from './key-encoding.ts';
import { unwrapKey, wrapKey } from './key-wrap.ts';
import { deriveSecretKey, openMessage, sealMessage } from './message.ts';
import type { RootOfTrust } from './roots.ts';

const KEY_BYTES = 32;
const NO_HEADER = Buffer.alloc(0);

export interface CustodyOptions {
  roots: RootOfTrust;
  /** Milliseconds, monotonic if possible. */
  now: () => number;
  cache?: KeyCacheLimits;
}

export class Custody {
  readonly #roots: RootOfTrust;
  readonly #tenants: KeyCache;
  readonly #secrets: KeyCache;
  readonly #materials: KeyCache;
  #unwraps = 0;
  #refused = 0;

  constructor(options: CustodyOptions) {
    const limits = options.cache ?? DEFAULT_CACHE_LIMITS;
    this.#roots = options.roots;
    this.#tenants = new KeyCache(limits, options.now);
    this.#secrets = new KeyCache(limits, options.now);
    this.#materials = new KeyCache(limits, options.now);
  }

  createTenantKey(binding: Buffer): WrappedKey {
    requireSize('binding', binding, 1, HSM_LIMITS.binding);
    const { key, wrapped } = this.#roots.generateKey();
    try {
      const { rootVersion } = this.#roots;
      this.#verifyReadBack(key, this.#roots.unwrapKey(wrapped, rootVersion));
      return this.#bind('tenant-key', wrapped, binding, rootVersion);
    } finally {
      key.fill(0);
    }
  }

  createKeyMaterial(tenant: Buffer, binding: Buffer, bytes: number): WrappedKey {
    requireSize('binding', binding, 1, HSM_LIMITS.binding);
    if (bytes !== KEY_BYTES) throw new HsmError('invalid', 'key material is not 32 bytes long');
    const { binding: tenantBinding } = decodeWrappedKey(tenant);
    const tenantKey = this.#tenantKey(tenant);
    const material = this.#roots.random(KEY_BYTES);
    try {
      const wrapped = wrapKey(tenantKey, material);
      this.#verifyReadBack(material, unwrapKey(tenantKey, wrapped));
      return this.#bind('key-material', wrapped, binding, this.#roots.rootVersion, tenantBinding);
    } finally {
      material.fill(0);
    }
  }

  seal(key: Buffer, request: SealRequest): Buffer {
    requireContext(request);
    requireSize('plaintext', request.plaintext, 0, HSM_LIMITS.plaintext);
    return sealMessage(this.#material(key), request.header, request.aad, request.plaintext);
  }

  open(key: Buffer, request: OpenRequest): Buffer {
    requireContext(request);
    requireSize('sealed message', request.sealed, 0, HSM_LIMITS.plaintext + SEAL_OVERHEAD);
    return this.#guard(() => openMessage(this.#material(key), request.header, request.aad, request.sealed));
  }

  sealRandom(key: Buffer, request: SealRandomRequest): { sealed: Buffer; plaintext?: Buffer } {
    requireContext(request);
    requireCount('random key', request.bytes, HSM_LIMITS.randomKey);
    const plaintext = this.#roots.random(request.bytes);
    let answered = false;
    try {
      const sealed = sealMessage(this.#material(key), request.header, request.aad, plaintext);
      answered = request.withPlaintext;
      return answered ? { sealed, plaintext } : { sealed };
    } finally {
      if (!answered) plaintext.fill(0);
    }
  }

  reseal(source: Buffer, open: OpenRequest, destination: Buffer, seal: MessageContext): Buffer {
    requireContext(seal);
    const plaintext = this.open(source, open);
    try {
      return sealMessage(this.#material(destination), seal.header, seal.aad, plaintext);
    } finally {
      plaintext.fill(0);
    }
  }

  sealSecret(tenant: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
    requireSize('aad', aad, 0, HSM_LIMITS.aad);
    requireSize('plaintext', plaintext, 0, HSM_LIMITS.plaintext);
    return sealMessage(this.#secretKey(tenant), NO_HEADER, aad, plaintext);
  }

  openSecret(tenant: Buffer, aad: Buffer, sealed: Buffer): Buffer {
    requireSize('aad', aad, 0, HSM_LIMITS.aad);
    requireSize('sealed message', sealed, 0, HSM_LIMITS.plaintext + SEAL_OVERHEAD);
    return this.#guard(() => openMessage(this.#secretKey(tenant), NO_HEADER, aad, sealed));
  }

  mac(label: string, data: Buffer): Buffer {
    requireLabel(label);
    requireSize('data', data, 0, HSM_LIMITS.macData);
    return this.#rootMac(rowMacInput(label, data), this.#roots.rootVersion);
  }

  verifyMac(label: string, data: Buffer, mac: Buffer): boolean {
    const expected = this.mac(label, data);
    return mac.length === expected.length && timingSafeEqual(mac, expected);
  }

  random(bytes: number): Buffer {
    requireCount('random', bytes, HSM_LIMITS.random);
    return this.#roots.random(bytes);
  }

  sign(label: string, data: Buffer): Buffer {
    requireLabel(label);
    // Empty data is refused by PKCS#11 tokens (SoftHSM: CKR_ARGUMENTS_BAD), so by all.
    requireSize('data', data, 1, HSM_LIMITS.signData);
    return this.#roots.sign(label, data);
  }

  counters(): Record<string, number> {
    return {
      cachedTenantKeys: this.#tenants.size,
      cachedMaterials: this.#materials.size,
      cacheHits: this.#tenants.hits + this.#secrets.hits + this.#materials.hits,
      cacheMisses: this.#tenants.misses + this.#secrets.misses + this.#materials.misses,
      unwraps: this.#unwraps,
      integrityRefusals: this.#refused,
    };
  }

  /** Zeroises expired keys; call it on a timer. */
  sweep(): void {
    for (const cache of [this.#tenants, this.#secrets, this.#materials]) cache.sweep();
  }

  /** Zeroises every cached key: on an outage, because without the token nobody may use them, and at the end. */
  clear(): void {
    for (const cache of [this.#tenants, this.#secrets, this.#materials]) cache.clear();
  }

  #material(encoded: Buffer): Buffer {
    const reference = encoded.toString('latin1');
    const cached = this.#materials.get(reference);
    if (cached !== undefined) return cached;
    const { tenant, material } = decodeKeyRef(encoded);
    return this.#guard(() => {
      this.#verify('key-material', material, tenant.binding);
      const tenantKey = this.#tenantKey(encoded.subarray(4, 4 + encoded.readUInt32BE(0)));
      const key = unwrapKey(tenantKey, material.wrapped);
      if (key === undefined || key.length !== KEY_BYTES) {
        key?.fill(0);
        throw new HsmError('integrity', 'key material does not unwrap under its tenant key');
      }
      this.#unwraps += 1;
      this.#materials.put(reference, key);
      return key;
    });
  }

  #tenantKey(encoded: Buffer): Buffer {
    const reference = encoded.toString('latin1');
    const cached = this.#tenants.get(reference);
    if (cached !== undefined) return cached;
    const tenant = decodeWrappedKey(encoded);
    return this.#guard(() => {
      this.#verify('tenant-key', tenant);
      const key = this.#roots.unwrapKey(tenant.wrapped, tenant.rootVersion);
      this.#unwraps += 1;
      this.#tenants.put(reference, key);
      return key;
    });
  }

  #secretKey(tenant: Buffer): Buffer {
    const reference = tenant.toString('latin1');
    const cached = this.#secrets.get(reference);
    if (cached !== undefined) return cached;
    const key = deriveSecretKey(this.#tenantKey(tenant));
    this.#secrets.put(reference, key);
    return key;
  }

  #bind(kind: WrappedKind, wrapped: Buffer, binding: Buffer, rootVersion: number, tenantBinding?: Buffer): WrappedKey {
    const key = { wrapped, binding: Buffer.from(binding), rootVersion };
    return { ...key, mac: this.#rootMac(wrappedKeyMacInput(kind, key, tenantBinding), rootVersion) };
  }

  #verify(kind: WrappedKind, key: WrappedKey, tenantBinding?: Buffer): void {
    const expected = this.#roots.mac(wrappedKeyMacInput(kind, key, tenantBinding), key.rootVersion);
    if (expected === undefined) throw new HsmError('integrity', `${kind} names a root version the token does not have`);
    if (key.mac.length !== expected.length || !timingSafeEqual(key.mac, expected)) {
      throw new HsmError('integrity', `${kind} does not match its binding`);
    }
  }

  #rootMac(input: Buffer, rootVersion: number): Buffer {
    const mac = this.#roots.mac(input, rootVersion);
    if (mac === undefined) throw new HsmError('unavailable', 'root MAC key is missing from the token');
    return mac;
  }

  /** A wrap that cannot be read back now never will be: better no key than one that loses data. */
  #verifyReadBack(key: Buffer, readBack: Buffer | undefined): void {
    const same = readBack !== undefined && readBack.length === key.length && timingSafeEqual(readBack, key);
    readBack?.fill(0);
    if (!same) throw new HsmError('unavailable', 'new key could not be read back from its wrapped form');
  }

  #guard<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof HsmError && error.code === 'integrity') this.#refused += 1;
      throw error;
    }
  }
}

function requireContext(context: MessageContext): void {
  requireSize('header', context.header, 0, HSM_LIMITS.header);
  requireSize('aad', context.aad, 0, HSM_LIMITS.aad);
}

function requireSize(what: string, value: Buffer, least: number, most: number): void {
  if (value.length < least || value.length > most) {
    throw new HsmError('invalid', `${what} is ${value.length} bytes long, not ${least} to ${most}`);
  }
}

function requireCount(what: string, bytes: number, most: number): void {
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > most) {
    throw new HsmError('invalid', `${what} is not 1 to ${most} bytes long`);
  }
}

/** One byte per character, so that no two labels have the same bytes. */
function requireLabel(label: string): void {
  let printable = label.length > 0 && label.length <= HSM_LIMITS.label;
  for (let at = 0; printable && at < label.length; at += 1) {
    const unit = label.charCodeAt(at);
    printable = unit > 0x20 && unit < 0x7f;
  }
  if (!printable) throw new HsmError('invalid', `label is not 1 to ${HSM_LIMITS.label} printable ASCII characters`);
}
