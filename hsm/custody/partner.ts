/**
 * What an agent keeps beside its token. Of the other one of its pair: its own identity, the partner it was paired with (for good: another
 * one is refused), and the common MAC key, each secret wrapped by the agent's own root. The record lies beside the token
 * and is bound by the root's MAC; when the root is followed by a newer one, it is written anew. A single token has a
 * record with a common key and no partner from its first rotation on. Without a record nothing here is in force, and the agent is that of a single token.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { AUDIT_SIGN_KEY, HsmError, type HsmPublicKey, SESSION_SIGN_KEY } from '../port.ts';
import { keyIdOf, partnerMacInput } from './canonical.ts';
import { identityOf, openHandover, publicIdentity, type Route, sealHandover, sharedSecret } from './handover.ts';
import {
  type PartnerKeys,
  type PartnerRecord,
  parsePartnerRecord,
  partnerFields,
  writePartnerRecord,
} from './partner-record.ts';
import { checkOf } from './root-wraps.ts';
import type { RootOfTrust } from './roots.ts';

/** Where the record is kept; writes are durable when they return. */
export interface PartnerStore {
  /** Whether a first partner may be taken: the operator asked for a pair. A pair that exists needs no leave. */
  readonly mayPair: boolean;
  read(): Buffer | undefined;
  write(record: Buffer): void;
}

export interface PartnerState extends PartnerKeys {
  partnerId?: Buffer;
  /** Names the common key, when there is one. */
  commonKey?: Buffer;
}

const COMMON_KEY_SUBJECT = Buffer.from('parapet/hsm/common-key/v1', 'ascii');

interface Loaded {
  record: PartnerRecord;
  identity: KeyObject;
  commonKey: Buffer | undefined;
}

export class Partner {
  readonly #roots: RootOfTrust;
  readonly #store: PartnerStore | undefined;
  /** Null: there is no record. */
  #loaded: Loaded | null | undefined;
  #secret: Buffer | undefined;

  constructor(roots: RootOfTrust, store: PartnerStore | undefined) {
    this.#roots = roots;
    this.#store = store;
  }

  /** Makes the identity when there is none yet. */
  describe(): PartnerState {
    const { record, commonKey } = this.#load() ?? this.#beginPair();
    return {
      rootId: this.#roots.id,
      publicKey: record.publicKey,
      auditKey: this.#roots.publicKey(AUDIT_SIGN_KEY).spki,
      sessionKey: this.#roots.publicKey(SESSION_SIGN_KEY).spki,
      ...(record.partner && { partnerId: record.partner.rootId }),
      ...(commonKey && { commonKey: checkOf(commonKey) }),
    };
  }

