/**
 * Tiles of C2SP tlog-tiles: the hashes of the tree in files of 256, and the entries they are of. A full tile never changes;
 * a partial one, at the right edge, holds what is there at some size and is replaced by wider ones.
 */
import { HASH_BYTES, type HashSource, nodeHash } from './tree.ts';

/** Hashes of a full tile, and entries of a full bundle. */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
/** Of one entry: its length is told in two bytes. */
export const MAX_ENTRY_BYTES = 65_535;
const MAX_LEVEL = 63;

export interface TileName {
  /** Of tiles: 0 has the leaf hashes, 1 the roots of 256 leaves. */
  level: number | 'entries';
  index: number;
  /** 1 to 256. */
  width: number;
}

/** As in a URL, without a slash before it: `tile/0/x001/067.p/12`. */
export function tilePath({ level, index, width }: TileName): string {
  let path = threeDigits(index);
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${threeDigits(rest)}/${path}`;
  const partial = width < TILE_WIDTH ? `.p/${width}` : '';
  return `tile/${level}/${path}${partial}`;
}

function threeDigits(value: number): string {
  return String(value % 1000).padStart(3, '0');
}

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Undefined: no tile has that path, or another path is its name. */
export function parseTilePath(path: string): TileName | undefined {
  const [, level, number, width] = PATH.exec(path) ?? [];
  if (level === undefined || number === undefined) return undefined;
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(number.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isNamed = (name.level === 'entries' || name.level <= MAX_LEVEL) && name.width <= TILE_WIDTH;
  return isNamed && tilePath(name) === path ? name : undefined;
}

/** How many hashes of the tile there are in a tree of that size; 0: it has no such tile. */
export function widthAt(size: number, { level, index }: Pick<TileName, 'level' | 'index'>): number {
  const leaves = level === 'entries' ? 1 : TILE_WIDTH ** level;
  const hashes = Math.floor(size / leaves);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** All tiles of hashes that a tree of that size has, from the bottom, left to right. */
export function* tilesOf(size: number, from = 0): Generator<TileName & { level: number }> {
  for (let level = 0; Math.floor(size / TILE_WIDTH ** level) > 0; level++) {
    const first = Math.floor(from / TILE_WIDTH ** (level + 1));
    for (let index = first; ; index++) {
      const width = widthAt(size, { level, index });
      if (width === 0) break;
      yield { level, index, width };
    }
  }
}

/** Answers the bytes of a tile that has at least this width; more than that is cut off. */
export type TileSource = (tile: TileName & { level: number }) => Buffer | Promise<Buffer>;

export class TileError extends Error {}

/** Hashes out of the tiles of a tree of that size. Throws `TileError` for a tile that is too short. */
export function hashesFrom(size: number, read: TileSource): HashSource {
  return async (level, index) => {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const inside = level % TILE_HEIGHT;
    const perTile = TILE_WIDTH / 2 ** inside;
    const tile = { level: tileLevel, index: Math.floor(index / perTile) };
    const width = widthAt(size, tile);
    const bytes = await read({ ...tile, width });
    const count = 2 ** inside;
    const first = (index % perTile) * count;
    if (bytes.length < width * HASH_BYTES || first + count > width)
      throw new TileError(`${tilePath({ ...tile, width })} has ${bytes.length} bytes, not ${width * HASH_BYTES}`);
    return rootOfHashes(hashesIn(bytes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES)));
  };
}

/** The hash of a full tile, which is one hash of the tile above. Of 2^n hashes. */
export function rootOfHashes(hashes: readonly Buffer[]): Buffer {
  let row = hashes;
  while (row.length > 1)
    row = Array.from({ length: row.length / 2 }, (_, at) => nodeHash(row[2 * at] as Buffer, row[2 * at + 1] as Buffer));
  return row[0] as Buffer;
}

export function hashesIn(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, at) =>
    bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}

export function writeEntries(entries: readonly Buffer[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES) throw new RangeError(`an entry has ${entry.length} bytes`);
      const length = Buffer.allocUnsafe(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Throws `TileError` when the bundle does not end with an entry. */
export function readEntries(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 <= bundle.length ? at + 2 + bundle.readUInt16BE(at) : Number.POSITIVE_INFINITY;
    if (end > bundle.length) throw new TileError('the bundle of entries ends within an entry');
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
