/**
 * PROCESS custody (spec kms 4.4): tenant keys and key material are unwrapped here, used here and zeroised here; only
 * root operations and signatures of the platform go to the token. The same code serves the agent (roots in PKCS#11) and
 * the memory double, so both have one meaning. Keys are the keyring's; a buffer taken from it is used before anything
 * can evict it, so nothing here waits with one in hand.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type {
  HsmPublicKey,
  MacHash,
  MessageContext,
  OaepCiphertext,
  OaepHash,
  OpenRequest,
  RenewedMac,
  SealRandomRequest,
  SealRequest,
  WrappedKey,
} from '../port.ts';
import { HSM_LIMITS, HsmError, SEAL_OVERHEAD } from '../port.ts';
import { rowMacInput } from './canonical.ts';
import { DEFAULT_CACHE_LIMITS, type KeyCacheLimits } from './key-cache.ts';
import { KEY_BYTES, Keyring } from './keyring.ts';
import { requireContext, requireCount, requireLabel, requireRootVersion, requireSize } from './limits.ts';
import { openMessage, sealMessage } from './message.ts';
import { PairCustody } from './pair-custody.ts';
import { type KeysAhead, PairSource } from './pair-source.ts';
import { Partner, type PartnerStore } from './partner.ts';
import type { RootOfTrust } from './roots.ts';

const NO_HEADER = Buffer.alloc(0);
const MAC_BYTES: Readonly<Record<MacHash, number>> = { sha224: 28, sha256: 32, sha384: 48, sha512: 64 };

export function isMacHash(name: string): name is MacHash {
  return Object.hasOwn(MAC_BYTES, name);
}

function sameMac(mac: Buffer, expected: Buffer): boolean {
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}

export interface CustodyOptions {
  roots: RootOfTrust;
  /** Where the agent keeps what it knows of its partner; absent: it cannot be paired. */
  partner?: PartnerStore;
  /** Milliseconds, monotonic if possible. */
  now: () => number;
  cache?: KeyCacheLimits;
  /** Key pairs to make before they are asked for; default none. */
  ahead?: KeysAhead;
  /** How long somebody waits for a key pair. */
  patienceMs?: number;
}

export class Custody {
  readonly #roots: RootOfTrust;
  readonly #keys: Keyring;
  readonly #source: PairSource;
  readonly pairs: PairCustody;
  readonly partner: Partner;

