/**
 * The form of a tenant key that is wrapped under several roots: `u8 form (1) | u8 count | check (16)`, then for each wrap
 * `root id (16) | u32 root version | wrapped (40) | mac (32)`, sorted by root id, each root once. It stands where the one
 * RFC 5649 blob stands in a key with a single root. `check` names the key, so that wraps of different keys are never
 * taken for wraps of one. Decoding answers undefined for anything that is not exactly this.
 */
import { createHmac } from 'node:crypto';

/** Where `rootVersion` is this, the MAC of the wrapped key is by the common key of the pair, not by a root. */
export const COMMON_VERSION = 0;

export interface RootWrap {
  rootId: Buffer;
  rootVersion: number;
  /** RFC 5649 under `root-wrap-vN` of that root. */
  wrapped: Buffer;
  /** By `root-mac-vN` of that root, over all of this and the key's check and binding. */
  mac: Buffer;
}

export interface RootWraps {
  check: Buffer;
  wraps: readonly RootWrap[];
}

const FORM = 1;
const ID_BYTES = 16;
const WRAPPED_BYTES = 40;
const MAC_BYTES = 32;
const HEAD = 2 + ID_BYTES;
const ENTRY = ID_BYTES + 4 + WRAPPED_BYTES + MAC_BYTES;
const MOST = 4;
const CHECK_LABEL = Buffer.from('parapet/hsm/key-check/v1', 'ascii');

/** Says which key it is without saying anything about the key. */
export function checkOf(key: Buffer): Buffer {
  return createHmac('sha256', key).update(CHECK_LABEL).digest().subarray(0, ID_BYTES);
}

export function encodeRootWraps({ check, wraps }: RootWraps): Buffer {
  const sorted = [...wraps].sort((a, b) => Buffer.compare(a.rootId, b.rootId));
  const head = Buffer.alloc(2);
  head[0] = FORM;
  head[1] = sorted.length;
  const entries = sorted.flatMap(({ rootId, rootVersion, wrapped, mac }) => {
    const version = Buffer.alloc(4);
    version.writeUInt32BE(rootVersion);
    return [rootId, version, wrapped, mac];
  });
  return Buffer.concat([head, check, ...entries]);
}

export function decodeRootWraps(bytes: Buffer): RootWraps | undefined {
  const count = bytes[1];
  if (bytes[0] !== FORM || count === undefined || count < 1 || count > MOST) return undefined;
  if (bytes.length !== HEAD + count * ENTRY) return undefined;
  const wraps: RootWrap[] = [];
  for (let at = HEAD; at < bytes.length; at += ENTRY) {
    const rootId = bytes.subarray(at, at + ID_BYTES);
    const before = wraps.at(-1);
    if (before !== undefined && Buffer.compare(before.rootId, rootId) >= 0) return undefined;
    const version = at + ID_BYTES;
    const wrapped = version + 4;
    wraps.push({
      rootId,
      rootVersion: bytes.readUInt32BE(version),
      wrapped: bytes.subarray(wrapped, wrapped + WRAPPED_BYTES),
      mac: bytes.subarray(wrapped + WRAPPED_BYTES, at + ENTRY),
    });
  }
  return { check: bytes.subarray(2, HEAD), wraps };
}
