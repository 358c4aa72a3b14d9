/**
 * Public keys as node:crypto takes them. Making one costs more than verifying a signature with it, so those that were used
 * last are kept. Refuses points that are not on their curve.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const known = new LRUCache<string, KeyObject>({ max: 5_000 });

/** Throws for what is no public key. `spki`: SubjectPublicKeyInfo. */
export function keyObject(spki: Buffer): KeyObject {
  const name = spki.toString('latin1');
  let key = known.get(name);
  if (!key) {
    key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    known.set(name, key);
  }
  return key;
}
