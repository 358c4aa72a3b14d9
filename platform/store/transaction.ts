import { randomInt } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Engine } from './engine.ts';
import { StoreError } from './error.ts';
import type { PlatformTables } from './tables/schema.ts';

/** A transaction of any service; the platform's tables are in all of them. */
// biome-ignore lint/suspicious/noExplicitAny: Kysely's table types are invariant
export type AnyTransaction = Transaction<any>;

export function platform(tx: AnyTransaction): Transaction<PlatformTables> {
  return tx as Transaction<PlatformTables>;
}

const ATTEMPTS = 4;

/**
 * Runs `work` in a transaction, again (at most three times, with jitter) when the engine says that nothing was done
 * and a new attempt may succeed: serialisation failure, deadlock, busy file.
 */
export async function runTransaction<T>(engine: Engine, work: (tx: AnyTransaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await engine.writer.transaction().execute(work);
    } catch (error) {
      if (!(error instanceof StoreError) || !error.retryable || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, randomInt(5, 20 * 2 ** attempt)));
    }
  }
}
