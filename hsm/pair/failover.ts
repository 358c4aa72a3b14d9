/**
 * Which of two tokens is asked, and who steps in. One is in service and stays so while it answers. When it answers
 * `unavailable`, or is silent while asked whether it lives, the other is in service from then on, and every request that
 * was in flight on the silent one is asked of the other too; the first answer counts. A token that failed is probed until
 * it serves again, and is then the one in reserve. Asking twice is safe: what is created is not stored by a token.
 */
import { HsmError, type HsmErrorCode } from '../port.ts';

export interface FailoverMember {
  /** Rejects unless the token serves. */
  ready(): Promise<unknown>;
}

export interface FailoverTiming {
  /** How often the one in service is asked whether it lives (while requests wait), and a failed one whether it is back. */
  probeMs: number;
  /** Silence after which the other is asked too. */
  silenceMs: number;
}

export const DEFAULT_TIMING: FailoverTiming = { probeMs: 250, silenceMs: 600 };

/** Another token may know better: it is asked when one gives such an answer. */
export type Doubt = (error: HsmError) => boolean;

const AWAY: ReadonlySet<HsmErrorCode> = new Set(['unavailable', 'overloaded']);
export const isAway: Doubt = ({ code }) => AWAY.has(code);

class Place<Member extends FailoverMember> {
  readonly member: Member;
  up = true;
  probing = false;
  readonly waiting = new Set<() => void>();

  constructor(member: Member) {
    this.member = member;
  }
}

export class Failover<Member extends FailoverMember> {
  readonly #places: readonly [Place<Member>, Place<Member>];
  readonly #timing: FailoverTiming;
  readonly #timer: NodeJS.Timeout;
  #inService = 0;
  /** How often another token came into service. */
  failovers = 0;

  constructor(members: readonly [Member, Member], timing: FailoverTiming) {
    this.#places = [new Place(members[0]), new Place(members[1])];
    this.#timing = timing;
    this.#timer = setInterval(() => this.#look(), timing.probeMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  get inService(): Member {
    return this.#places[this.#inService]!.member;
  }

  isUp(member: Member): boolean {
    return this.#places.some((place) => place.member === member && place.up);
  }

  /**
   * Asks the one in service, and the other when the answer is `isDoubtful` or does not come. When both fail, an answer
   * that was not given for want of a token is not made up: the error is then that of the one that is away.
   */
  run<T>(ask: (member: Member) => Promise<T>, isDoubtful: Doubt = isAway): Promise<T> {
    return new Promise((resolve, reject) => {
      const left = [this.#places[this.#inService]!, this.#places[1 - this.#inService]!];
      const errors: HsmError[] = [];
      let asked = 0;
      let settled = false;
      const next = () => {
        const place = settled ? undefined : left.shift();
        if (place === undefined) return;
        asked += 1;
        place.waiting.add(next);
        ask(place.member).then(
          (answer) => {
            place.waiting.delete(next);
            if (settled) return wipe(answer);
            settled = true;
            resolve(answer);
          },
          (error: unknown) => {
            place.waiting.delete(next);
            this.#failed(place, error);
            if (settled) return;
            if (!(error instanceof HsmError) || !isDoubtful(error)) {
              settled = true;
              reject(error);
              return;
            }
            errors.push(error);
            if (left.length > 0) next();
            else if (errors.length === asked) reject(errors.find(isAway) ?? errors.at(-1));
          },
        );
      };
      next();
    });
  }

  #failed(place: Place<Member>, error: unknown): void {
    if (error instanceof HsmError && error.code === 'unavailable') this.#suspect(place);
  }

  #suspect(place: Place<Member>): void {
    place.up = false;
    const other = this.#places[0] === place ? 1 : 0;
    if (this.#places[this.#inService] !== place || !this.#places[other].up) return;
    this.#inService = other;
    this.failovers += 1;
  }

  #look(): void {
    for (const place of this.#places) {
      if (place.probing || (place.up && place.waiting.size === 0)) continue;
      place.probing = true;
      void within(place.member.ready(), this.#timing.silenceMs).then((answered) => {
        place.probing = false;
        if (answered) this.#back(place);
        else {
          this.#suspect(place);
          for (const askOther of [...place.waiting]) askOther();
        }
      });
    }
  }

  #back(place: Place<Member>): void {
    if (place.up) return;
    place.up = true;
    // The one in service may have failed while there was nobody to step in.
    if (!this.#places[this.#inService]!.up) this.#inService = this.#places[0] === place ? 0 : 1;
  }
}

/** False when it rejects or does not come in time. */
export function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    promise.then(
      () => {
        clearTimeout(timer);
        resolve(true);
      },
      () => {
        clearTimeout(timer);
        resolve(false);
      },
    );
  });
}

/** An answer that came second may be a plaintext that nobody will wipe. */
function wipe(answer: unknown): void {
  if (Buffer.isBuffer(answer)) answer.fill(0);
  else if (Array.isArray(answer)) for (const one of answer) wipe(one);
  else if (typeof answer === 'object' && answer !== null && 'plaintext' in answer) wipe(answer.plaintext);
}
