import { describe, expect, it } from 'vitest';
import { KeyCache, zeroise } from './key-cache.ts';

const key = (fill: number) => Buffer.alloc(32, fill);
const isWiped = (buffer: Buffer) => buffer.every((byte) => byte === 0);

function makeCache(limits: Partial<{ ttlMs: number; entries: number; uses: number }> = {}) {
  const clock = { time: 0 };
  const cache = new KeyCache({ ttlMs: 1000, entries: 3, uses: 100, ...limits }, () => clock.time, zeroise);
  return { cache, clock };
}

describe('key cache', () => {
  it('finds a key by its exact reference only', () => {
    const { cache } = makeCache();
    cache.put('a', key(1));
    expect(cache.get('a')).toEqual(key(1));
    expect(cache.get('A')).toBeUndefined();
    expect([cache.hits, cache.misses]).toEqual([1, 1]);
  });

  it('forgets and zeroises a key when its time is up, however often it was used', () => {
    const { cache, clock } = makeCache();
    const held = key(1);
    cache.put('a', held);
    clock.time = 999;
    expect(cache.get('a')).toBe(held);
    clock.time = 1000;
    expect(cache.get('a')).toBeUndefined();
    expect(isWiped(held)).toBe(true);
    expect(cache.size).toBe(0);
  });

  it('zeroises idle keys on a sweep', () => {
    const { cache, clock } = makeCache();
    const [old, young] = [key(1), key(2)];
    cache.put('old', old);
    clock.time = 500;
    cache.put('young', young);
    clock.time = 1200;
    cache.sweep();
    expect([isWiped(old), isWiped(young), cache.size]).toEqual([true, false, 1]);
  });

  it('gives a key out no more often than allowed', () => {
    const { cache } = makeCache({ uses: 3 });
    const held = key(1);
    cache.put('a', held); // the use it was unwrapped for
    expect(cache.get('a')).toBe(held);
    expect(cache.get('a')).toBe(held);
    expect(cache.get('a')).toBeUndefined();
    expect(isWiped(held)).toBe(true);
  });

  it('holds no more keys than allowed and zeroises the oldest', () => {
    const { cache } = makeCache();
    const keys = [1, 2, 3, 4].map(key);
    for (const [index, held] of keys.entries()) cache.put(String(index), held);
    expect(cache.size).toBe(3);
    expect(keys.map(isWiped)).toEqual([true, false, false, false]);
  });

  it('zeroises a key that is replaced, and all keys when cleared', () => {
    const { cache } = makeCache();
    const [first, second, other] = [key(1), key(2), key(3)];
    cache.put('a', first);
    cache.put('a', second);
    cache.put('b', other);
    expect([isWiped(first), isWiped(second)]).toEqual([true, false]);
    cache.clear();
    expect([isWiped(second), isWiped(other), cache.size]).toEqual([true, true, 0]);
  });
});
