/**
 * The root of trust in a PKCS#11 token: opens it, keeps sessions and key handles, cures what a new session, login or
 * look-up cures (spec kms 4.5), and gives up with `unavailable` on everything else, after which only `open` helps.
 * Every operation here may be repeated: keys it generates are session objects.
 */
import { createHash } from 'node:crypto';
import type { Handle } from 'pkcs11js';
import { fingerprintInput, rootIdOf } from '../custody/canonical.ts';
import type { RootOfTrust } from '../custody/roots.ts';
import { HsmError, type HsmPublicKey } from '../port.ts';
import * as ck from './constants.ts';
import { type KeyPlan, keyPlans, rootMacLabel, rootPlans, rootWrapLabel } from './key-templates.ts';
import type { Pkcs11Module } from './module.ts';
import { readPublicKey } from './public-key.ts';
import { describeReturnValue, remedyFor, returnValueOf } from './return-value.ts';
import { SessionPool } from './session-pool.ts';
import {
  checkAttributes,
  destroyKeys,
  findKey,
  findToken,
  login,
  provisionKeys,
  rootVersionsOf,
  type TokenName,
  type TokenRecord,
} from './token.ts';

const KEY_BYTES = 32;
const ATTEMPTS = 3;

/** Session key in the clear: PROCESS custody needs its bytes once (spec kms 4.4). */
const SESSION_KEY = [
  { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
  { type: ck.CKA_KEY_TYPE, value: ck.CKK_AES },
  { type: ck.CKA_TOKEN, value: false },
  { type: ck.CKA_SENSITIVE, value: false },
  { type: ck.CKA_EXTRACTABLE, value: true },
];
const NEW_SESSION_KEY = [...SESSION_KEY, { type: ck.CKA_VALUE_LEN, value: KEY_BYTES }];
/** Wrapped only to be fingerprinted, never used as a key. */
const CHALLENGE_KEY = [...SESSION_KEY, { type: ck.CKA_VALUE, value: Buffer.alloc(KEY_BYTES, 0x5a) }];

export interface OpenTokenOptions {
  token: TokenName;
  /** Read once per login, wiped after it. */
  readPin: () => Buffer;
  sessions: number;
  /** Keeps the record of the token, durably when it returns; absent: its root keys are not rotated. */
  writeRecord?: (record: TokenRecord) => void;
}

/** How the token is recognised. */
export type KnownRoots = Pick<TokenRecord, 'fingerprints' | 'rootId'>;

interface Opened {
  pool: SessionPool;
  label: string;
  serial: string;
  keys: Map<string, Handle>;
  publicKeys: Map<string, HsmPublicKey>;
  fingerprints: Record<string, string>;
}

export class Pkcs11Roots implements RootOfTrust {
  readonly #module: Pkcs11Module;
  readonly #options: OpenTokenOptions;
  /**
   * As recorded, or as seen when the token was opened first: another key under the same label is not the same token,
   * and what is not recorded is not in use.
   */
  #known: KnownRoots | undefined;
  #opened: Opened | undefined;
  #replacedBefore = 0;

  constructor(module: Pkcs11Module, options: OpenTokenOptions, known?: KnownRoots) {
    this.#module = module;
    this.#options = options;
    this.#known = known;
  }

  get rootVersions(): readonly number[] {
    const versions = this.#known === undefined ? [] : rootVersionsOf(this.#known.fingerprints);
    return versions.length > 0 ? versions : [1];
  }

  get rootVersion(): number {
    return this.rootVersions.at(-1)!;
  }

  get identity(): TokenRecord | undefined {
    return this.#opened;
  }

  get id(): Buffer {
    const { fingerprints } = this.#open();
    const rootId = this.#known?.rootId;
    return rootId === undefined ? rootIdOf(fingerprints) : Buffer.from(rootId, 'hex');
  }

  get sessionsReplaced(): number {
    return this.#replacedBefore + (this.#opened?.pool.replaced ?? 0);
  }

  /**
   * (Re)initialises the library, logs in, finds and checks the keys, answers the challenge of both roots. Throws
   * `unavailable` (a `PinRefused` when asking again makes no sense); then nothing is open.
   */
  open(): void {
    this.close();
    this.#module.initialize();
    try {
      const { calls } = this.#module;
      const token = findToken(calls, this.#options.token);
      const pool = new SessionPool(calls, token.slot, this.#options.sessions);
      const { label, serial } = token;
      this.#opened = { pool, label, serial, keys: new Map(), publicKeys: new Map(), fingerprints: {} };
      this.#login(this.#opened);
      this.#findKeys(this.#opened);
      for (const plan of keyPlans(this.rootVersions))
        pool.use((session) => checkAttributes(calls, session, this.#key(plan.label), plan));
      this.#opened.fingerprints = this.#run((session) => this.#challenge(session));
      this.#known ??= { fingerprints: this.#opened.fingerprints };
      this.#compare(this.#opened.fingerprints);
    } catch (error) {
      this.close();
      throw error instanceof HsmError ? error : unavailable('token cannot be opened', error);
    }
  }

  close(): void {
    this.#replacedBefore = this.sessionsReplaced;
    this.#opened = undefined;
    this.#module.finalize();
  }

  /** Health: both root keys answer their challenge as they did when the token was opened. Throws `unavailable`. */
  probe(): void {
    this.#compare(this.#run((session) => this.#challenge(session)));
  }

  /**
   * Crash safety: the version is in force from the moment the record names it. Keys that an interrupted attempt left
   * are taken over, as in a key ceremony.
   */
  addVersion(rootVersion: number): void {
    const { rootVersions } = this;
    if (rootVersions.includes(rootVersion)) return;
    if (rootVersion <= rootVersions.at(-1)!) {
      throw new HsmError('invalid', `root version ${rootVersion} is not newer than the one in force`);
    }
    const { calls } = this.#module;
    const write = this.#recordWriter();
    const rootId = this.id.toString('hex');
    const plans = rootPlans(rootVersion);
    const added = this.#run((session) => {
      provisionKeys(calls, session, plans);
      this.#findPlanned(this.#open(), session, plans);
      for (const plan of plans) checkAttributes(calls, session, this.#key(plan.label), plan);
      return this.#challengeOf(session, rootVersion);
    });
    write({ fingerprints: { ...this.#open().fingerprints, ...added }, rootId });
  }

  /** The record forgets the version first: what a crash leaves in the token is in use by nobody, and is destroyed when asked again. */
  destroyVersion(rootVersion: number): void {
    if (rootVersion >= this.rootVersion) throw new HsmError('invalid', `root version ${rootVersion} is in force`);
    const plans = rootPlans(rootVersion);
    if (this.rootVersions.includes(rootVersion)) {
      const rootId = this.id.toString('hex');
      const fingerprints = { ...this.#open().fingerprints };
      for (const { label } of plans) delete fingerprints[label];
      this.#recordWriter()({ fingerprints, rootId });
    }
    const { keys } = this.#open();
    for (const { label } of plans) keys.delete(label);
    this.#run((session) => destroyKeys(this.#module.calls, session, plans));
  }

  generateKey(): { key: Buffer; wrapped: Buffer } {
    return this.#run((session) => {
      const { calls } = this.#module;
      const handle = calls.C_GenerateKey(session, { mechanism: ck.CKM_AES_KEY_GEN }, NEW_SESSION_KEY);
      try {
        const wrapped = this.#wrap(session, this.#key(rootWrapLabel(this.rootVersion)), handle);
        return { key: this.#valueOf(session, handle), wrapped };
      } finally {
        calls.C_DestroyObject(session, handle);
      }
    });
  }

  wrapKey(key: Buffer): Buffer {
    return this.#run((session) => {
      const { calls } = this.#module;
      const handle = calls.C_CreateObject(session, [...SESSION_KEY, { type: ck.CKA_VALUE, value: key }]);
      try {
        return this.#wrap(session, this.#key(rootWrapLabel(this.rootVersion)), handle);
      } finally {
        calls.C_DestroyObject(session, handle);
      }
    });
  }

  unwrapKey(wrapped: Buffer, rootVersion: number): Buffer {
    if (!this.rootVersions.includes(rootVersion)) {
      throw new HsmError('integrity', 'token has no root key of that version');
    }
    return this.#run((session) => {
      const { calls } = this.#module;
      const root = this.#key(rootWrapLabel(rootVersion));
      const handle = calls.C_UnwrapKey(session, { mechanism: ck.CKM_AES_KEY_WRAP_PAD }, root, wrapped, SESSION_KEY);
      try {
        return this.#valueOf(session, handle);
      } finally {
        calls.C_DestroyObject(session, handle);
      }
    });
  }

  mac(data: Buffer, rootVersion: number): Buffer | undefined {
    if (!this.rootVersions.includes(rootVersion)) return undefined;
    return this.#run((session) => this.#mac(session, this.#key(rootMacLabel(rootVersion)), data));
  }

  random(bytes: number): Buffer {
    return this.#run((session) => this.#module.calls.C_GenerateRandom(session, Buffer.alloc(bytes)));
  }

  publicKey(label: string): HsmPublicKey {
    const { publicKeys } = this.#open();
    const found = publicKeys.get(label);
    if (found === undefined) throw new HsmError('not-found', `token has no key pair ${JSON.stringify(label)}`);
    return found;
  }

  sign(label: string, data: Buffer): Buffer {
    const { algorithm } = this.publicKey(label);
    const ed25519 = algorithm === 'Ed25519';
    // CKM_ECDSA takes the digest; CKM_EDDSA (pure Ed25519) takes the message.
    const input = ed25519 ? data : createHash('sha256').update(data).digest();
    return this.#run((session) => {
      const { calls } = this.#module;
      calls.C_SignInit(session, { mechanism: ed25519 ? ck.CKM_EDDSA : ck.CKM_ECDSA }, this.#key(label));
      return calls.C_Sign(session, input, Buffer.alloc(64));
    });
  }

  #run<T>(operation: (session: Handle) => T): T {
    for (let attempt = 1; ; attempt += 1) {
      const opened = this.#open();
      try {
        return opened.pool.use(operation);
      } catch (error) {
        if (error instanceof HsmError) throw error;
        this.#cure(opened, error, attempt);
      }
    }
  }

  /** Returns when the operation may be tried again, throws otherwise. */
  #cure(opened: Opened, error: unknown, attempt: number): void {
    const returnValue = returnValueOf(error);
    const remedy = remedyFor(returnValue);
    const refused = () => new HsmError('integrity', `token refuses the request: ${describeReturnValue(returnValue)}`);
    if (remedy === 'request') throw refused();
    // SoftHSM 2.6.1 says CKR_GENERAL_ERROR both for a bad blob and for a broken token: the challenge tells them apart.
    if (remedy === 'doubtful' && attempt > 1) throw this.#isHealthy() ? refused() : this.#lost(error);
    if (remedy === 'lost' || attempt >= ATTEMPTS) throw this.#lost(error);
    if (remedy === 'session' || remedy === 'doubtful') return;
    try {
      // A lost login shows as dead handles first: private objects vanish with it. Being logged in already is no error.
      this.#login(opened);
      this.#findKeys(opened);
    } catch {
      throw this.#lost(error);
    }
  }

  #isHealthy(): boolean {
    try {
      const fingerprints = this.#open().pool.use((session) => this.#challenge(session));
      return Object.entries(this.#known?.fingerprints ?? {}).every(([label, value]) => fingerprints[label] === value);
    } catch {
      return false;
    }
  }

  #lost(error: unknown): HsmError {
    this.close();
    return unavailable('token is lost', error);
  }

  #open(): Opened {
    if (this.#opened === undefined) throw new HsmError('unavailable', 'token is not open');
    return this.#opened;
  }

  #key(label: string): Handle {
    const handle = this.#open().keys.get(label);
    if (handle === undefined) throw new HsmError('not-found', `token has no key ${JSON.stringify(label)}`);
    return handle;
  }

  #login(opened: Opened): void {
    const pin = this.#options.readPin();
    try {
      login(this.#module.calls, opened.pool.anchor, ck.CKU_USER, pin);
    } finally {
      pin.fill(0);
    }
  }

  #findKeys(opened: Opened): void {
    opened.pool.use((session) => this.#findPlanned(opened, session, keyPlans(this.rootVersions)));
  }

  #findPlanned(opened: Opened, session: Handle, plans: readonly KeyPlan[]): void {
    const { calls } = this.#module;
    for (const plan of plans) {
      const handle = findKey(calls, session, plan.objectClass, plan.label);
      if (handle === undefined) throw new HsmError('unavailable', `token holds no key ${plan.label}`);
      opened.keys.set(plan.label, handle);
      if (plan.kind !== 'pair') continue;
      const publicHandle = findKey(calls, session, ck.CKO_PUBLIC_KEY, plan.label);
      if (publicHandle === undefined) throw new HsmError('unavailable', `token holds no public key ${plan.label}`);
      const [point] = calls.C_GetAttributeValue(session, publicHandle, [{ type: ck.CKA_EC_POINT }]);
      opened.publicKeys.set(plan.label, readPublicKey(plan, point?.value as Buffer));
    }
  }

  #recordWriter(): (known: KnownRoots) => void {
    const { writeRecord } = this.#options;
    if (writeRecord === undefined) throw new HsmError('invalid', 'nobody keeps the record of this token');
    return (known) => {
      const { label, serial } = this.#open();
      writeRecord({ label, serial, ...known });
      this.#known = known;
      this.#open().fingerprints = known.fingerprints;
    };
  }

  #challenge(session: Handle): Record<string, string> {
    return Object.assign({}, ...this.rootVersions.map((version) => this.#challengeOf(session, version)));
  }

  #challengeOf(session: Handle, version: number): Record<string, string> {
    const wrapLabel = rootWrapLabel(version);
    const macLabel = rootMacLabel(version);
    const { calls } = this.#module;
    const handle = calls.C_CreateObject(session, CHALLENGE_KEY);
    let witness: Buffer;
    try {
      witness = this.#wrap(session, this.#key(wrapLabel), handle);
    } finally {
      calls.C_DestroyObject(session, handle);
    }
    const print = (label: string, answer: Buffer) =>
      this.#mac(session, this.#key(macLabel), fingerprintInput(label, answer)).toString('hex', 0, 16);
    return { [macLabel]: print(macLabel, Buffer.alloc(0)), [wrapLabel]: print(wrapLabel, witness) };
  }

  #compare(fingerprints: Record<string, string>): void {
    for (const [label, value] of Object.entries(this.#known?.fingerprints ?? {})) {
      if (fingerprints[label] === value) continue;
      this.close();
      throw new HsmError('unavailable', `key ${label} in the token is not the key recorded for it`);
    }
  }

  #wrap(session: Handle, root: Handle, key: Handle): Buffer {
    const mechanism = { mechanism: ck.CKM_AES_KEY_WRAP_PAD };
    return this.#module.calls.C_WrapKey(session, mechanism, root, key, Buffer.alloc(KEY_BYTES + 8));
  }

  #mac(session: Handle, root: Handle, data: Buffer): Buffer {
    const { calls } = this.#module;
    calls.C_SignInit(session, { mechanism: ck.CKM_SHA256_HMAC }, root);
    return calls.C_Sign(session, data, Buffer.alloc(32));
  }

  #valueOf(session: Handle, handle: Handle): Buffer {
    const [value] = this.#module.calls.C_GetAttributeValue(session, handle, [{ type: ck.CKA_VALUE }]);
    const key = value?.value as Buffer | undefined;
    if (key?.length !== KEY_BYTES) throw new HsmError('integrity', 'unwrapped key is not 32 bytes long');
    return key;
  }
}

/** Opens a token once, with all checks, to say what it is; throws `unavailable`. */
export function describeToken(module: Pkcs11Module, token: TokenName, readPin: () => Buffer): TokenRecord {
  const roots = new Pkcs11Roots(module, { token, readPin, sessions: 1 });
  try {
    roots.open();
    const { label, serial, fingerprints } = roots.identity!;
    return { label, serial, fingerprints };
  } finally {
    roots.close();
  }
}

function unavailable(what: string, cause: unknown): HsmError {
  return new HsmError('unavailable', `${what}: ${describeReturnValue(returnValueOf(cause))}`, { cause });
}
