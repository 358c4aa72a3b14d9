/**
 * Once after a declared restore: every session ends. Those that were ended after the backup was made would be back, and nobody
 * knows which they are.
 */
import type { AnyTransaction } from '../../platform/store/index.ts';
import type { IamDeps } from './deps.ts';
import type { Tx } from './store/db.ts';
import { endAllSessions } from './store/sessions.ts';

export async function afterRestore(tx: AnyTransaction, { store, clock, hub, ids }: IamDeps): Promise<() => void> {
  const accounts = await endAllSessions(tx as Tx, clock.now());
  const objectId = ids.uuidv7();
  for (const accountId of accounts) await store.bumpVersion(tx, { kind: 'session', objectId, accountId });
  return () => {
    for (const accountId of accounts) hub.publish(accountId);
  };
}
