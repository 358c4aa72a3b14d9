import { LRUCache } from 'lru-cache';

/**
 * Derived signing keys in memory, so that a request costs one HMAC instead of five and the wrapped secret is opened
 * once a day per scope. Bounded; keys are copied in and zeroed when they leave. Never written anywhere.
 */
export interface SigningKeyCache {
  /** The key for `accessKeyId/date/region/service/aws4_request`, to be used before the next await. */
  get(credential: string): Buffer | undefined;
  /** Stores a copy of the key. */
  set(credential: string, key: Buffer): void;
  /** Forgets every key of an access key: call it when the key is disabled, deleted or re-wrapped. */
  invalidate(accessKeyId: string): void;
  clear(): void;
  readonly size: number;
}

/** @param maxEntries most derived keys kept (default 10,000: about 3 MB). */
export function createSigningKeyCache(maxEntries = 10_000): SigningKeyCache {
  const byAccessKey = new Map<string, Set<string>>();
  const cache = new LRUCache<string, Buffer>({
    max: maxEntries,
    dispose(key, credential, reason) {
      key.fill(0);
      if (reason === 'set') return;
      const accessKeyId = ownerOf(credential);
      const siblings = byAccessKey.get(accessKeyId);
      if (siblings === undefined) return;
      siblings.delete(credential);
      if (siblings.size === 0) byAccessKey.delete(accessKeyId);
    },
  });
  return {
    get: (credential) => cache.get(credential),
    set(credential, key) {
      // Not from the shared pool: a zeroed slice must not leave copies in a neighbour's slab.
      const copy = Buffer.alloc(key.length);
      key.copy(copy);
      cache.set(credential, copy);
      const accessKeyId = ownerOf(credential);
      const siblings = byAccessKey.get(accessKeyId);
      if (siblings === undefined) byAccessKey.set(accessKeyId, new Set([credential]));
      else siblings.add(credential);
    },
    invalidate(accessKeyId) {
      for (const credential of [...(byAccessKey.get(accessKeyId) ?? [])]) cache.delete(credential);
    },
    clear: () => cache.clear(),
    get size() {
      return cache.size;
    },
  };
}

function ownerOf(credential: string): string {
  return credential.slice(0, credential.indexOf('/'));
}
