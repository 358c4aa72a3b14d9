/**
 * Waiting until a number in the database has grown. Whoever waits is woken by one look for all, a few times a second, so
 * that many who wait cost no more than one.
 */
const LOOK_EVERY_MS = 200;

export class GrowingNumber {
  private readonly waiting = new Map<() => void, number>();
  private readonly read: () => Promise<number>;
  private readonly maxWaiting: number;
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  constructor(read: () => Promise<number>, maxWaiting: number) {
    this.read = read;
    this.maxWaiting = maxWaiting;
  }

  get isFull(): boolean {
    return this.waiting.size >= this.maxWaiting;
  }

  /** Until the number is greater than `seen`, or it is over. */
  async newer(seen: number, over: AbortSignal): Promise<void> {
    if (over.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        over.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.set(wake, seen);
      over.addEventListener('abort', wake, { once: true });
      this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
    });
  }

  /** A database that cannot be read wakes everybody: their own look tells them why. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const number = await this.read().catch(() => Number.POSITIVE_INFINITY);
    this.looking = false;
    for (const [wake, seen] of [...this.waiting]) if (number > seen) wake();
    if (this.waiting.size === 0) this.rest();
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  close(): void {
    this.rest();
    for (const wake of [...this.waiting.keys()]) wake();
  }
}
