/** A user as `ACL GETUSER` shows it, and the hashes Redis keeps instead of passwords. */
import { hash } from 'node:crypto';
import { TargetFailure } from '../failure.ts';
import type { Session } from './session.ts';

export interface AclUser {
  readonly enabled: boolean;
  /** Lets in whatever the password is. */
  readonly nopass: boolean;
  /** SHA-256, hexadecimal. */
  readonly passwords: readonly string[];
}

/** Given as `#hash`, a password is in no command, so neither in MONITOR nor in the slow log. */
export function passwordHash(password: Buffer): string {
  return hash('sha256', password, 'hex');
}

export async function readUser(session: Session, username: string, where: string): Promise<AclUser | undefined> {
  const reply = await session.command('ACL', 'GETUSER', username);
  if (reply === null) return undefined;
  const fields = new Map<string, unknown>();
  if (Array.isArray(reply))
    for (let index = 0; index + 1 < reply.length; index += 2) fields.set(String(reply[index]), reply[index + 1]);
  const flags = fields.get('flags');
  const passwords = fields.get('passwords');
  if (!Array.isArray(flags) || !Array.isArray(passwords)) throw new TargetFailure('unsupported', where);
  return { enabled: flags.includes('on'), nopass: flags.includes('nopass'), passwords: passwords.map(String) };
}
