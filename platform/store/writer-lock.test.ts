import { describe, expect, it } from 'vitest';
import { pause, times } from './testing/fixture.ts';
import { WriterLock } from './writer-lock.ts';

describe('writer lock', () => {
  it('is held by one at a time, in the order of asking', async () => {
    const lock = new WriterLock('kms.db', 1000);
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      times(20, async (i) => {
        await lock.acquire();
        inside += 1;
        expect(inside).toBe(1);
        order.push(i);
        await pause(0);
        inside -= 1;
        lock.release();
      }),
    );
    expect(order).toEqual(times(20, (i) => i));
    expect(lock.tryAcquire()).toBe(true);
    expect(lock.tryAcquire()).toBe(false);
  });

  it('gives up after the bounded wait, so that waiting inside oneself does not hang for ever', async () => {
    const lock = new WriterLock('kms.db', 20);
    await lock.acquire();
    await expect(lock.acquire()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('kms.db'),
    });
    lock.release();
    await lock.acquire();
  });
});
