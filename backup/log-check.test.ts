import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  logSignature,
  type NoteKey,
  noteMessage,
  rawPublicKey,
  verifierText,
  writeCheckpoint,
  writeNote,
} from '../tlog/note.ts';
import { leafHash } from '../tlog/tree.ts';
import { RootBuilder } from '../tlog/verify-log.ts';
import type { LogHead } from './format/manifest.ts';
import { checkLog } from './log-check.ts';

const ORIGIN = 'audit.test';
const keys = generateKeyPairSync('ed25519');
const key = noteKey(keys.publicKey.export({ format: 'der', type: 'spki' }));
const leaves = Array.from({ length: 20 }, (_, position) => ({ position, leaf: leafHash(Buffer.from(`r${position}`)) }));

function noteKey(spki: Buffer): NoteKey {
  return { name: ORIGIN, kind: 'log', publicKey: rawPublicKey(spki) as Buffer };
}

function head(signed: number, size: number): LogHead {
  const tree = new RootBuilder();
  for (const { leaf } of leaves.slice(0, signed)) tree.add(leaf);
  const text = writeCheckpoint({ origin: ORIGIN, size: signed, root: tree.root() });
  const signature = logSignature(key, sign(null, noteMessage(text), keys.privateKey));
  const checkpoint = writeNote({ text, signatures: [signature] });
  return { epoch: 1, origin: ORIGIN, size, checkpoint, verifierKeys: [verifierText(key)] };
}

describe('the log of a backup', () => {
  it('is whole: signed in part, in any order', async () => {
    const whole = { size: 20, signed: 15, signature: 'valid' };
    expect(await checkLog(leaves, head(15, 20), [])).toEqual(whole);
    expect(await checkLog([...leaves].reverse(), head(15, 20), [key])).toEqual(whole);
    expect(await checkLog([], { ...head(0, 0) }, [])).toMatchObject({ size: 0, signature: 'valid' });
  });

  it('without known keys says so', async () => {
    expect(await checkLog(leaves, { ...head(15, 20), verifierKeys: [] }, [])).toMatchObject({ signature: 'none' });
  });

  it.each([
    ['a leaf is missing', leaves.slice(1), head(15, 20), []],
    ['the end is missing', leaves.slice(0, 19), head(15, 20), []],
    ['a leaf is another one', leaves.with(3, { position: 3, leaf: Buffer.alloc(32) }), head(15, 20), []],
    ['a leaf is there twice', [...leaves, leaves[4]!], head(15, 20), []],
    [
      'no trusted key has signed',
      leaves,
      head(15, 20),
      [noteKey(generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }))],
    ],
    ['the checkpoint is no note', leaves, { ...head(15, 20), checkpoint: 'x' }, []],
  ])('is refused: %s', async (_what, given, of, trusted) => {
    expect((await checkLog(given, of, trusted)).fault).toBeTypeOf('string');
  });

  it('with a signature that does not verify is refused', async () => {
    const { checkpoint, ...rest } = head(15, 20);
    const forged = checkpoint!.replace(/\n15\n/, '\n16\n');
    expect((await checkLog(leaves, { ...rest, checkpoint: forged }, [])).fault).toMatch(/not signed/);
  });
});
