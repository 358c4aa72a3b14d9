/**
 * The Merkle tree of RFC 6962 (2.1), and its proofs (RFC 9162 2.1.3 and 2.1.4). Pure: hashes come from a `HashSource`, so
 * the same code serves the log that keeps them in a database and the verifier that takes them from tiles.
 *
 * Positions of leaves and sizes of trees are safe integers; hashes are 32 bytes.
 */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

const LEAF = Buffer.of(0x00);
const NODE = Buffer.of(0x01);

export function leafHash(entry: Buffer): Buffer {
  return sha256(Buffer.concat([LEAF, entry]));
}

export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return sha256(Buffer.concat([NODE, left, right]));
}

/** Of a tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0));

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** The root of the complete subtree of 2^level leaves that begins at leaf `index * 2^level`. */
export type HashSource = (level: number, index: number) => Buffer | Promise<Buffer>;

interface Subtree {
  level: number;
  index: number;
}

/** The complete subtrees that the leaves from `from` up to `to` fall into, left to right, each as large as it can be. */
function subtreesOf(from: number, to: number): Subtree[] {
  const out: Subtree[] = [];
  let at = from;
  while (at < to) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level++;
    out.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return out;
}

/** MTH(D[from:to]), where a subtree of the whole tree has these leaves: `from` is a multiple of its width. */
async function rangeHash(source: HashSource, from: number, to: number): Promise<Buffer> {
  const parts = await Promise.all(subtreesOf(from, to).map(({ level, index }) => source(level, index)));
  return parts.reduceRight((right, left) => nodeHash(left, right));
}

/** The root of the tree of the first `size` leaves. */
export async function rootOf(size: number, source: HashSource): Promise<Buffer> {
  return size === 0 ? EMPTY_ROOT : rangeHash(source, 0, size);
}

/** The largest power of two below `size`, which is at least 2. */
function splitOf(size: number): number {
  let width = 1;
  while (width * 2 < size) width *= 2;
  return width;
}

/** PATH(index, D[0:size]): from the leaf up. Throws `RangeError` when the tree has no such leaf. */
export async function inclusionProof(index: number, size: number, source: HashSource): Promise<Buffer[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`a tree of size ${size} has no leaf ${index}`);
  const path: [from: number, to: number][] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push([middle, to]);
      to = middle;
    } else {
      path.push([from, middle]);
      from = middle;
    }
  }
  return Promise.all(path.reverse().map((range) => rangeHash(source, ...range)));
}

/** PROOF(old, D[0:size]). Throws `RangeError` when the tree was never that small. */
export async function consistencyProof(old: number, size: number, source: HashSource): Promise<Buffer[]> {
  if (!(old >= 0 && old <= size)) throw new RangeError(`a tree of size ${size} never had size ${old}`);
  if (old === 0 || old === size) return [];
  const path: [from: number, to: number][] = [];
  let from = 0;
  let to = size;
  // Whether the old tree is the left-most subtree we stand at: its root is known to who asks.
  let isWhole = true;
  while (to !== old) {
    const middle = from + splitOf(to - from);
    if (old <= middle) {
      path.push([middle, to]);
      to = middle;
    } else {
      path.push([from, middle]);
      from = middle;
      isWhole = false;
    }
  }
  if (!isWhole) path.push([from, to]);
  return Promise.all(path.reverse().map((range) => rangeHash(source, ...range)));
}

/** The root that the proof leads to from the leaf; undefined: it is no proof for that leaf in a tree of that size. */
export function rootByInclusion(
  index: number,
  size: number,
  leaf: Buffer,
  proof: readonly Buffer[],
): Buffer | undefined {
  if (!isIndex(index) || !isIndex(size) || index >= size || !proof.every(isHash)) return undefined;
  let node = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else root = nodeHash(root, sibling);
    node = half(node);
    last = half(last);
  }
  return last === 0 ? root : undefined;
}

export function isIncluded(index: number, size: number, leaf: Buffer, proof: readonly Buffer[], root: Buffer): boolean {
  return rootByInclusion(index, size, leaf, proof)?.equals(root) === true;
}

/** Whether the tree with `root` continues the one with `oldRoot`: its first `old` leaves are the same. */
export function isConsistent(
  old: number,
  size: number,
  oldRoot: Buffer,
  root: Buffer,
  proof: readonly Buffer[],
): boolean {
  if (!isIndex(old) || !isIndex(size) || old > size || !proof.every(isHash)) return false;
  if (old === size) return proof.length === 0 && oldRoot.equals(root);
  if (old === 0) return proof.length === 0 && oldRoot.equals(EMPTY_ROOT);
  const path = isPowerOfTwo(old) ? [oldRoot, ...proof] : proof;
  let node = old - 1;
  let last = size - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let before = first;
  let now = first;
  for (const step of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      before = nodeHash(step, before);
      now = nodeHash(step, now);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else now = nodeHash(now, step);
    node = half(node);
    last = half(last);
  }
  return last === 0 && before.equals(oldRoot) && now.equals(root);
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(bytes: Buffer): boolean {
  return bytes.length === HASH_BYTES;
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}
