import { describe, expect, it } from 'vitest';
import { createSigningKeyCache } from './signing-key-cache.ts';

const scope = (id: string, service = 'kms') => `${id}/20261122/eu-x-private-1/${service}/aws4_request`;

describe('signing key cache', () => {
  it('gives back an equal key that is not the caller its buffer', () => {
    const cache = createSigningKeyCache();
    const key = Buffer.alloc(32, 7);
    cache.set(scope('AKIAA'), key);
    key.fill(0);
    expect(cache.get(scope('AKIAA'))).toEqual(Buffer.alloc(32, 7));
  });

  it('forgets every scope of an invalidated access key and no other', () => {
    const cache = createSigningKeyCache();
    cache.set(scope('AKIAA', 'kms'), Buffer.alloc(32, 1));
    cache.set(scope('AKIAA', 'iam'), Buffer.alloc(32, 2));
    cache.set(scope('AKIAB'), Buffer.alloc(32, 3));
    cache.invalidate('AKIAA');
    expect(cache.get(scope('AKIAA', 'kms'))).toBeUndefined();
    expect(cache.get(scope('AKIAA', 'iam'))).toBeUndefined();
    expect(cache.get(scope('AKIAB'))).toBeDefined();
  });

  it('zeroes keys that are evicted, replaced or invalidated', () => {
    const cache = createSigningKeyCache(2);
    cache.set(scope('AKIAA'), Buffer.alloc(32, 1));
    const evicted = cache.get(scope('AKIAA')) as Buffer;
    cache.set(scope('AKIAB'), Buffer.alloc(32, 2));
    const replaced = cache.get(scope('AKIAB')) as Buffer;
    cache.set(scope('AKIAB'), Buffer.alloc(32, 3));
    const invalidated = cache.get(scope('AKIAB')) as Buffer;
    cache.set(scope('AKIAC'), Buffer.alloc(32, 4));
    cache.invalidate('AKIAB');
    for (const key of [evicted, replaced, invalidated]) expect(key).toEqual(Buffer.alloc(32));
    expect(cache.size).toBe(1);
  });

  it('invalidates after replacements and evictions', () => {
    const cache = createSigningKeyCache(3);
    for (let i = 0; i < 50; i++) cache.set(scope(`AKIA${i % 5}`, `s${i % 7}`), Buffer.alloc(32, 1));
    for (let i = 0; i < 5; i++) cache.invalidate(`AKIA${i}`);
    expect(cache.size).toBe(0);
  });
});
