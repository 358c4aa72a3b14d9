/**
 * The feed of changes of secrets: numbered without gaps by the store, in the transaction of each change, the same for
 * every node.
 */
import { GrowingNumber } from '../../../platform/runtime/growing-number.ts';
import type { AnyTransaction, Store } from '../../../platform/store/index.ts';
import type { ChangeReason } from '../api/watch.ts';
import type { CcmsTables } from './tables.ts';

export const MAX_WAITING = 1_000;

export class ChangeFeed extends GrowingNumber {
  private readonly store: Store<CcmsTables>;

  constructor(store: Store<CcmsTables>) {
    super(() => store.currentVersion(), MAX_WAITING);
    this.store = store;
  }

  /** Last statement of the transaction that changed a secret. */
  async announce(tx: AnyTransaction, secret: { arn: string; accountId: string }, reason: ChangeReason): Promise<void> {
    await this.store.bumpVersion(tx, { kind: reason, objectId: secret.arn, accountId: secret.accountId });
  }
}
