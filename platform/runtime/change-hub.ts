/** What is published when the organization changed: its tree, states of accounts, guardrails. No account has this id. */
export const ORGANIZATION = 'organization';

export type ChangeListener = (accountId: string) => void;

/**
 * Tells the caches of this process that authorization data of an account changed. In one process this makes a write
 * visible to the very next request; other processes learn of it through the change feed of the owning service.
 */
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

  /**
   * A wait for the next change of a topic. Make it before reading what may have changed, so that no commit falls
   * between the look and the wait, and always end it.
   */
  announcement(topic = '*'): Announcement {
    let wake: () => void = () => {};
    const heard = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const cancel = this.subscribe((changed) => {
      if (topic === '*' || changed === '*' || changed === topic) wake();
    });
    return {
      cancel,
      async within(milliseconds) {
        const timer = setTimeout(wake, milliseconds);
        await heard;
        clearTimeout(timer);
        cancel();
      },
    };
  }
}

export interface Announcement {
  cancel(): void;
  /** Resolves with the change, at the latest after the time. */
  within(milliseconds: number): Promise<void>;
}
