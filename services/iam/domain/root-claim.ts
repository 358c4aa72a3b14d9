/** The token by which a root user is claimed. Only its digest is kept. */
import { createHash, timingSafeEqual } from 'node:crypto';

const NO_CLAIM = Buffer.alloc(32);

export function claimDigest(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** SECURITY: a claim that does not exist (undefined) and one that does not fit cost the same. */
export function claimFits(digest: Buffer | undefined, token: string): boolean {
  const fits = timingSafeEqual(digest ?? NO_CLAIM, claimDigest(token));
  return fits && digest !== undefined;
}
