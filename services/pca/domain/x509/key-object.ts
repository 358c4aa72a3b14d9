/**
 * Public keys as node:crypto takes them. Making one costs more than verifying a signature with it, so those that were used
 * last are kept. Refuses points that are not on their curve.
 */
import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const known = new LRUCache<string, KeyObject>({ max: 5_000 });

/** Throws for what is no public key. `spki`: SubjectPublicKeyInfo. */
export function keyObject(spki: Buffer): KeyObject {
  const name = spki.toString('latin1');
  let key = known.get(name);
  if (!key) {
    key = createPublicKey(asJwk(spki) ?? { key: spki, format: 'der', type: 'spki' });
    known.set(name, key);
  }
  return key;
}

/** What comes before the point in the SubjectPublicKeyInfo of a curve. */
const CURVES = [
  { crv: 'P-256', size: 32, prefix: '3059301306072a8648ce3d020106082a8648ce3d03010703420004' },
  { crv: 'P-384', size: 48, prefix: '3076301006072a8648ce3d020106052b8104002203620004' },
].map(({ prefix, ...curve }) => ({ ...curve, prefix: Buffer.from(prefix, 'hex') }));

/** OpenSSL takes half the time when it need not find out first what it is given. */
function asJwk(spki: Buffer): JsonWebKeyInput | undefined {
  const curve = CURVES.find(
    ({ prefix, size }) => spki.length === prefix.length + 2 * size && spki.subarray(0, prefix.length).equals(prefix),
  );
  if (!curve) return undefined;
  const { crv, size, prefix } = curve;
  const text = (from: number) => spki.toString('base64url', from, from + size);
  const key = { kty: 'EC', crv, x: text(prefix.length), y: text(prefix.length + size) };
  return { key, format: 'jwk' };
}