  /** SECURITY: trusted on first use, then pinned: nobody between the agents can take the partner's place later. */
  pairWith(partner: PartnerKeys): void {
    const { rootId, publicKey } = partner;
    const { record, identity } = this.#load() ?? this.#beginPair();
    if (rootId.length !== 16 || rootId.equals(this.#roots.id)) {
      throw new HsmError('invalid', 'both tokens of the pair have the same root keys', {
        hint: 'the second token must have keys of its own; a copy of the first protects against nothing it does not',
      });
    }
    if (record.partner !== undefined) {
      if (record.partner.rootId.equals(rootId) && record.partner.publicKey.equals(publicKey)) return;
      throw new HsmError('unavailable', 'token is paired with another token', {
        hint: 'restore the folder of the token it was paired with, partner.json included',
      });
    }
    this.#requireLeave();
    sharedSecret(identity, publicKey).fill(0);
    this.#save({ ...record, partner });
  }

  /**
   * MACs must not depend on a root that is to be replaced: from here on they are by a common key, also without a partner.
   * Throws `unavailable` while the pairing is not complete, because the partner may have made the key already.
   */
  becomeIndependent(): void {
    const { record, commonKey } = this.#load() ?? this.#begin();
    if (commonKey !== undefined) return;
    if (record.partner !== undefined) throw new HsmError('unavailable', 'pairing of the token is not complete');
    this.makeCommonKey();
  }

  makeCommonKey(): void {
    const { record, commonKey } = this.#required();
    if (commonKey !== undefined) return;
    const { key, wrapped } = this.#roots.generateKey();
    key.fill(0);
    this.#save({ ...record, commonKey: wrapped });
  }

  handCommonKey(): Buffer {
    const { commonKey } = this.#required();
    if (commonKey === undefined) throw new HsmError('invalid', 'token has no common key to hand over');
    return this.seal(COMMON_KEY_SUBJECT, commonKey);
  }

  takeCommonKey(message: Buffer): void {
    const { record, commonKey } = this.#required();
    const key = this.open(COMMON_KEY_SUBJECT, message);
    try {
      if (commonKey === undefined) {
        this.#save({ ...record, commonKey: this.#roots.wrapKey(key) });
      } else if (!timingSafeEqual(commonKey, key)) {
        throw new HsmError('unavailable', 'both tokens have a common key, and not the same one');
      }
    } finally {
      key.fill(0);
    }
  }

  get partnerId(): Buffer | undefined {
    return this.#load()?.record.partner?.rootId;
  }

  /** The partner's key pair of that label. */
  publicKey(label: string): HsmPublicKey | undefined {
    const partner = this.#load()?.record.partner;
    if (partner === undefined) return undefined;
    if (label === AUDIT_SIGN_KEY) return toPublicKey('Ed25519', partner.auditKey);
    return label === SESSION_SIGN_KEY ? toPublicKey('ES256', partner.sessionKey) : undefined;
  }

  /** Names the common key. */
  get commonKeyId(): Buffer | undefined {
    const key = this.#load()?.commonKey;
    return key && checkOf(key);
  }

  get hasCommonKey(): boolean {
    return this.#load()?.commonKey !== undefined;
  }

  /** HMAC-SHA256 by the common key, undefined when there is none. */
  mac(input: Buffer): Buffer | undefined {
    const key = this.#load()?.commonKey;
    return key && createHmac('sha256', key).update(input).digest();
  }

  seal(subject: Buffer, key: Buffer): Buffer {
    const { partner, secret } = this.#line();
    return sealHandover({ secret, from: this.#roots.id, to: partner }, subject, key);
  }

  open(subject: Buffer, message: Buffer): Buffer {
    const { partner, secret } = this.#line();
    const route: Route = { secret, from: partner, to: this.#roots.id };
    return openHandover(route, subject, message);
  }

  /** Zeroises the common key and the shared secret; they are read again when needed. */
  clear(): void {
    this.#loaded?.commonKey?.fill(0);
    this.#secret?.fill(0);
    this.#secret = undefined;
    this.#loaded = undefined;
  }

  #line(): { partner: Buffer; secret: Buffer } {
    const { record, identity } = this.#required();
    if (record.partner === undefined) throw new HsmError('invalid', 'token has no partner');
    this.#secret ??= sharedSecret(identity, record.partner.publicKey);
    return { partner: record.partner.rootId, secret: this.#secret };
  }

  #required(): Loaded {
    const loaded = this.#load();
    if (loaded === undefined) throw new HsmError('invalid', 'token has no partner');
    return loaded;
  }

  #load(): Loaded | undefined {
    if (this.#loaded === undefined) {
      const bytes = this.#store?.read();
      this.#loaded = bytes === undefined ? null : this.#underNewest(this.#unlock(parsePartnerRecord(bytes)));
    }
    return this.#loaded ?? undefined;
  }

  #unlock({ record, mac }: { record: PartnerRecord; mac: Buffer }): Loaded {
    const expected = this.#macOf(record);
    if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
      throw new HsmError('unavailable', 'partner record is not what this token wrote', {
        hint: 'restore partner.json from a backup of the folder of this token',
      });
    }
    const { rootVersion } = record;
    const secret = this.#roots.unwrapKey(record.identity, rootVersion);
    try {
      const commonKey = record.commonKey && this.#roots.unwrapKey(record.commonKey, rootVersion);
      return { record, identity: identityOf(secret), commonKey };
    } finally {
      secret.fill(0);
    }
  }

  /** Wrapped and bound by the root in force; a rotation that was cut off before is continued here. */
  #underNewest(loaded: Loaded): Loaded {
    const { record, commonKey } = loaded;
    const { rootVersion } = this.#roots;
    if (record.rootVersion === rootVersion) return loaded;
    const secret = this.#roots.unwrapKey(record.identity, record.rootVersion);
    try {
      const identity = this.#roots.wrapKey(secret);
      const wrapped = commonKey && this.#roots.wrapKey(commonKey);
      return this.#save({ ...record, rootVersion, identity, ...(wrapped && { commonKey: wrapped }) });
    } finally {
      secret.fill(0);
      commonKey?.fill(0);
    }
  }

  /** SECURITY: what is handed to a partner leaves this agent, so whoever merely reaches its socket cannot become one. */
  #requireLeave(): void {
    if (!this.#store?.mayPair) throw new HsmError('invalid', 'agent was not started for a pair');
  }

  #beginPair(): Loaded {
    this.#requireLeave();
    return this.#begin();
  }

  #begin(): Loaded {
    const { key, wrapped } = this.#roots.generateKey();
    try {
      const { rootVersion } = this.#roots;
      return this.#save({ rootVersion, identity: wrapped, publicKey: publicIdentity(identityOf(key)) });
    } finally {
      key.fill(0);
    }
  }

  /** Read back through the root before it counts. */
  #save(record: PartnerRecord): Loaded {
    const mac = this.#macOf(record);
    const loaded = this.#unlock({ record, mac });
    this.#store?.write(writePartnerRecord(record, mac));
    this.clear();
    this.#loaded = loaded;
    return loaded;
  }

  #macOf(record: PartnerRecord): Buffer {
    const mac = this.#roots.mac(partnerMacInput(this.#roots.id, partnerFields(record)), record.rootVersion);
    if (mac === undefined) throw new HsmError('unavailable', 'root MAC key is missing from the token');
    return mac;
  }
}

function toPublicKey(algorithm: HsmPublicKey['algorithm'], spki: Buffer): HsmPublicKey {
  return { algorithm, spki, keyId: keyIdOf(spki) };
}
