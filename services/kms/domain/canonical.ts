/**
 * The canonical byte form of an encryption context: one map, one reading. Every text carries its length, so `{a: bc}` is
 * never `{ab: c}`.
 */
import { MAX_CONTEXT_BYTES } from './limits.ts';

export type EncryptionContext = Readonly<Record<string, string>>;

const EMPTY_CONTEXT = Buffer.alloc(4);
/** Matches a surrogate that is not half of a pair: it has no UTF-8 form, so two such texts would become one. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * u32 count, then for each pair, sorted by the UTF-8 bytes of the key: u32 length, key, u32 length, value (spec
 * kms 3.3). A missing and an empty context are the same. No normalisation, no case folding. The context must have
 * passed `contextProblem`.
 */
export function canonicalContext(context: EncryptionContext | undefined): Buffer {
  const names = context === undefined ? [] : Object.keys(context);
  if (context === undefined || names.length === 0) return EMPTY_CONTEXT;
  if (names.length > 1) names.sort(compareUtf8);
  let size = 4;
  for (const name of names) size += 8 + Buffer.byteLength(name) + Buffer.byteLength(context[name]!);
  const out = Buffer.alloc(size);
  let at = out.writeUInt32BE(names.length, 0);
  for (const name of names) at = writeText(out, writeText(out, at, name), context[name]!);
  return out;
}

function writeText(out: Buffer, at: number, text: string): number {
  const written = out.write(text, at + 4, 'utf8');
  out.writeUInt32BE(written, at);
  return at + 4 + written;
}

const SURROGATE = /[\ud800-\udfff]/;

/** The order of UTF-8 bytes is the order of UTF-16 units unless a surrogate takes part. */
function compareUtf8(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Why a context cannot be used, or undefined. */
export function contextProblem(context: EncryptionContext | undefined): string | undefined {
  if (context === undefined) return undefined;
  const names = Object.keys(context);
  let bytes = 0;
  for (const name of names) {
    const value = context[name]!;
    if (LONE_SURROGATE.test(name) || LONE_SURROGATE.test(value)) return 'encryption context is not valid Unicode';
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > MAX_CONTEXT_BYTES) return `encryption context is longer than ${MAX_CONTEXT_BYTES} bytes`;
  // Policies compare the names of condition keys without case: of `App` and `app` only one would be checked.
  if (names.length > 1 && new Set(names.map((name) => name.toLowerCase())).size !== names.length) {
    return 'encryption context has two keys that differ only in case';
  }
  return undefined;
}
