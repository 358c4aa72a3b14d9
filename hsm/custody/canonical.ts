/**
 * Length-prefixed canonical forms: what is authenticated has exactly one reading, so no two different lists of fields
 * give the same bytes (`{a: bc}` is never `{ab: c}`).
 */
import { createHash } from 'node:crypto';

const DOMAIN_WRAPPED_KEY = Buffer.from('parapet/hsm/wrapped-key/v1', 'ascii');
const DOMAIN_ROW_MAC = Buffer.from('parapet/hsm/row-mac/v1', 'ascii');
const DOMAIN_FINGERPRINT = Buffer.from('parapet/hsm/fingerprint/v1', 'ascii');
const DOMAIN_ROOT_WRAP = Buffer.from('parapet/hsm/root-wrap/v1', 'ascii');
const DOMAIN_ROOT_ID = Buffer.from('parapet/hsm/root-id/v1', 'ascii');
const DOMAIN_PARTNER = Buffer.from('parapet/hsm/partner/v1', 'ascii');
const EMPTY = Buffer.alloc(0);

/** For each field: u32 big-endian length, then the field. */
export function lengthPrefixed(fields: readonly Buffer[]): Buffer {
  let size = 0;
  for (const field of fields) size += 4 + field.length;
  const out = Buffer.alloc(size);
  let at = 0;
  for (const field of fields) {
    at = out.writeUInt32BE(field.length, at);
    at += field.copy(out, at);
  }
  return out;
}

/** The kind is authenticated: a key is good for what it was made for and for nothing else. */
export type WrappedKind = 'tenant-key' | 'key-material' | 'mac-key' | 'signing-key' | 'decryption-key';

/**
 * What the root MAC of a wrapped key covers. The tenant is named by its binding, not by its blob: re-wrapping a tenant
 * key under a new root leaves the MACs of its key material true.
 */
export function wrappedKeyMacInput(
  kind: WrappedKind,
  key: { wrapped: Buffer; binding: Buffer; rootVersion: number },
  tenantBinding: Buffer = EMPTY,
): Buffer {
  const version = number(key.rootVersion);
  return lengthPrefixed([DOMAIN_WRAPPED_KEY, Buffer.from(kind), version, tenantBinding, key.binding, key.wrapped]);
}

/** What the root MAC of one wrap of a tenant key covers: the root that made it, the key it is of, what that is bound to. */
export function rootWrapMacInput(
  wrap: { rootId: Buffer; rootVersion: number; wrapped: Buffer },
  check: Buffer,
  binding: Buffer,
): Buffer {
  return lengthPrefixed([DOMAIN_ROOT_WRAP, wrap.rootId, number(wrap.rootVersion), check, binding, wrap.wrapped]);
}

/** What the root MAC of a partner record covers. */
export function partnerMacInput(rootId: Buffer, fields: readonly Buffer[]): Buffer {
  return lengthPrefixed([DOMAIN_PARTNER, rootId, ...fields]);
}

/** The name of a root: what its keys answer to their first challenge. 16 bytes. */
export function rootIdOf(fingerprints: Readonly<Record<string, string>>): Buffer {
  const prints = ['root-wrap-v1', 'root-mac-v1'].map((label) => Buffer.from(fingerprints[label] ?? '', 'ascii'));
  return createHash('sha256')
    .update(lengthPrefixed([DOMAIN_ROOT_ID, ...prints]))
    .digest()
    .subarray(0, 16);
}

/** The name of a public key: the first 32 hex digits of SHA-256 over its SubjectPublicKeyInfo. */
export function keyIdOf(spki: Buffer): string {
  return createHash('sha256').update(spki).digest('hex').slice(0, 32);
}

function number(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32BE(value);
  return field;
}

/** What a row MAC covers. */
export function rowMacInput(label: string, data: Buffer): Buffer {
  return lengthPrefixed([DOMAIN_ROW_MAC, Buffer.from(label, 'utf8'), data]);
}

/** What the fingerprint of a root key covers; `witness` is that key's answer to a fixed challenge. */
export function fingerprintInput(label: string, witness: Buffer): Buffer {
  return lengthPrefixed([DOMAIN_FINGERPRINT, Buffer.from(label, 'utf8'), witness]);
}
