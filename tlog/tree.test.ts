import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashesFrom, hashesIn, rootOfHashes, TILE_WIDTH, type TileName, tilesOf } from './tile.ts';
import {
  consistencyProof,
  EMPTY_ROOT,
  type HashSource,
  inclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
  nodeHash,
  rootByInclusion,
  rootOf,
} from './tree.ts';

/** RFC 6962 2.1, word for word. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0] as Buffer;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

function flip(bytes: Buffer, bit: number): void {
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
}

const leavesOf = (count: number) => Array.from({ length: count }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));

function sourceOf(leaves: readonly Buffer[]): HashSource {
  return (level, index) => naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
}

// From the tests of Certificate Transparency.
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the tree', () => {
  const known = ENTRIES.map((hex) => leafHash(Buffer.from(hex, 'hex')));

  it.each(ROOTS.map((root, at) => [at + 1, root] as const))('of %i known leaves has root %s', async (size, root) => {
    expect((await rootOf(size, sourceOf(known))).toString('hex')).toBe(root);
  });

  it('without leaves has the hash of nothing', async () => {
    expect((await rootOf(0, sourceOf([]))).equals(EMPTY_ROOT)).toBe(true);
  });

  it('proves every leaf in every size', async () => {
    const leaves = leavesOf(40);
    for (let size = 1; size <= leaves.length; size++) {
      const source = sourceOf(leaves.slice(0, size));
      const root = naiveRoot(leaves.slice(0, size));
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(index, size, source);
        expect(isIncluded(index, size, leaves[index] as Buffer, proof, root)).toBe(true);
      }
    }
  });

  it('proves that it continues every smaller one', async () => {
    const leaves = leavesOf(40);
    for (let size = 0; size <= leaves.length; size++)
      for (let old = 0; old <= size; old++) {
        const proof = await consistencyProof(old, size, sourceOf(leaves));
        const [before, now] = [naiveRoot(leaves.slice(0, old)), naiveRoot(leaves.slice(0, size))];
        expect(isConsistent(old, size, before, now, proof)).toBe(true);
      }
  });

  const place = fc.integer({ min: 1, max: 600 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
  const LEAVES = leavesOf(601);

  it('takes no other leaf, place, size, or altered proof', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.nat(), fc.nat(255), async ([size, index], at, bit) => {
        const root = naiveRoot(LEAVES.slice(0, size));
        const leaf = LEAVES[index] as Buffer;
        const proof = await inclusionProof(index, size, sourceOf(LEAVES));
        expect(isIncluded(index, size, LEAVES[600] as Buffer, proof, root)).toBe(false);
        if (size > 1) expect(isIncluded((index + 1) % size, size, leaf, proof, root)).toBe(false);
        expect(isIncluded(index, size, leaf, [...proof, leaf], root)).toBe(false);
        expect(rootByInclusion(index, size, leaf, proof.slice(1))?.equals(root) ?? false).toBe(proof.length === 0);
        if (proof.length === 0) return;
        const changed = proof.map((hash) => Buffer.from(hash));
        flip(changed[at % proof.length] as Buffer, bit);
        expect(isIncluded(index, size, leaf, changed, root)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('continues no tree in which a leaf was changed, and takes no altered proof', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.nat(), fc.nat(255), async ([size, index], at, bit) => {
        const old = index + 1;
        const before = LEAVES.slice(0, old);
        const root = naiveRoot(LEAVES.slice(0, size));
        const proof = await consistencyProof(old, size, sourceOf(LEAVES));
        const other = before.with(at % old, LEAVES[600] as Buffer);
        expect(isConsistent(old, size, naiveRoot(other), root, proof)).toBe(false);
        expect(isConsistent(old, size, naiveRoot(before), root, [...proof, root])).toBe(false);
        if (proof.length === 0) return;
        const changed = proof.map((hash) => Buffer.from(hash));
        flip(changed[at % proof.length] as Buffer, bit);
        expect(isConsistent(old, size, naiveRoot(before), root, changed)).toBe(false);
        expect(isConsistent(old, size, naiveRoot(before), root, proof.slice(1))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [5, 5],
    [-1, 3],
    [0, 0],
  ])('has no proof of leaf %i in size %i', async (index, size) => {
    await expect(inclusionProof(index, size, sourceOf(LEAVES))).rejects.toThrow(RangeError);
    expect(rootByInclusion(index, size, LEAVES[0] as Buffer, [])).toBeUndefined();
  });
});

describe('a tree in tiles', () => {
  it.each([1, 255, 256, 257, 511, 512, 70_000])('of %i leaves has the same roots and proofs', async (size) => {
    const leaves = leavesOf(size);
    const tiles = new Map<string, Buffer>();
    const rows: Buffer[][] = [leaves];
    for (const { level, index, width } of tilesOf(size)) {
      const row = rows[level] as Buffer[];
      const hashes = row.slice(index * TILE_WIDTH, index * TILE_WIDTH + width);
      tiles.set(`${level} ${index}`, Buffer.concat(hashes));
      rows[level + 1] ??= [];
      if (width === TILE_WIDTH) (rows[level + 1] as Buffer[]).push(rootOfHashes(hashesIn(Buffer.concat(hashes))));
    }
    const read = ({ level, index }: TileName) => tiles.get(`${level} ${index}`) as Buffer;
    const source = hashesFrom(size, read);
    const root = naiveRoot(leaves);
    expect((await rootOf(size, source)).equals(root)).toBe(true);
    for (const index of [0, Math.floor(size / 3), size - 1]) {
      const proof = await inclusionProof(index, size, source);
      expect(isIncluded(index, size, leaves[index] as Buffer, proof, root)).toBe(true);
      const consistency = await consistencyProof(index, size, source);
      expect(isConsistent(index, size, naiveRoot(leaves.slice(0, index)), root, consistency)).toBe(true);
    }
  });
});
