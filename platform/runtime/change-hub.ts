/**
 * Tells the caches of this process that authorization data of an account changed. In one process this makes a write
 * visible to the very next request; other processes learn of it through the change feed of the owning service.
 */
export type ChangeListener = (accountId: string) => void;

export class ChangeHub {
  private readonly listeners = new Set<ChangeListener>();

  /** `*` stands for every account. */
  publish(accountId: string): void {
    for (const listener of this.listeners) listener(accountId);
  }

  subscribe(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
