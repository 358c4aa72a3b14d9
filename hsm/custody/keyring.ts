/**
 * The keys of PROCESS custody (spec kms 4.4): makes, wraps and binds them, and unwraps, verifies, caches and zeroises
 * them again. Keys are named by their encoded form (`key-encoding.ts`), decoded and verified only when not cached.
 * Refuses anything whose MAC does not verify for the kind of key that is asked for, before its blob is given to the
 * token; so no key ever serves what it was not made for.
 */
import { timingSafeEqual } from 'node:crypto';
import { HSM_LIMITS, HsmError, type KeyPairUse, type WrappedKey } from '../port.ts';
import { rootWrapMacInput, type WrappedKind, wrappedKeyMacInput } from './canonical.ts';
import { KeyCache, type KeyCacheLimits, zeroise } from './key-cache.ts';
import { decodeKeyRef, decodeWrappedKey } from './key-encoding.ts';
import { type KeyPair, readKeyPair, wipeKeyPair } from './key-pair.ts';
import { unwrapKey, wrapKey } from './key-wrap.ts';
import { requireSize } from './limits.ts';
import { deriveSecretKey } from './message.ts';
import type { Partner } from './partner.ts';
import {
  COMMON_VERSION,
  checkOf,
  decodeRootWraps,
  encodeRootWraps,
  type RootWrap,
  type RootWraps,
} from './root-wraps.ts';
import type { RootOfTrust } from './roots.ts';

/** Of tenant keys and key material. */
export const KEY_BYTES = 32;

const PAIR_KINDS: Readonly<Record<KeyPairUse, WrappedKind>> = { sign: 'signing-key', decrypt: 'decryption-key' };

const UNDER_TENANT: readonly WrappedKind[] = ['key-material', 'mac-key', 'signing-key', 'decryption-key'];

interface CachedPair {
  use: KeyPairUse;
  pair: KeyPair;
}

export class Keyring {
  readonly roots: RootOfTrust;
  readonly partner: Partner;
  readonly #tenants: KeyCache;
  readonly #secrets: KeyCache;
  readonly #materials: KeyCache;
  readonly #macKeys: KeyCache;
  readonly #pairs: KeyCache<CachedPair>;
  #unwraps = 0;
  #refused = 0;

  constructor(roots: RootOfTrust, partner: Partner, limits: KeyCacheLimits, now: () => number) {
    this.roots = roots;
    this.partner = partner;
    this.#tenants = new KeyCache(limits, now, zeroise);
    this.#secrets = new KeyCache(limits, now, zeroise);
    this.#materials = new KeyCache(limits, now, zeroise);
    this.#macKeys = new KeyCache(limits, now, zeroise);
    this.#pairs = new KeyCache<CachedPair>(limits, now, ({ pair }) => wipeKeyPair(pair));
  }

  createTenantKey(binding: Buffer): WrappedKey {
    requireSize('binding', binding, 1, HSM_LIMITS.binding);
    const { key, wrapped } = this.roots.generateKey();
    try {
      const { rootVersion } = this.roots;
      verifyReadBack(key, this.roots.unwrapKey(wrapped, rootVersion));
      return this.#bindTenant(key, wrapped, binding, []);
    } finally {
      key.fill(0);
    }
  }

  /** The key in the form in force (wraps by root, MAC by the common key); undefined when it has that form. */
  renewTenantKey(encoded: Buffer): WrappedKey | undefined {
    const key = this.#tenantKey(encoded);
    if (!this.partner.hasCommonKey) return undefined;
    const tenant = decodeWrappedKey(encoded);
    return this.guard(() => {
      const wraps = tenant.rootVersion === COMMON_VERSION ? rootWrapsOf(tenant).wraps : [];
      const own = wraps.find(({ rootId }) => rootId.equals(this.roots.id)) ?? tenant;
      const isNewest = own.rootVersion === this.roots.rootVersion;
      if (isNewest && own !== tenant) return undefined;
      const wrapped = isNewest ? own.wrapped : this.#wrapAnew(key);
      return this.#bindTenant(key, wrapped, tenant.binding, this.#othersOf(wraps));
    });
  }

