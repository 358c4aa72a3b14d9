/**
 * Action namespaces of applications, in memory: Authorize asks for one with every request. Forgotten when anything of
 * the account changes, like every cache of authorization data.
 */
import { LRUCache } from 'lru-cache';
import type { ChangeHub } from '../../../platform/runtime/change-hub.ts';
import type { Store } from '../../../platform/store/index.ts';
import { type Definition, parseDefinition } from '../domain/namespace.ts';
import { listNamespaces } from '../store/namespaces.ts';
import type { IamDb } from '../store/schema.ts';

/** Namespace name to what it declares. */
export type Namespaces = ReadonlyMap<string, Definition>;

const MAX_ACCOUNTS = 10_000;
const MAX_NAMESPACES = 10_000;

export class NamespaceCache {
  private readonly accounts = new LRUCache<string, Namespaces>({ max: MAX_ACCOUNTS });
  private readonly store: Store<IamDb>;
  private generation = 0;

  constructor(store: Store<IamDb>, hub: ChangeHub) {
    this.store = store;
    hub.subscribe((accountId) => {
      this.generation++;
      if (accountId === '*') this.accounts.clear();
      else this.accounts.delete(accountId);
    });
  }

  of(accountId: string): Namespaces | Promise<Namespaces> {
    return this.accounts.get(accountId) ?? this.load(accountId);
  }

  private async load(accountId: string): Promise<Namespaces> {
    const { generation } = this;
    const rows = await listNamespaces(this.store.read, accountId, { after: undefined, limit: MAX_NAMESPACES });
    const found = new Map(rows.map((row) => [row.name, parseDefinition(row.definition)]));
    if (generation === this.generation) this.accounts.set(accountId, found);
    return found;
  }
}
