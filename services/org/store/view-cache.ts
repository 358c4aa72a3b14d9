/**
 * The view of the newest revision, read once for however many nodes ask: after a change all of them do, and a large
 * organization takes a third of a second to read. Never answers a view older than the revision at the time of asking.
 * Readers share it: nobody changes it.
 */
import type { Store } from '../../../platform/store/index.ts';
import type { OrgDb } from './schema.ts';
import { type OrganizationView, readView } from './view.ts';

export class ViewCache {
  private readonly store: Store<OrgDb>;
  private readonly partition: string;
  private view: OrganizationView | undefined;
  private reading: Promise<void> | undefined;

  constructor(store: Store<OrgDb>, partition: string) {
    this.store = store;
    this.partition = partition;
  }

  async latest(): Promise<OrganizationView> {
    const revision = await this.store.currentVersion();
    for (;;) {
      if (this.view && this.view.Revision >= revision) return this.view;
      // A reading that began before the revision may not have seen it: then it is read once more.
      this.reading ??= this.read();
      await this.reading;
    }
  }

  private async read(): Promise<void> {
    try {
      this.view = await this.store.snapshot((view) => readView(view, this.partition));
    } finally {
      this.reading = undefined;
    }
  }
}