  /** A tenant key for the partner, which alone can read it. */
  handTenantKey(encoded: Buffer): Buffer {
    return this.partner.seal(encoded, this.#tenantKey(encoded));
  }

  /** The key with a wrap by this root added, from what the partner handed over about it. */
  addRootWrap(encoded: Buffer, message: Buffer): WrappedKey {
    const tenant = decodeWrappedKey(encoded);
    return this.guard(() => {
      this.#verify('tenant-key', tenant);
      const known = rootWrapsOf(tenant);
      const key = this.partner.open(encoded, message);
      try {
        if (!timingSafeEqual(checkOf(key), known.check)) notMadeFor('tenant-key');
        return this.#bindTenant(key, this.#wrapAnew(key), tenant.binding, this.#othersOf(known.wraps));
      } finally {
        key.fill(0);
      }
    });
  }

  /** A key under a tenant key, bound by the common key; undefined when it is, or when there is none. */
  renewKey(encoded: Buffer): WrappedKey | undefined {
    const { tenant, material } = decodeKeyRef(encoded);
    return this.guard(() => {
      const kind = this.#kindOf(material, tenant.binding);
      if (material.rootVersion === COMMON_VERSION || !this.partner.hasCommonKey) return undefined;
      return this.#bind(kind, material.wrapped, material.binding, tenant.binding);
    });
  }

  createMaterial(tenant: Buffer, binding: Buffer): WrappedKey {
    return this.#createUnder(tenant, binding, 'key-material', () => this.roots.random(KEY_BYTES));
  }

  createMacKey(tenant: Buffer, binding: Buffer, bytes: number): WrappedKey {
    return this.#createUnder(tenant, binding, 'mac-key', () => this.roots.random(bytes));
  }

  /** Wraps a private key (PKCS#8) and zeroises it. */
  wrapPair(tenant: Buffer, binding: Buffer, use: KeyPairUse, pkcs8: Buffer): WrappedKey {
    return this.#createUnder(tenant, binding, PAIR_KINDS[use], () => pkcs8);
  }

  material(encoded: Buffer): Buffer {
    return this.#unwrapped(this.#materials, 'key-material', encoded, (key) =>
      key.length === KEY_BYTES ? key : undefined,
    );
  }

  macKey(encoded: Buffer): Buffer {
    return this.#unwrapped(this.#macKeys, 'mac-key', encoded, (key) => key);
  }

