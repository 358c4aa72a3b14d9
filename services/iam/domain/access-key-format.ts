/** Forms of access keys: what an id and a secret look like, and the SigV4 chain that ends in a signing key. */
import { createHmac } from 'node:crypto';

/** 64 characters, so that six random bits choose one without bias. */
const SECRET_ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
export const SECRET_LENGTH = 40;

/** Turns 40 random bytes into the 40 ASCII bytes of a secret (240 bits), in place. */
export function secretFromRandom(random: Buffer): Buffer {
  if (random.length !== SECRET_LENGTH) throw new RangeError('a secret is made from 40 random bytes');
  for (let i = 0; i < random.length; i++) random[i] = SECRET_ALPHABET[(random[i] as number) & 63] as number;
  return random;
}

/** `AKIA`: long-term; `ASIA`: of a session. */
export function isSessionKeyId(accessKeyId: string): boolean {
  return accessKeyId.startsWith('ASIA');
}

export interface SigningScope {
  date: string;
  region: string;
  service: string;
}

/** The 32-byte SigV4 key; every step in between is zeroised, the secret is the caller's to clear. */
export function deriveSigningKey(secret: Buffer, scope: SigningScope): Buffer {
  const seed = Buffer.concat([Buffer.from('AWS4', 'latin1'), secret]);
  let key: Buffer = seed;
  for (const part of [scope.date, scope.region, scope.service, 'aws4_request']) {
    const next = createHmac('sha256', key).update(part, 'utf8').digest();
    key.fill(0);
    key = next;
  }
  return key;
}

/** Length-prefixed canonical form (u32 big-endian length, then the bytes): one reading only. */
export function lengthPrefixed(...fields: string[]): Buffer {
  const parts: Buffer[] = [];
  for (const field of fields) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/** What a sealed secret is bound to: it cannot be moved to another key, user or account. */
export function secretBinding(accountId: string, accessKeyId: string, principalId: string): Buffer {
  return lengthPrefixed('parapet/iam/access-key/v1', accountId, accessKeyId, principalId);
}

export function tenantBinding(accountId: string): Buffer {
  return lengthPrefixed('parapet/iam/tenant/v1', accountId);
}
