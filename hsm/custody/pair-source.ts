/**
 * Where new private keys come from: generated on demand, two at a time, and for RSA some ahead, because one takes from
 * a tenth of a second to many. Keys are made ahead only of specs that were asked for, so an installation without RSA
 * keys spends nothing. A key made ahead has no owner and has signed nothing; it is zeroised when the token is lost.
 * Whoever waits too long for a key is told to ask again, and the key is ready then.
 */
import { HsmError, type KeyPairSpec } from '../port.ts';
import { generatePrivateKey } from './key-pair.ts';

/** How many to have ready. */
export type KeysAhead = Partial<Record<KeyPairSpec, number>>;
export const DEFAULT_AHEAD: KeysAhead = { RSA_2048: 4, RSA_3072: 2, RSA_4096: 2 };

/** Leaves threads of the pool to signatures. */
const AT_ONCE = 2;
const MAX_WAITING = 64;
/** Less than what a service waits for another one. */
const PATIENCE_MS = 8000;

interface Wish {
  spec: KeyPairSpec;
  /** Nobody waits any more. */
  isOver: boolean;
  /** Stops the clock. */
  end: () => void;
  resolve: (key: Buffer) => void;
  reject: (error: unknown) => void;
}

export class PairSource {
  readonly #ahead: KeysAhead;
  readonly #patienceMs: number;
  readonly #ready = new Map<KeyPairSpec, Buffer[]>();
  readonly #asked = new Set<KeyPairSpec>();
  #waiting: Wish[] = [];
  #running = 0;
  #epoch = 0;

  constructor(ahead: KeysAhead = {}, patienceMs = PATIENCE_MS) {
    this.#ahead = ahead;
    this.#patienceMs = patienceMs;
  }

  /** A private key nobody else has, PKCS#8 DER, for the caller to zeroise. */
  take(spec: KeyPairSpec): Promise<Buffer> {
    this.#asked.add(spec);
    const ready = this.#ready.get(spec)?.pop();
    if (ready !== undefined) {
      this.#work();
      return Promise.resolve(ready);
    }
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new HsmError('overloaded', 'too many key pairs are being made'));
    }
    return new Promise((resolve, reject) => {
      const wish: Wish = { spec, isOver: false, end: () => {}, resolve, reject };
      const timer = setTimeout(() => {
        wish.isOver = true;
        this.#waiting = this.#waiting.filter((other) => other !== wish);
        reject(new HsmError('overloaded', `a key pair of ${spec} takes long to make`, { hint: 'ask again shortly' }));
      }, this.#patienceMs);
      wish.end = () => clearTimeout(timer);
      this.#waiting.push(wish);
      this.#work();
    });
  }

  get ready(): number {
    let count = 0;
    for (const keys of this.#ready.values()) count += keys.length;
    return count;
  }

  /** Zeroises what was made ahead. */
  clear(): void {
    this.#epoch += 1;
    for (const keys of this.#ready.values()) for (const key of keys) key.fill(0);
    this.#ready.clear();
    this.#asked.clear();
  }

  #work(): void {
    while (this.#running < AT_ONCE) {
      const wish = this.#waiting.shift();
      if (wish !== undefined) {
        this.#fulfil(wish);
        continue;
      }
      const spec = this.#running === 0 ? this.#lacking() : undefined;
      if (spec === undefined) return;
      const epoch = this.#epoch;
      this.#generate(spec).then(
        (key) => this.#keep(spec, key, epoch),
        // Whoever asks for one will hear of it.
        () => this.#asked.delete(spec),
      );
    }
  }

  #fulfil(wish: Wish): void {
    const epoch = this.#epoch;
    this.#generate(wish.spec)
      .finally(wish.end)
      .then((key) => (wish.isOver ? this.#keep(wish.spec, key, epoch) : wish.resolve(key)), wish.reject);
  }

  async #generate(spec: KeyPairSpec): Promise<Buffer> {
    this.#running += 1;
    try {
      return await generatePrivateKey(spec);
    } finally {
      this.#running -= 1;
      setImmediate(() => this.#work());
    }
  }

  #keep(spec: KeyPairSpec, key: Buffer, epoch: number): void {
    const ready = this.#ready.get(spec) ?? [];
    if (epoch !== this.#epoch || ready.length >= (this.#ahead[spec] ?? 0)) {
      key.fill(0);
      return;
    }
    this.#ready.set(spec, [...ready, key]);
  }

  #lacking(): KeyPairSpec | undefined {
    for (const spec of this.#asked) {
      if ((this.#ready.get(spec)?.length ?? 0) < (this.#ahead[spec] ?? 0)) return spec;
    }
    return undefined;
  }
}
