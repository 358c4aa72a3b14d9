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

const endings = new WeakMap<AnyTransaction, ((committed: boolean) => void)[]>();

/** Told once when the transaction was committed or not; a commit whose outcome is unknown counts as none. */
export function onTransactionEnd(tx: AnyTransaction, told: (committed: boolean) => void): void {
  const list = endings.get(tx);
  if (list) list.push(told);
  else endings.set(tx, [told]);
}

function ended(tx: AnyTransaction | undefined, committed: boolean): void {
  if (tx) for (const told of endings.get(tx) ?? []) told(committed);
}

const ATTEMPTS = 4;

/**
 * Runs `work` in a transaction, again (at most three times, with jitter) when the engine says that nothing was done
 * and a new attempt may succeed: serialisation failure, deadlock, busy file.
 */
export async function runTransaction<T>(engine: Engine, work: (tx: AnyTransaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    let begun: AnyTransaction | undefined;
    try {
      const result = await engine.writer.transaction().execute((tx) => {
        begun = tx;
        return work(tx);
      });
      ended(begun, true);
      return result;
    } catch (error) {
      ended(begun, false);
      if (!(error instanceof StoreError) || !error.retryable || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, randomInt(5, 20 * 2 ** attempt)));
    }
  }
}
