/**
 * The verifier that PostgreSQL keeps instead of a password (RFC 5803 form, RFC 7677 hash). Made here, so that the
 * password itself neither travels nor reaches a statement log.
 */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** What the server itself would use; more only slows every login down, as our passwords are random. */
const ITERATIONS = 4096;
export const SALT_BYTES = 16;

export function scramVerifier(password: Buffer, salt: Buffer, iterations = ITERATIONS): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  salted.fill(0);
  clientKey.fill(0);
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
