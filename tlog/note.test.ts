import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cosignatureMessage,
  logSignature,
  type NoteKey,
  noteMessage,
  parseVerifier,
  rawPublicKey,
  readCheckpoint,
  readNote,
  verdictBy,
  verifierText,
  witnessSignature,
  writeCheckpoint,
  writeNote,
} from './note.ts';

function newKey(name: string, kind: NoteKey['kind']): { key: NoteKey; secret: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { key: { name, kind, publicKey: rawPublicKey(spki) as Buffer }, secret: privateKey };
}

// From the tests of golang.org/x/mod/sumdb/note.
const KNOWN_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const KNOWN_NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

describe('a note', () => {
  it('of another implementation verifies', () => {
    const key = parseVerifier(KNOWN_KEY) as NoteKey;
    const note = readNote(KNOWN_NOTE);
    expect(verifierText(key)).toBe(KNOWN_KEY);
    expect(note && verdictBy(note, key)).toEqual({ state: 'signed' });
    expect(note && writeNote(note)).toBe(KNOWN_NOTE);
  });

  const log = newKey('example.com/log', 'log');
  const witness = newKey('witness.example.com', 'witness');
  const stranger = newKey('example.com/log', 'log');
  const text = writeCheckpoint({ origin: 'example.com/log', size: 12, root: Buffer.alloc(32, 7) });
  const seconds = 1_764_000_000;
  const byLog = logSignature(log.key, sign(null, noteMessage(text), log.secret));
  const byWitness = witnessSignature(
    witness.key,
    seconds,
    sign(null, cosignatureMessage(text, seconds), witness.secret),
  );

  it('tells who signed it, and when a witness saw it', () => {
    const note = readNote(writeNote({ text, signatures: [byLog, byWitness] }))!;
    expect(verdictBy(note, log.key)).toEqual({ state: 'signed' });
    expect(verdictBy(note, witness.key)).toEqual({ state: 'signed', seconds });
    expect(verdictBy(note, stranger.key)).toEqual({ state: 'unsigned' });
  });

  it('is invalid with a signature of another kind, time, text, or two by one key', () => {
    const signed = (signatures: (typeof byLog)[], said = text) => ({ text: said, signatures });
    const later = Buffer.concat([Buffer.from('0000000069250001', 'hex'), byWitness.signature.subarray(8)]);
    expect(verdictBy(signed([{ ...byWitness, signature: later }]), witness.key).state).toBe('invalid');
    expect(verdictBy(signed([{ ...byWitness, signature: byLog.signature }]), witness.key).state).toBe('invalid');
    expect(verdictBy(signed([byLog], text.replace('12', '13')), log.key).state).toBe('invalid');
    expect(verdictBy(signed([byLog, byLog]), log.key).state).toBe('invalid');
    const forged = logSignature(log.key, sign(null, noteMessage(text), stranger.secret));
    expect(verdictBy(signed([forged]), log.key).state).toBe('invalid');
  });

  it.each([
    ['nothing', ''],
    ['no signature', 'text\n'],
    ['no line end', 'text\n\n\u2014 name AAAAAAA='],
    ['another dash', 'text\n\n- name AAAAAAAA\n'],
    ['an empty signature', 'text\n\n\u2014 name AAAAAA==\n'],
    ['another base64', 'text\n\n\u2014 name AAAAAAB=\n'],
    ['a carriage return', 'text\r\n\n\u2014 name AAAAAAA=\n'],
    ['a line that is no signature', 'text\n\n\u2014 name AAAAAAA=\nmore\n'],
  ])('has not %s', (_what, note) => expect(readNote(note)).toBeUndefined());

  it('is refused or read, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (tail) => {
        for (const bytes of [tail, KNOWN_NOTE + tail, tail + KNOWN_NOTE]) {
          const note = readNote(bytes);
          if (note) expect(writeNote(note)).toBe(bytes);
        }
      }),
    );
  });
});

describe('a verifier key', () => {
  it.each([
    'PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    '+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'PeterNeumann+c74f20a3+ARpc',
  ])('is not %s', (text) => expect(parseVerifier(text)).toBeUndefined());
});

describe('a checkpoint', () => {
  it('is read as it was written', () => {
    const size = fc.maxSafeNat();
    const root = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(size, root, (s, r) => {
        const checkpoint = { origin: 'example.com/log', size: s, root: r };
        expect(readCheckpoint(writeCheckpoint(checkpoint))).toEqual(checkpoint);
      }),
    );
  });

  const ROOT = Buffer.alloc(32).toString('base64');
  it.each([
    ['no origin', `\n1\n${ROOT}\n`],
    ['a size with a zero before it', `log\n01\n${ROOT}\n`],
    ['a negative size', `log\n-1\n${ROOT}\n`],
    ['a size beyond safe integers', `log\n9007199254740993\n${ROOT}\n`],
    ['a short root', 'log\n1\nAAAA\n'],
    ['no line end', `log\n1\n${ROOT}`],
  ])('has not %s', (_what, text) => expect(readCheckpoint(text)).toBeUndefined());
});
