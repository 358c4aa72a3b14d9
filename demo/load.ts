/** Clients that ask again and again, as quickly as they are answered. */

export interface Load {
  /** Answered until now. */
  done(): number;
  stop(): Promise<{ done: number; failed: string[]; longestMs: number }>;
}

export function startLoad(clients: number, work: () => Promise<unknown>): Load {
  const seen = { done: 0, failed: [] as string[], longestMs: 0 };
  let over = false;
  const client = async () => {
    while (!over) {
      const from = performance.now();
      try {
        await work();
        seen.done++;
      } catch (error) {
        seen.failed.push(String(error));
      }
      seen.longestMs = Math.max(seen.longestMs, performance.now() - from);
    }
  };
  const running = Array.from({ length: clients }, client);
  return {
    done: () => seen.done,
    async stop() {
      over = true;
      await Promise.all(running);
      return seen;
    },
  };
}
