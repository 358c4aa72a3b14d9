/** A process that dies: what it committed stands, nothing else happens. */
import type { OrgWorld } from './harness.ts';

/**
 * From the `count`-th commit on the process is dead. `before`: it dies within the transaction, which is then undone;
 * else after the commit. The returned function brings the store back and answers how many commits there were.
 */
export function dieAfter({ store }: OrgWorld, count: number, moment: 'before' | 'after' = 'after'): () => number {
  const real = store.transaction;
  let commits = 0;
  let dead = count === 0;
  store.transaction = async (work) => {
    if (dead) throw new Error('the process is dead');
    if (moment === 'before' && commits + 1 >= count) {
      dead = true;
      await real(async (tx) => {
        await work(tx);
        throw new Error('the process died before the commit');
      });
    }
    const result = await real(work);
    commits++;
    dead = commits >= count;
    if (dead) throw new Error('the process died after the commit');
    return result;
  };
  return () => {
    store.transaction = real;
    return commits;
  };
}
