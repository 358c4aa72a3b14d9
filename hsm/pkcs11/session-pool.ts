/**
 * A fixed number of sessions with one token, used in turn. An operation has its session to itself; a session that
 * failed is never used again, because it may carry a half-done operation (spec kms 4.1: an argument error leaves the
 * operation active).
 */
import type { Handle } from 'pkcs11js';
import { CKF_RW_SESSION, CKF_SERIAL_SESSION } from './constants.ts';
import type { Pkcs11Calls } from './module.ts';

export class SessionPool {
  readonly #calls: Pkcs11Calls;
  readonly #slot: Handle;
  /** Keeps the login alive while others are replaced: closing a token's last session logs the process out. */
  readonly #anchor: Handle;
  readonly #sessions: Handle[] = [];
  #next = 0;
  replaced = 0;

  constructor(calls: Pkcs11Calls, slot: Handle, size: number) {
    this.#calls = calls;
    this.#slot = slot;
    this.#anchor = this.#open();
    for (let count = 0; count < size; count += 1) this.#sessions.push(this.#open());
  }

  /** For login, and for nothing that could fail halfway. */
  get anchor(): Handle {
    return this.#anchor;
  }

  get size(): number {
    return this.#sessions.length;
  }

  /** Runs one operation on the next session; a failure replaces the session, then is thrown on. */
  use<T>(operation: (session: Handle) => T): T {
    const index = this.#next;
    this.#next = (index + 1) % this.#sessions.length;
    const session = this.#sessions[index]!;
    try {
      return operation(session);
    } catch (error) {
      this.#replace(index, session);
      throw error;
    }
  }

  #replace(index: number, failed: Handle): void {
    try {
      // Opened before the old one is closed, so that the count of sessions never falls to none.
      this.#sessions[index] = this.#open();
      this.replaced += 1;
      this.#calls.C_CloseSession(failed);
    } catch {
      // The token is worse off than the session; the operation's own error tells what to do.
    }
  }

  #open(): Handle {
    return this.#calls.C_OpenSession(this.#slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
  }
}
