import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { logSignature, type NoteKey, noteMessage, rawPublicKey, writeCheckpoint, writeNote } from './note.ts';
import { TILE_WIDTH } from './tile.ts';
import { leafHash, nodeHash } from './tree.ts';
import { type LogReader, RootBuilder, verifyLog } from './verify-log.ts';

const ORIGIN = 'example.com/log';

function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = rawPublicKey(publicKey.export({ format: 'der', type: 'spki' })) as Buffer;
  return { key: { name: ORIGIN, kind: 'log', publicKey: raw } satisfies NoteKey as NoteKey, privateKey };
}

const LOG = newKey();
const LEAVES = Array.from({ length: 700 }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));
const stateOf = (leaves: readonly Buffer[]) => ({ origin: ORIGIN, size: leaves.length, root: naiveRoot(leaves) });

function signed(text: string, by = LOG): string {
  return writeNote({ text, signatures: [logSignature(by.key, sign(null, noteMessage(text), by.privateKey))] });
}

function reader(leaves: readonly Buffer[], change: Partial<LogReader> = {}): LogReader {
  return {
    checkpoint: signed(writeCheckpoint(stateOf(leaves))),
    keys: [LOG.key],
    readTile: async ({ index, width }) => Buffer.concat(leaves.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)),
    known: new Map([3, 256, 699].map((at) => [at, LEAVES[at] as Buffer])),
    ...change,
  };
}

it('the root of leaves that come one after the other is that of the tree', () => {
  const tree = new RootBuilder();
  LEAVES.slice(0, 300).forEach((leaf, at) => {
    tree.add(leaf);
    expect(tree.root().equals(naiveRoot(LEAVES.slice(0, at + 1)))).toBe(true);
  });
});

describe('a log', () => {
  it('is whole', async () => {
    const earlier = stateOf(LEAVES.slice(0, 300));
    const report = await verifyLog(reader(LEAVES, { earlier }));
    expect(report).toEqual({ ok: true, checkpoint: stateOf(LEAVES), found: 3, young: 0 });
  });

  it('tells leaves that no checkpoint is about yet', async () => {
    expect(await verifyLog(reader(LEAVES.slice(0, 400)))).toMatchObject({ ok: true, found: 2, young: 1 });
  });

  const FORMER = 'example.org/before';
  const ofBefore = (leaves: readonly Buffer[]) => ({ ...stateOf(leaves), origin: FORMER });

  it('goes on after a restore under another name', async () => {
    const formerly = new Map([[FORMER, 250]]);
    expect(await verifyLog(reader(LEAVES, { earlier: ofBefore(LEAVES.slice(0, 250)), formerly }))).toMatchObject({
      ok: true,
    });
  });

  const other = LEAVES.with(5, LEAVES[6] as Buffer);
  const text = writeCheckpoint(stateOf(LEAVES));
  it.each<[string, LogReader]>([
    ['checkpoint', reader(LEAVES, { checkpoint: text })],
    ['checkpoint', reader(LEAVES, { checkpoint: signed(`${ORIGIN}\n1\n`) })],
    ['signature', reader(LEAVES, { checkpoint: signed(text, newKey()) })],
    ['signature', reader(LEAVES, { keys: [] })],
    ['signature', reader(LEAVES, { checkpoint: signed(text).replace('\n700\n', '\n699\n') })],
    ['signature', reader(LEAVES, { keys: [{ ...LOG.key, name: 'example.org/log' }] })],
    ['missing', reader(LEAVES, { readTile: async ({ width }) => Buffer.alloc(32 * (width - 1)) })],
    ['root', reader(LEAVES, { readTile: reader(other).readTile })],
    ['leaf', reader(LEAVES.with(3, LEAVES[4] as Buffer))],
    ['leaf', reader(LEAVES.toSpliced(256, 0, LEAVES[0] as Buffer))],
    ['split', reader(LEAVES, { earlier: stateOf(other.slice(0, 300)) })],
    ['split', reader(LEAVES.slice(0, 299), { earlier: stateOf(LEAVES.slice(0, 300)) })],
    ['split', reader(LEAVES, { earlier: { ...stateOf(LEAVES), origin: 'example.org/log' } })],
    ['split', reader(LEAVES, { earlier: stateOf(other) })],
    ['lost', reader(LEAVES, { earlier: ofBefore(other.slice(0, 250)), formerly: new Map([[FORMER, 249]]) })],
    ['split', reader(LEAVES, { earlier: ofBefore(other.slice(0, 200)), formerly: new Map([[FORMER, 249]]) })],
  ])('is refused for its %s', async (reason, log) => {
    expect(await verifyLog(log)).toMatchObject({ ok: false, reason });
  });
});
