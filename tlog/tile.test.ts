import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashesFrom,
  MAX_ENTRY_BYTES,
  parseTilePath,
  readEntries,
  TileError,
  type TileName,
  tilePath,
  widthAt,
  writeEntries,
} from './tile.ts';

describe('the path of a tile', () => {
  it.each<[string, TileName]>([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/1/067.p/12', { level: 1, index: 67, width: 12 }],
    ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['tile/entries/x001/000.p/1', { level: 'entries', index: 1000, width: 1 }],
  ])('%s', (path, name) => {
    expect(tilePath(name)).toBe(path);
    expect(parseTilePath(path)).toEqual(name);
  });

  it.each([
    '',
    'tile/0/0',
    'tile/0/1000',
    'tile/0/x000/001',
    'tile/00/001',
    'tile/64/001',
    'tile/0/001.p/0',
    'tile/0/001.p/256',
    'tile/0/001.p/01',
    'tile/0/001/',
    '/tile/0/001',
    'tile/0/../0/001',
    'tile/-1/001',
    'tile/0/001\n',
  ])('is not %j', (path) => expect(parseTilePath(path)).toBeUndefined());

  it('is read as it was written', () => {
    const level = fc.oneof(fc.constant('entries' as const), fc.nat(63));
    const name = fc.record({ level, index: fc.nat(2 ** 31), width: fc.integer({ min: 1, max: 256 }) });
    fc.assert(fc.property(name, (tile) => void expect(parseTilePath(tilePath(tile))).toEqual(tile)));
  });
});

it.each([
  [0, 0, 0, 0],
  [1, 0, 0, 1],
  [256, 0, 0, 256],
  [256, 0, 1, 0],
  [256, 1, 0, 1],
  [257, 0, 1, 1],
  [65_536, 2, 0, 1],
  [65_535, 2, 0, 0],
])('a tree of size %i has in its tile %i/%i %i hashes', (size, level, index, width) => {
  expect(widthAt(size, { level, index })).toBe(width);
});

it('a tile that is too short is refused', async () => {
  await expect(hashesFrom(3, () => Buffer.alloc(64))(0, 2)).rejects.toThrow(TileError);
  await expect(hashesFrom(3, () => Buffer.alloc(96))(1, 1)).rejects.toThrow(TileError);
});

describe('a bundle of entries', () => {
  it('is read as it was written', () => {
    const entries = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 256 },
    );
    fc.assert(fc.property(entries, (list) => void expect(readEntries(writeEntries(list))).toEqual(list)));
  });

  it('has entries of two bytes of length at most', () => {
    expect(readEntries(writeEntries([Buffer.alloc(MAX_ENTRY_BYTES)]))).toHaveLength(1);
    expect(() => writeEntries([Buffer.alloc(MAX_ENTRY_BYTES + 1)])).toThrow(RangeError);
  });

  it.each(['00', '0002ff', '0001ff00'])('is refused when it is cut off: %s', (hex) => {
    expect(() => readEntries(Buffer.from(hex, 'hex'))).toThrow(TileError);
  });
});
