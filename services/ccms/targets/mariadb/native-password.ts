/** What MariaDB keeps for mysql_native_password. Made here, so that the password itself is in no statement. */
import { createHash, randomBytes } from 'node:crypto';

export function nativePasswordHash(password: Buffer): string {
  const once = createHash('sha1').update(password).digest();
  const twice = createHash('sha1').update(once).digest('hex').toUpperCase();
  // SECURITY: the single hash is enough to log in.
  once.fill(0);
  return `*${twice}`;
}

/** The hash of nothing that anybody knows. */
export function scrambledHash(): string {
  return `*${randomBytes(20).toString('hex').toUpperCase()}`;
}