  constructor(options: CustodyOptions) {
    this.#roots = options.roots;
    this.partner = new Partner(options.roots, options.partner);
    this.#keys = new Keyring(options.roots, this.partner, options.cache ?? DEFAULT_CACHE_LIMITS, options.now);
    this.#source = new PairSource(options.ahead, options.patienceMs);
    this.pairs = new PairCustody(this.#keys, this.#source);
  }

  createTenantKey(binding: Buffer): WrappedKey {
    return this.#keys.createTenantKey(binding);
  }

  createKeyMaterial(tenant: Buffer, binding: Buffer, bytes: number): WrappedKey {
    if (bytes !== KEY_BYTES) throw new HsmError('invalid', 'key material is not 32 bytes long');
    return this.#keys.createMaterial(tenant, binding);
  }

  seal(key: Buffer, request: SealRequest): Buffer {
    requireContext(request);
    requireSize('plaintext', request.plaintext, 0, HSM_LIMITS.plaintext);
    return sealMessage(this.#keys.material(key), request.header, request.aad, request.plaintext);
  }

  open(key: Buffer, request: OpenRequest): Buffer {
    requireContext(request);
    requireSize('sealed message', request.sealed, 0, HSM_LIMITS.plaintext + SEAL_OVERHEAD);
    return this.#keys.guard(() => openMessage(this.#keys.material(key), request.header, request.aad, request.sealed));
  }

  /** The key is verified for the first message at the latest: what fails after that is the message. */
  openMany(key: Buffer, requests: readonly OpenRequest[]): (Buffer | undefined)[] {
    this.#keys.material(key);
    return requests.map((request) => {
      try {
        return this.open(key, request);
      } catch (error) {
        if (error instanceof HsmError && error.code === 'integrity') return undefined;
        throw error;
      }
    });
  }

  sealRandom(key: Buffer, request: SealRandomRequest): { sealed: Buffer; plaintext?: Buffer } {
    requireContext(request);
    requireCount('random key', request.bytes, HSM_LIMITS.randomKey);
    const plaintext = this.#roots.random(request.bytes);
    let answered = false;
    try {
      const sealed = sealMessage(this.#keys.material(key), request.header, request.aad, plaintext);
      answered = request.withPlaintext;
      return answered ? { sealed, plaintext } : { sealed };
    } finally {
      if (!answered) plaintext.fill(0);
    }
  }

  reseal(
    source: Buffer,
    open: OpenRequest | OaepCiphertext,
    destination: Buffer,
    seal: MessageContext | { hash: OaepHash },
  ): Buffer {
    if ('header' in seal) requireContext(seal);
    const plaintext = 'ciphertext' in open ? this.pairs.decrypt(source, open) : this.open(source, open);
    try {
      if ('hash' in seal) return this.pairs.encrypt(destination, { hash: seal.hash, plaintext });
      return this.seal(destination, { ...seal, plaintext });
    } finally {
      plaintext.fill(0);
    }
  }

  createMacKey(tenant: Buffer, binding: Buffer, hash: MacHash): WrappedKey {
    return this.#keys.createMacKey(tenant, binding, MAC_BYTES[hash]);
  }

  /** A MAC key is as long as the hash it is for. */
  hmac(key: Buffer, hash: MacHash, message: Buffer): Buffer {
    requireSize('message', message, 0, HSM_LIMITS.message);
    const macKey = this.#keys.macKey(key);
    if (macKey.length !== MAC_BYTES[hash]) throw new HsmError('invalid', `MAC key is not for ${hash}`);
    return createHmac(hash, macKey).update(message).digest();
  }

  verifyHmac(key: Buffer, hash: MacHash, message: Buffer, mac: Buffer): boolean {
    const expected = this.hmac(key, hash, message);
    return mac.length === expected.length && timingSafeEqual(mac, expected);
  }

  sealSecret(tenant: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
    requireSize('aad', aad, 0, HSM_LIMITS.aad);
    requireSize('plaintext', plaintext, 0, HSM_LIMITS.plaintext);
    return sealMessage(this.#keys.secretKey(tenant), NO_HEADER, aad, plaintext);
  }

  openSecret(tenant: Buffer, aad: Buffer, sealed: Buffer): Buffer {
    requireSize('aad', aad, 0, HSM_LIMITS.aad);
    requireSize('sealed message', sealed, 0, HSM_LIMITS.plaintext + SEAL_OVERHEAD);
    return this.#keys.guard(() => openMessage(this.#keys.secretKey(tenant), NO_HEADER, aad, sealed));
  }

  mac(label: string, data: Buffer): Buffer {
    requireLabel(label);
    requireSize('data', data, 0, HSM_LIMITS.macData);
    return this.#keys.mac(rowMacInput(label, data));
  }

  verifyMac(label: string, data: Buffer, mac: Buffer): boolean {
    return this.renewMac(label, data, mac) !== 'refused';
  }

  /** MACs from before there was a common key are by the root: they verify, and have a successor by the common key. */
  renewMac(label: string, data: Buffer, mac: Buffer): RenewedMac {
    const current = this.mac(label, data);
    if (sameMac(mac, current)) return 'current';
    if (!this.partner.hasCommonKey) return 'refused';
    return this.#keys.isRootMac(rowMacInput(label, data), mac) ? current : 'refused';
  }

  /** Of a token that has a common key; undefined without one. */
  get form(): string | undefined {
    const key = this.partner.commonKeyId;
    return key && [key.toString('hex'), this.#roots.id.toString('hex'), `v${this.#roots.rootVersion}`].join('.');
  }

  addRootVersion(version: number): void {
    requireRootVersion(version);
    this.partner.becomeIndependent();
    this.#roots.addVersion(version);
    // Read again, and thereby wrapped by the root now in force.
    this.partner.clear();
    if (!this.partner.hasCommonKey) throw new HsmError('unavailable', 'token has lost its common key');
  }

  destroyRootVersion(version: number): void {
    requireRootVersion(version);
    // What the agent keeps itself is no longer wrapped by it.
    this.partner.clear();
    if (!this.partner.hasCommonKey) throw new HsmError('invalid', 'root keys of the token were never rotated');
    this.#roots.destroyVersion(version);
    this.clear();
  }

  renewTenantKey(tenant: Buffer): WrappedKey | undefined {
    return this.#keys.renewTenantKey(tenant);
  }

  renewKey(key: Buffer): WrappedKey | undefined {
    return this.#keys.renewKey(key);
  }

  handTenantKey(tenant: Buffer): Buffer {
    return this.#keys.handTenantKey(tenant);
  }

  addRootWrap(tenant: Buffer, message: Buffer): WrappedKey {
    return this.#keys.addRootWrap(tenant, message);
  }

  random(bytes: number): Buffer {
    requireCount('random', bytes, HSM_LIMITS.random);
    return this.#roots.random(bytes);
  }

  /** That of this token first, which signs here. */
  publicKeys(label: string): HsmPublicKey[] {
    const partners = this.partner.publicKey(label);
    return [this.#roots.publicKey(label), ...(partners === undefined ? [] : [partners])];
  }

  sign(label: string, data: Buffer, keyId?: string): Buffer {
    requireLabel(label);
    if (keyId !== undefined && this.#roots.publicKey(label).keyId !== keyId) {
      throw new HsmError('not-found', `token has no key pair ${JSON.stringify(label)} of that id`);
    }
    // Empty data is refused by PKCS#11 tokens (SoftHSM: CKR_ARGUMENTS_BAD), so by all.
    requireSize('data', data, 1, HSM_LIMITS.signData);
    return this.#roots.sign(label, data);
  }

  counters(): Record<string, number> {
    return { ...this.#keys.counters(), keyPairsAhead: this.#source.ready };
  }

  /** Zeroises expired keys; call it on a timer. */
  sweep(): void {
    this.#keys.sweep();
  }

  /** Zeroises every cached key: on an outage, because without the token nobody may use them, and at the end. */
  clear(): void {
    this.#keys.clear();
    this.#source.clear();
  }
}
