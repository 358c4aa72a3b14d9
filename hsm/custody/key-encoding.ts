/**
 * The one byte form of wrapped keys and key references: on the agent's wire, and as the exact name under which an
 * unwrapped key is cached. Decoding consumes every byte or throws `invalid`.
 */
import type { KeyRef, WrappedKey } from '../port.ts';
import { HsmError } from '../port.ts';

/** `u32 rootVersion | u32 length, wrapped | u32 length, binding | u32 length, mac`. */
export function encodeWrappedKey(key: WrappedKey): Buffer {
  const out = Buffer.alloc(wrappedKeySize(key));
  writeWrappedKey(out, 0, key);
  return out;
}

/** `u32 length, tenant | u32 length, material`, each as `encodeWrappedKey` writes it. */
export function encodeKeyRef(key: KeyRef): Buffer {
  const tenantSize = wrappedKeySize(key.tenant);
  const materialSize = wrappedKeySize(key.material);
  const out = Buffer.alloc(8 + tenantSize + materialSize);
  out.writeUInt32BE(tenantSize, 0);
  const at = writeWrappedKey(out, 4, key.tenant);
  out.writeUInt32BE(materialSize, at);
  writeWrappedKey(out, at + 4, key.material);
  return out;
}

export function decodeWrappedKey(bytes: Buffer): WrappedKey {
  if (bytes.length < 4) throw malformed();
  const [wrapped, binding, mac] = splitFields(bytes, 4, 3);
  return { rootVersion: bytes.readUInt32BE(0), wrapped: wrapped!, binding: binding!, mac: mac! };
}

export function decodeKeyRef(bytes: Buffer): KeyRef {
  const [tenant, material] = splitFields(bytes, 0, 2);
  return { tenant: decodeWrappedKey(tenant!), material: decodeWrappedKey(material!) };
}

function wrappedKeySize(key: WrappedKey): number {
  return 16 + key.wrapped.length + key.binding.length + key.mac.length;
}

function writeWrappedKey(out: Buffer, start: number, key: WrappedKey): number {
  const version = key.rootVersion;
  if (!Number.isInteger(version) || version < 0 || version > 0xffff_ffff) {
    throw new HsmError('invalid', 'root version of the wrapped key is not a 32-bit number');
  }
  let at = out.writeUInt32BE(version, start);
  for (const field of [key.wrapped, key.binding, key.mac]) {
    at = out.writeUInt32BE(field.length, at);
    at += field.copy(out, at);
  }
  return at;
}

/** Exactly `count` length-prefixed fields from `start` to the end, as views. */
function splitFields(bytes: Buffer, start: number, count: number): Buffer[] {
  const fields: Buffer[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    if (bytes.length - at < 4) throw malformed();
    const size = bytes.readUInt32BE(at);
    at += 4;
    if (bytes.length - at < size) throw malformed();
    fields.push(bytes.subarray(at, at + size));
    at += size;
  }
  if (at !== bytes.length) throw malformed();
  return fields;
}

function malformed(): HsmError {
  return new HsmError('invalid', 'wrapped key is malformed');
}
