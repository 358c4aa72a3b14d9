import { describe, expect, it } from 'vitest';
import type { Job, NewJob, Store } from '../index.ts';
import { type OpenStore, pause, type TestTables, times, withStore } from './fixture.ts';

type TestStore = Store<TestTables>;

const enqueue = (store: TestStore, job: Partial<NewJob> = {}) =>
  store.transaction((tx) => store.jobs.enqueue(tx, { type: 'rotate', key: 'k', ...job }));

const claim = (store: TestStore, owner: string, leaseMs = 60_000, limit = 10) =>
  store.jobs.claim({ types: ['rotate'], owner, leaseMs, limit });

async function claimOne(store: TestStore, owner: string, leaseMs = 60_000): Promise<Job> {
  const [job] = await claim(store, owner, leaseMs, 1);
  if (job === undefined) throw new Error('no job is due');
  return job;
}

/** What a worker does: check the fence, have an effect, end the job, all in one transaction. */
const work = (store: TestStore, job: Job, effect: string) =>
  store.transaction(async (tx) => {
    await store.jobs.assertFence(tx, job);
    await tx.insertInto('entry').values({ id: effect, counter_id: 'c' }).execute();
    await store.jobs.complete(tx, job);
  });

const effects = async (store: TestStore) =>
  (await store.read.selectFrom('entry').select('id').orderBy('id').execute()).map(({ id }) => id);

export function describeJobs(open: OpenStore): void {
  describe('jobs', () => {
    it('hands every job to exactly one of several workers', () =>
      withStore(open, async (store) => {
        for (const i of times(40, (n) => n)) await enqueue(store, { key: `k${i}` });
        const claimed = (await Promise.all(times(8, (i) => claim(store, `w${i}`)))).flat();
        for (let more = await claim(store, 'last'); more.length > 0; more = await claim(store, 'last'))
          claimed.push(...more);
        expect(claimed.map(({ key }) => key).toSorted()).toEqual(times(40, (i) => `k${i}`).toSorted());
        expect(new Set(claimed.map(({ fence, attempt }) => `${fence} ${attempt}`))).toEqual(new Set(['1 1']));
      }));

    it('has one active job per type and key, and takes a new one after it ended', () =>
      withStore(open, async (store) => {
        const results = await Promise.all(times(16, () => enqueue(store)));
        expect(results.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(results.map(({ id }) => id)).size).toBe(1);
        const job = await claimOne(store, 'a');
        expect(await enqueue(store)).toEqual({ id: job.id, created: false });
        await work(store, job, 'done');
        expect(await enqueue(store)).toMatchObject({ created: true });
        expect(await enqueue(store, { type: 'other' })).toMatchObject({ created: true });
      }));

    it('stops a worker that lost its lease: no effect, no renewal, no ending', () =>
      withStore(open, async (store) => {
        await enqueue(store);
        const slow = await claimOne(store, 'slow', 30);
        expect(await claim(store, 'early')).toEqual([]);
        await pause(60);
        const quick = await claimOne(store, 'quick');
        expect(quick).toMatchObject({ id: slow.id, fence: 2, attempt: 2 });
        await expect(work(store, slow, 'stale')).rejects.toMatchObject({ code: 'fenced' });
        expect(await store.jobs.renew(slow, 1000)).toBe(false);
        const failure = { error: 'x', retryInMs: 0, maxAttempts: 9 };
        await expect(store.jobs.fail(slow, failure)).rejects.toMatchObject({ code: 'fenced' });
        const progress = store.transaction((tx) => store.jobs.saveProgress(tx, slow, 1));
        await expect(progress).rejects.toMatchObject({ code: 'fenced' });
        await work(store, quick, 'fresh');
        expect(await effects(store)).toEqual(['fresh']);
        await expect(work(store, quick, 'again')).rejects.toMatchObject({ code: 'fenced' });
      }));

    it('has one effect when an expired worker and its successor finish at the same moment', () =>
      withStore(open, async (store) => {
        for (const round of times(10, (n) => n)) {
          await enqueue(store, { key: `k${round}` });
          const slow = await claimOne(store, 'slow', 1);
          await pause(5);
          const [, next] = await Promise.all([
            work(store, slow, `slow-${round}`).catch(() => undefined),
            claim(store, 'next'),
          ]);
          for (const job of next) await work(store, job, `next-${round}`);
        }
        expect(await effects(store)).toHaveLength(10);
      }));

    it('keeps the job while the lease is renewed', () =>
      withStore(open, async (store) => {
        await enqueue(store);
        const job = await claimOne(store, 'a', 400);
        expect(await store.jobs.renew(job, 60_000)).toBe(true);
        await pause(450);
        expect(await claim(store, 'b')).toEqual([]);
        await work(store, job, 'done');
      }));

    it('runs nothing before its time and nothing of other types', () =>
      withStore(open, async (store) => {
        await enqueue(store, { key: 'later', runAt: Date.now() + 150 });
        await enqueue(store, { type: 'other' });
        expect(await claim(store, 'a')).toEqual([]);
        expect(await store.jobs.claim({ types: [], owner: 'a', leaseMs: 1, limit: 1 })).toEqual([]);
        await pause(200);
        expect(await claimOne(store, 'a')).toMatchObject({ key: 'later' });
      }));

    it('tries again after a failure, later, and gives up after the last attempt', () =>
      withStore(open, async (store) => {
        await enqueue(store);
        const first = await claimOne(store, 'a');
        expect(await store.jobs.fail(first, { error: 'hsm away', retryInMs: 100, maxAttempts: 2 })).toBe('waiting');
        expect(await claim(store, 'a')).toEqual([]);
        await pause(150);
        const second = await claimOne(store, 'a');
        expect(second).toMatchObject({ attempt: 2, fence: 2 });
        expect(await store.jobs.fail(second, { error: 'hsm away', retryInMs: 0, maxAttempts: 2 })).toBe('dead');
        expect(await claim(store, 'a')).toEqual([]);
        expect(await enqueue(store)).toMatchObject({ created: true });
      }));

    it('carries payload and progress to whoever continues', () =>
      withStore(open, async (store) => {
        await enqueue(store, { payload: { secret: 'arn', steps: [1, 2] } });
        const first = await claimOne(store, 'a', 30);
        expect(first).toMatchObject({ payload: { secret: 'arn', steps: [1, 2] }, progress: null });
        await store.transaction((tx) => store.jobs.saveProgress(tx, first, { step: 2 }));
        await pause(60);
        expect(await claimOne(store, 'b')).toMatchObject({ progress: { step: 2 }, attempt: 2 });
      }));

    it('prunes ended jobs only', () =>
      withStore(open, async (store) => {
        await enqueue(store, { key: 'ended' });
        await work(store, await claimOne(store, 'a'), 'done');
        await enqueue(store, { key: 'waiting' });
        await store.transaction((tx) => store.jobs.prune(tx, Date.now() + 60_000));
        expect(await claim(store, 'a')).toMatchObject([{ key: 'waiting' }]);
      }));
  });
}
