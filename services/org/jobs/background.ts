/**
 * Work that a request begins and nobody waits for. One run at a time per name: asked for while it runs, it runs once
 * more after that, so a hundred requests at once cause a few runs and not a hundred.
 */
import type { Logger } from '../../../platform/observe/log.ts';

export class Background {
  private readonly log: Logger;
  private readonly running = new Map<string, { again: boolean }>();

  constructor(log: Logger) {
    this.log = log;
  }

  begin(name: string, work: () => Promise<void>): void {
    const current = this.running.get(name);
    if (current) {
      current.again = true;
      return;
    }
    const run = { again: false };
    this.running.set(name, run);
    work()
      .catch((error) => this.log.warn({ work: name, err: String(error) }, 'background work failed, its job repeats it'))
      .finally(() => {
        this.running.delete(name);
        if (run.again) this.begin(name, work);
      });
  }
}
