/**
 * What nodes know the organization by, read once for however many of them ask: after a change all of them do. Never
 * answers anything older than the revision at the time of asking. Readers share it: nobody changes it.
 */
import type { Store } from '../../../platform/store/index.ts';
import type { OrgDb } from './schema.ts';
import { type OrganizationView, readView } from './view.ts';
import { readChanges, type ViewChanges } from './view-changes.ts';

export class ViewCache {
  private readonly view: Latest<OrganizationView>;
  private readonly store: Store<OrgDb>;
  private readonly partition: string;
  /** Nodes that follow know the same revision. */
  private changes: { since: number; latest: Latest<ViewChanges> } | undefined;

  constructor(store: Store<OrgDb>, partition: string) {
    this.store = store;
    this.partition = partition;
    this.view = new Latest(store, () => store.snapshot((view) => readView(view, partition)));
  }

  /** The whole organization. A large one takes a third of a second to read. */
  latest(): Promise<OrganizationView> {
    return this.view.get();
  }

  /** What changed from a revision to the newest one. */
  since(since: number): Promise<ViewChanges> {
    if (this.changes?.since !== since) {
      const { store, partition } = this;
      this.changes = {
        since,
        latest: new Latest(store, () => store.snapshot((v) => readChanges(v, since, partition))),
      };
    }
    return this.changes.latest.get();
  }
}

class Latest<T extends { Revision: number }> {
  private readonly store: Store<OrgDb>;
  private readonly readNow: () => Promise<T>;
  private value: T | undefined;
  private reading: Promise<void> | undefined;

  constructor(store: Store<OrgDb>, read: () => Promise<T>) {
    this.store = store;
    this.readNow = read;
  }

  async get(): Promise<T> {
    const revision = await this.store.currentVersion();
    for (;;) {
      if (this.value && this.value.Revision >= revision) return this.value;
      // A reading that began before the revision may not have seen it: then it is read once more.
      this.reading ??= this.read();
      await this.reading;
    }
  }

  private async read(): Promise<void> {
    try {
      this.value = await this.readNow();
    } finally {
      this.reading = undefined;
    }
  }
}
