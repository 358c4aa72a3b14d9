import { describe, expect, it } from 'vitest';
import type { Store } from '../index.ts';
import { type OpenStore, pause, type TestTables, times, withStore } from './fixture.ts';

const key = { accountId: '1', principal: 'arn:x', operation: 'CreateKey', token: 'tok' };
const claim = (over: object = {}) => ({ ...key, requestHash: 'h1', expiresAt: Date.now() + 60_000, ...over });

export function describeIdempotency(open: OpenStore): void {
  describe('idempotency', () => {
    const create = (store: Store<TestTables>, i: number) =>
      store.transaction(async (tx) => {
        const result = await store.idempotency.claim(tx, claim());
        if (result.kind !== 'new') return result;
        await tx
          .insertInto('entry')
          .values({ id: `made-by-${i}`, counter_id: 'c' })
          .execute();
        await store.idempotency.complete(tx, key, { resourceRef: `made-by-${i}`, response: Buffer.from([1, 2]) });
        return result;
      });

    it('has one effect when 64 callers use the same token at once', () =>
      withStore(open, async (store) => {
        const results = await Promise.all(times(64, (i) => create(store, i)));
        const winner = results.findIndex(({ kind }) => kind === 'new');
        const replay = { kind: 'replay', resourceRef: `made-by-${winner}`, response: Buffer.from([1, 2]) };
        expect(results.filter((_, i) => i !== winner)).toEqual(times(63, () => replay));
        expect(await store.read.selectFrom('entry').select('id').execute()).toEqual([{ id: `made-by-${winner}` }]);
      }));

    it('keeps accounts, principals, operations and tokens apart', () =>
      withStore(open, async (store) => {
        await create(store, 0);
        for (const other of [{ accountId: '2' }, { principal: 'y' }, { operation: 'DeleteKey' }, { token: 'other' }]) {
          expect(await store.transaction((tx) => store.idempotency.claim(tx, claim(other)))).toEqual({ kind: 'new' });
        }
      }));

    it('answers mismatch when the token comes with another request', () =>
      withStore(open, async (store) => {
        await create(store, 0);
        const result = await store.transaction((tx) => store.idempotency.claim(tx, claim({ requestHash: 'h2' })));
        expect(result).toEqual({ kind: 'mismatch' });
      }));

    it('forgets a claim whose transaction was rolled back', () =>
      withStore(open, async (store) => {
        const failing = store.transaction(async (tx) => {
          await store.idempotency.claim(tx, claim());
          throw new Error('no');
        });
        await expect(failing).rejects.toThrow('no');
        expect(await create(store, 1)).toEqual({ kind: 'new' });
      }));

    it('answers in-progress between the transactions of a longer work, until complete or release', () =>
      withStore(open, async (store) => {
        const attempt = () => store.transaction((tx) => store.idempotency.claim(tx, claim()));
        expect(await attempt()).toEqual({ kind: 'new' });
        expect(await attempt()).toEqual({ kind: 'in-progress' });
        await store.transaction((tx) => store.idempotency.release(tx, key));
        expect(await attempt()).toEqual({ kind: 'new' });
        await store.transaction((tx) => store.idempotency.complete(tx, key, {}));
        expect(await attempt()).toEqual({ kind: 'replay', response: null, resourceRef: null });
        await store.transaction((tx) => store.idempotency.release(tx, key));
        expect(await attempt()).toMatchObject({ kind: 'replay' });
      }));

    it('refuses to complete what was not claimed', () =>
      withStore(open, async (store) => {
        const completing = store.transaction((tx) => store.idempotency.complete(tx, key, {}));
        await expect(completing).rejects.toMatchObject({ code: 'misuse' });
      }));

    it('treats an expired token as new, for whatever request, and for one caller only', () =>
      withStore(open, async (store) => {
        const short = claim({ expiresAt: Date.now() + 20 });
        await store.transaction((tx) => store.idempotency.claim(tx, short));
        await store.transaction((tx) => store.idempotency.complete(tx, key, { resourceRef: 'old' }));
        await pause(30);
        const results = await Promise.all(
          times(8, () => store.transaction((tx) => store.idempotency.claim(tx, claim({ requestHash: 'h2' })))),
        );
        expect(results.map(({ kind }) => kind).toSorted()).toEqual([...times(7, () => 'in-progress'), 'new']);
      }));

    it('sweeps expired tokens only, in portions', () =>
      withStore(open, async (store) => {
        await store.transaction(async (tx) => {
          for (const i of times(5, (n) => n)) {
            await store.idempotency.claim(tx, claim({ token: `t${i}`, expiresAt: Date.now() - 1 - i }));
          }
          await store.idempotency.claim(tx, claim());
        });
        const sweep = () => store.transaction((tx) => store.idempotency.sweep(tx, 3));
        expect([await sweep(), await sweep(), await sweep()]).toEqual([3, 2, 0]);
        expect(await store.transaction((tx) => store.idempotency.claim(tx, claim()))).toEqual({ kind: 'in-progress' });
      }));
  });
}
