/** How operations change state: every write that can alter a decision moves the version last and tells the caches. */
import type { ServiceError } from '../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, type Change, change } from '../../../platform/runtime/call.ts';
import { isUniqueViolation } from '../../../platform/store/index.ts';
import type { IamDeps } from '../deps.ts';
import type { Tx } from '../store/db.ts';

/**
 * INVARIANT: the version moves in the transaction of the change and after everything else in it, so whoever has seen a
 * version has seen every change up to it.
 */
export function policyChange<T>(
  deps: IamDeps,
  call: Call<AnyOperation>,
  kind: string,
  objectId: string,
  work: (tx: Tx) => Promise<T>,
  after?: () => void,
): Change<T> {
  const { accountId } = call.caller;
  return change(
    async (tx) => {
      const output = await work(tx as Tx);
      await deps.store.bumpVersion(tx, { kind, objectId, accountId });
      return output;
    },
    () => {
      after?.();
      deps.hub.publish(accountId);
    },
  );
}

/** A write that no decision can depend on. */
export function plainChange<T>(work: (tx: Tx) => Promise<T>, after?: () => void): Change<T> {
  return change((tx) => work(tx as Tx), after);
}

/** Runs an insert or update and answers `taken` when a name is not free; the transaction is then abandoned. */
export async function unlessTaken(write: Promise<void>, taken: () => ServiceError): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (isUniqueViolation(error)) throw taken();
    throw error;
  }
}
