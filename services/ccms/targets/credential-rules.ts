/** What every target asks of names, passwords and the way there, before anything is sent. */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { TargetFailure } from './failure.ts';
import type { Credential, Endpoint, TargetConnection } from './port.ts';

const MAX_PASSWORD = 512;

/** Text that the target would cut, or read otherwise than we do, names another user there. */
export function checkName(name: string, maxBytes: number, where: string): void {
  const bytes = Buffer.from(name, 'utf8');
  const wellFormed = bytes.toString('utf8') === name;
  if (name === '' || bytes.length > maxBytes || !wellFormed || /[\u0000-\u001f\u007f]/.test(name))
    throw new TargetFailure('name-unsuitable', where);
}

/** ASCII has one form under SASLprep (RFC 4013) and in every character set, so both sides derive the same key. */
export function checkPassword(password: Buffer, where: string): void {
  const fits = password.length > 0 && password.length <= MAX_PASSWORD;
  if (!fits || password.some((byte) => byte < 0x20 || byte > 0x7e))
    throw new TargetFailure('password-unsuitable', where);
}

/** SECURITY: a plain connection shows the password, or enough to guess it, to everybody on the way. */
export function checkTransport(connection: TargetConnection, endpoint: Endpoint): void {
  if (connection.tls.mode === 'plain' && !isLocal(addressOf(endpoint)))
    throw new TargetFailure('tls-required', connection.name);
}

/** Where to connect. */
export function addressOf({ host, address }: Endpoint): string {
  return address ?? host;
}

function isLocal(host: string): boolean {
  if (host.startsWith('/') || host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** A password that nobody has: a target that takes it takes anything. */
export function wrongPassword(username: string): Credential {
  return { username, password: Buffer.from(randomBytes(24).toString('base64url')) };
}
