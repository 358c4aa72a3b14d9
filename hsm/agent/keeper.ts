/**
 * Keeps one token open: probes both root keys every few seconds, and after any loss finalizes, initializes and opens
 * again until it works, so service resumes without a restart. While the token is away no key of it can be used: the
 * cache of unwrapped keys is zeroised and every request is `unavailable`. A refused PIN is not tried again until its
 * file changes, because real tokens count the tries.
 */
import { Custody } from '../custody/custody.ts';
import { DEFAULT_AHEAD } from '../custody/pair-source.ts';
import type { PartnerStore } from '../custody/partner.ts';
import type { Pkcs11Roots } from '../pkcs11/pkcs11-roots.ts';
import { PinRefused, type TokenRecord } from '../pkcs11/token.ts';
import { HsmError, type HsmPublicKey, type HsmStatus } from '../port.ts';

export interface KeeperOptions {
  /** Prepares library and token and answers the roots, not yet open; repeated until it succeeds once. */
  prepare: () => Promise<Pkcs11Roots>;
  partner: PartnerStore;
  /** Changes when the PIN file does. */
  pinVersion: () => string;
  /** Milliseconds, monotonic. */
  now: () => number;
  log: (line: string) => void;
  probeMs?: number;
  reopenMs?: number;
}

export class TokenKeeper {
  readonly #options: Required<KeeperOptions>;
  #roots: Pkcs11Roots | undefined;
  #custody: Custody | undefined;
  #up = false;
  #failure = new HsmError('unavailable', 'token is being opened');
  #refusedPinVersion: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #identity: TokenRecord = { label: '', serial: '', fingerprints: {} };
  readonly counters = { opened: 0, lost: 0, probes: 0 };

  constructor(options: KeeperOptions) {
    this.#options = { probeMs: 2000, reopenMs: 1000, ...options };
  }

  /** Resolves after the first attempt, whatever came of it. */
  async start(): Promise<void> {
    await this.#tick();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#custody?.clear();
    this.#roots?.close();
    this.#up = false;
  }

  /** What requests work with; throws `unavailable` with the reason while the token is away. */
  ready(): { custody: Custody; publicKey: (label: string) => HsmPublicKey } {
    const roots = this.#roots;
    if (!this.#up || roots === undefined || this.#custody === undefined) {
      throw new HsmError('unavailable', this.#failure.message, { ...hintOf(this.#failure) });
    }
    // An operation that lost the token has closed it: noticed by the next one at the latest.
    if (roots.identity === undefined) {
      this.#lose(new HsmError('unavailable', 'token is lost'));
      throw new HsmError('unavailable', 'token is lost');
    }
    return { custody: this.#custody, publicKey: (label) => roots.publicKey(label) };
  }

  get isUp(): boolean {
    return this.#up && this.#roots?.identity !== undefined;
  }

  /** Why it is not up. */
  get failure(): { reason?: string; hint?: string } {
    return this.isUp ? {} : { reason: this.#failure.message, ...hintOf(this.#failure) };
  }

  /** Of the token as it is, or was when it was open last. */
  get identity(): TokenRecord {
    const { label, serial, fingerprints } = this.#roots?.identity ?? this.#identity;
    this.#identity = { label, serial, fingerprints };
    return this.#identity;
  }

  get roots(): Pick<HsmStatus, 'rootVersion' | 'rootVersions' | 'form'> {
    const rootVersion = this.#roots?.rootVersion ?? 1;
    if (!this.isUp || this.#roots === undefined) return { rootVersion };
    const { rootVersions } = this.#roots;
    try {
      const form = this.#custody?.form;
      return { rootVersion, rootVersions, ...(form !== undefined && { form }) };
    } catch {
      // The next request finds out what is wrong with the token, and says so.
      return { rootVersion };
    }
  }

  custodyCounters(): Record<string, number> {
    return { ...this.#custody?.counters(), sessionsReplaced: this.#roots?.sessionsReplaced ?? 0 };
  }

  async #tick(): Promise<void> {
    if (this.isUp) this.#probe();
    if (!this.isUp) await this.#open();
    this.#custody?.sweep();
    if (this.#closed) return;
    const delay = this.isUp ? this.#options.probeMs : this.#options.reopenMs;
    this.#timer = setTimeout(() => void this.#tick(), delay);
  }

  #probe(): void {
    this.counters.probes += 1;
    try {
      this.#roots?.probe();
    } catch (error) {
      this.#lose(asUnavailable(error));
    }
  }

  async #open(): Promise<void> {
    if (this.#up) this.#lose(new HsmError('unavailable', 'token is lost'));
    try {
      if (this.#refusedPinVersion !== undefined && this.#refusedPinVersion === this.#options.pinVersion()) return;
      this.#refusedPinVersion = undefined;
      this.#roots ??= await this.#options.prepare();
      if (this.#closed) return;
      this.#custody ??= new Custody({
        roots: this.#roots,
        partner: this.#options.partner,
        now: this.#options.now,
        ahead: DEFAULT_AHEAD,
      });
      this.#roots.open();
      const { label, serial } = this.identity;
      this.#up = true;
      this.counters.opened += 1;
      this.#options.log(`token ${label} (serial ${serial}) is open`);
    } catch (error) {
      const failure = asUnavailable(error);
      if (error instanceof PinRefused) this.#refusedPinVersion = this.#options.pinVersion();
      if (failure.message !== this.#failure.message) this.#options.log(failure.message);
      this.#failure = failure;
    }
  }

  #lose(failure: HsmError): void {
    this.#up = false;
    this.#failure = failure;
    this.counters.lost += 1;
    // SECURITY: without the token nobody may use the keys it guards.
    this.#custody?.clear();
    // Private keys are objects of OpenSSL, which wipes them when they are collected.
    globalThis.gc?.();
    this.#roots?.close();
    this.#options.log(failure.message);
  }
}

function asUnavailable(error: unknown): HsmError {
  if (error instanceof HsmError) return error;
  return new HsmError('unavailable', 'token cannot be opened', { cause: error });
}

function hintOf(error: HsmError): { hint?: string } {
  return error.hint === undefined ? {} : { hint: error.hint };
}