  pair(encoded: Buffer, use: KeyPairUse): KeyPair {
    const cached = this.#unwrapped(this.#pairs, PAIR_KINDS[use], encoded, (pkcs8) => {
      const pair = readKeyPair(pkcs8);
      pkcs8.fill(0);
      return pair && { use, pair };
    });
    // A cached key was verified for the use it was first asked for.
    if (cached.use !== use) return this.guard(() => notMadeFor(PAIR_KINDS[use]));
    return cached.pair;
  }

  /** The key for a tenant's small secrets. */
  secretKey(tenant: Buffer): Buffer {
    const reference = tenant.toString('latin1');
    const cached = this.#secrets.get(reference);
    if (cached !== undefined) return cached;
    const key = deriveSecretKey(this.#tenantKey(tenant));
    this.#secrets.put(reference, key);
    return key;
  }

  /** By the key in force: the common one of a pair, else that of the root. */
  mac(input: Buffer): Buffer {
    return this.partner.mac(input) ?? this.#rootMac(input);
  }

  /** Whether a root of this token, of any version, made that MAC before there was a common key. */
  isRootMac(input: Buffer, mac: Buffer): boolean {
    return this.roots.rootVersions.some((version) => {
      const expected = this.roots.mac(input, version);
      return expected !== undefined && mac.length === expected.length && timingSafeEqual(mac, expected);
    });
  }

  #rootMac(input: Buffer): Buffer {
    const mac = this.roots.mac(input, this.roots.rootVersion);
    if (mac === undefined) throw new HsmError('unavailable', 'root MAC key is missing from the token');
    return mac;
  }

  /** Counts what is refused as tampered with. */
  guard<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof HsmError && error.code === 'integrity') this.#refused += 1;
      throw error;
    }
  }

  counters(): Record<string, number> {
    const caches = this.#caches();
    return {
      cachedTenantKeys: this.#tenants.size,
      cachedMaterials: this.#materials.size + this.#macKeys.size,
      cachedKeyPairs: this.#pairs.size,
      cacheHits: caches.reduce((sum, cache) => sum + cache.hits, 0),
      cacheMisses: caches.reduce((sum, cache) => sum + cache.misses, 0),
      unwraps: this.#unwraps,
      integrityRefusals: this.#refused,
    };
  }

  sweep(): void {
    for (const cache of this.#caches()) cache.sweep();
  }

  clear(): void {
    for (const cache of this.#caches()) cache.clear();
    this.partner.clear();
  }

  #caches() {
    return [this.#tenants, this.#secrets, this.#materials, this.#macKeys, this.#pairs] as const;
  }

  #createUnder(tenant: Buffer, binding: Buffer, kind: WrappedKind, make: () => Buffer): WrappedKey {
    requireSize('binding', binding, 1, HSM_LIMITS.binding);
    const { binding: tenantBinding } = decodeWrappedKey(tenant);
    const tenantKey = this.#tenantKey(tenant);
    const key = make();
    try {
      const wrapped = wrapKey(tenantKey, key);
      verifyReadBack(key, unwrapKey(tenantKey, wrapped));
      return this.#bind(kind, wrapped, binding, tenantBinding);
    } finally {
      key.fill(0);
    }
  }

  #unwrapped<Key>(
    cache: KeyCache<Key>,
    kind: WrappedKind,
    encoded: Buffer,
    read: (key: Buffer) => Key | undefined,
  ): Key {
    const reference = encoded.toString('latin1');
    const cached = cache.get(reference);
    if (cached !== undefined) return cached;
    const { tenant, material } = decodeKeyRef(encoded);
    return this.guard(() => {
      this.#verify(kind, material, tenant.binding);
      const tenantKey = this.#tenantKey(encoded.subarray(4, 4 + encoded.readUInt32BE(0)));
      const bytes = unwrapKey(tenantKey, material.wrapped);
      const key = bytes && read(bytes);
      if (key === undefined) {
        bytes?.fill(0);
        throw new HsmError('integrity', `${kind} does not unwrap under its tenant key`);
      }
      this.#unwraps += 1;
      cache.put(reference, key);
      return key;
    });
  }

  #tenantKey(encoded: Buffer): Buffer {
    const reference = encoded.toString('latin1');
    const cached = this.#tenants.get(reference);
    if (cached !== undefined) return cached;
    const tenant = decodeWrappedKey(encoded);
    return this.guard(() => {
      this.#verify('tenant-key', tenant);
      const key =
        tenant.rootVersion === COMMON_VERSION
          ? this.#openOwnWrap(tenant)
          : this.roots.unwrapKey(tenant.wrapped, tenant.rootVersion);
      this.#unwraps += 1;
      this.#tenants.put(reference, key);
      return key;
    });
  }

  #bind(kind: WrappedKind, wrapped: Buffer, binding: Buffer, tenantBinding?: Buffer): WrappedKey {
    const rootVersion = this.partner.hasCommonKey ? COMMON_VERSION : this.roots.rootVersion;
    const key = { wrapped: Buffer.from(wrapped), binding: Buffer.from(binding), rootVersion };
    return { ...key, mac: this.mac(wrappedKeyMacInput(kind, key, tenantBinding)) };
  }

  #wrapAnew(key: Buffer): Buffer {
    const wrapped = this.roots.wrapKey(key);
    verifyReadBack(key, this.roots.unwrapKey(wrapped, this.roots.rootVersion));
    return wrapped;
  }

  /** Wraps of tokens that are no longer of the pair have no use. */
  #othersOf(wraps: readonly RootWrap[]): RootWrap[] {
    return wraps.filter(({ rootId }) => this.partner.partnerId?.equals(rootId));
  }

  /** `wrapped` is by this root; `others` are wraps of the same key by other roots. */
  #bindTenant(key: Buffer, wrapped: Buffer, binding: Buffer, others: readonly RootWrap[]): WrappedKey {
    if (!this.partner.hasCommonKey) return this.#bind('tenant-key', wrapped, binding);
    const check = checkOf(key);
    const wrap = { rootId: this.roots.id, rootVersion: this.roots.rootVersion, wrapped };
    const own = { ...wrap, mac: this.#rootMac(rootWrapMacInput(wrap, check, binding)) };
    return this.#bind('tenant-key', encodeRootWraps({ check, wraps: [own, ...others] }), binding);
  }

  /** Of a key whose MAC was verified; `not-found` when this root has not wrapped it. */
  #openOwnWrap(tenant: WrappedKey): Buffer {
    const { check, wraps } = rootWrapsOf(tenant);
    const own = wraps.find(({ rootId }) => rootId.equals(this.roots.id));
    if (own === undefined) throw new HsmError('not-found', 'tenant key is not wrapped by this token');
    const expected = this.roots.mac(rootWrapMacInput(own, check, tenant.binding), own.rootVersion);
    if (expected === undefined || !timingSafeEqual(own.mac, expected)) notMadeFor('tenant-key');
    const key = this.roots.unwrapKey(own.wrapped, own.rootVersion);
    if (timingSafeEqual(checkOf(key), check)) return key;
    key.fill(0);
    return notMadeFor('tenant-key');
  }

  #kindOf(key: WrappedKey, tenantBinding: Buffer): WrappedKind {
    const kind = UNDER_TENANT.find((candidate) => this.#isBound(candidate, key, tenantBinding));
    return kind ?? notMadeFor('key');
  }

  #verify(kind: WrappedKind, key: WrappedKey, tenantBinding?: Buffer): void {
    if (!this.#isBound(kind, key, tenantBinding)) notMadeFor(kind);
  }

  #isBound(kind: WrappedKind, key: WrappedKey, tenantBinding?: Buffer): boolean {
    const input = wrappedKeyMacInput(kind, key, tenantBinding);
    const { rootVersion } = key;
    const expected = rootVersion === COMMON_VERSION ? this.partner.mac(input) : this.roots.mac(input, rootVersion);
    if (expected === undefined) throw new HsmError('integrity', `${kind} names a root version the token does not have`);
    return key.mac.length === expected.length && timingSafeEqual(key.mac, expected);
  }
}

function rootWrapsOf(tenant: WrappedKey): RootWraps {
  return decodeRootWraps(tenant.wrapped) ?? notMadeFor('tenant-key');
}

function notMadeFor(kind: WrappedKind | 'key'): never {
  throw new HsmError('integrity', `${kind} does not match its binding`);
}

/** A wrap that cannot be read back now never will be: better no key than one that loses data. */
function verifyReadBack(key: Buffer, readBack: Buffer | undefined): void {
  const same = readBack !== undefined && readBack.length === key.length && timingSafeEqual(readBack, key);
  readBack?.fill(0);
  if (!same) throw new HsmError('unavailable', 'new key could not be read back from its wrapped form');
}
