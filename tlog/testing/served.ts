/** A log of made-up records as the files that it serves, for tests that change them. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { GENESIS_HASH, recordEntry, recordHash } from '../../services/audit/domain/chain.ts';
import {
  cosignatureMessage,
  logSignature,
  type Note,
  type NoteKey,
  noteMessage,
  rawPublicKey,
  witnessSignature,
  writeCheckpoint,
  writeNote,
} from '../note.ts';
import { TILE_WIDTH, tilePath, tilesOf, writeEntries } from '../tile.ts';
import { leafHash } from '../tree.ts';
import { RootBuilder } from '../verify-log.ts';

export const ORIGIN = 'audit.example.com/log';

export interface Signer {
  key: NoteKey;
  secret: KeyObject;
}

export function newSigner(name: string, kind: NoteKey['kind']): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = rawPublicKey(publicKey.export({ format: 'der', type: 'spki' })) as Buffer;
  return { key: { name, kind, publicKey: raw }, secret: privateKey };
}

export interface MadeRecord {
  account: string;
  name: string;
  boot: string;
  number: number;
  /** Milliseconds. */
  time: number;
  eventId: string;
  input?: unknown;
}

export const START = Date.UTC(2026, 0, 2);

/** Records of one writer, a second apart, of two accounts in turn. */
export function madeRecords(count: number): MadeRecord[] {
  return Array.from({ length: count }, (_, at) => ({
    account: at % 3 === 0 ? '444455556666' : '111122223333',
    name: 'Decrypt',
    boot: 'boot-a',
    number: at + 1,
    time: START + at * 1000,
    eventId: `event-${at}`,
  }));
}

export function entriesOf(records: readonly MadeRecord[]): Buffer[] {
  const heads = new Map<string, { sequence: number; hash: string }>();
  return records.map(({ account, name, boot, number, time, eventId, input }) => {
    const head = heads.get(account) ?? { sequence: 0, hash: GENESIS_HASH };
    const sequence = head.sequence + 1;
    const text = JSON.stringify({
      eventID: eventId,
      eventName: name,
      eventTime: new Date(time).toISOString(),
      recipientAccountId: account,
      ...(input !== undefined && { requestParameters: input }),
      x: { boot, wseq: number },
    });
    heads.set(account, { sequence, hash: recordHash(account, sequence, head.hash, text) });
    return recordEntry(account, sequence, head.hash, text);
  });
}

export function rootOfEntries(entries: readonly Buffer[]): Buffer {
  const tree = new RootBuilder();
  for (const entry of entries) tree.add(leafHash(entry));
  return tree.root();
}

export function signedCheckpoint(entries: readonly Buffer[], log: Signer, witnesses: readonly Signer[] = []): string {
  const text = writeCheckpoint({ origin: ORIGIN, size: entries.length, root: rootOfEntries(entries) });
  const signatures: Note['signatures'] = [
    logSignature(log.key, sign(null, noteMessage(text), log.secret)),
    ...witnesses.map(({ key, secret }) => {
      const seconds = START / 1000 + entries.length;
      return witnessSignature(key, seconds, sign(null, cosignatureMessage(text, seconds), secret));
    }),
  ];
  return writeNote({ text, signatures });
}

export type Files = Map<string, Buffer>;

export function filesOf(entries: readonly Buffer[], checkpoint: string): Files {
  const files: Files = new Map([['checkpoint', Buffer.from(checkpoint)]]);
  let row = entries.map((entry) => leafHash(entry));
  let above: Buffer[] = [];
  let level = 0;
  for (const tile of tilesOf(entries.length)) {
    if (tile.level > level) {
      row = above;
      above = [];
      level = tile.level;
    }
    const from = tile.index * TILE_WIDTH;
    const hashes = row.slice(from, from + tile.width);
    files.set(tilePath(tile), Buffer.concat(hashes));
    if (level === 0)
      files.set(tilePath({ ...tile, level: 'entries' }), writeEntries(entries.slice(from, from + tile.width)));
    if (tile.width < TILE_WIDTH) continue;
    const tree = new RootBuilder();
    for (const hash of hashes) tree.add(hash);
    above.push(tree.root());
  }
  return files;
}
