/**
 * Signed notes (C2SP signed-note) and the checkpoints that are written in them (C2SP tlog-checkpoint), signed with Ed25519
 * and cosigned by witnesses (C2SP tlog-cosignature). Reading accepts one form only, so that nobody can say two things with
 * one signature.
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { HASH_BYTES } from './tree.ts';

/** Kinds of keys, the first byte of their encoding. */
const ED25519 = 0x01;
const COSIGNATURE = 0x04;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TIME_BYTES = 8;
/** Of a raw Ed25519 key, before its 32 bytes. */
export const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export interface NoteKey {
  name: string;
  kind: 'log' | 'witness';
  /** Raw Ed25519, 32 bytes. */
  publicKey: Buffer;
}

export interface NoteSignature {
  name: string;
  /** Which key it claims to be by, 4 bytes. */
  keyId: Buffer;
  signature: Buffer;
}

export interface Note {
  /** Ends with a line end. */
  text: string;
  signatures: readonly NoteSignature[];
}

export interface Checkpoint {
  /** Names the log. */
  origin: string;
  size: number;
  root: Buffer;
}

function encodedKey({ kind, publicKey }: NoteKey): Buffer {
  return Buffer.concat([Buffer.of(kind === 'log' ? ED25519 : COSIGNATURE), publicKey]);
}

export function keyIdOf(key: NoteKey): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${key.name}\n`), encodedKey(key)]), 'buffer').subarray(0, 4);
}

/** `name+id+key`: what verifiers are given. */
export function verifierText(key: NoteKey): string {
  return `${key.name}+${keyIdOf(key).toString('hex')}+${encodedKey(key).toString('base64')}`;
}

/** Undefined: the text is no verifier key, or its id is not that of its key. */
export function parseVerifier(text: string): NoteKey | undefined {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/u.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const bytes = fromBase64(encoded);
  if (bytes?.length !== 1 + KEY_BYTES || (bytes[0] !== ED25519 && bytes[0] !== COSIGNATURE)) return undefined;
  const key: NoteKey = { name, kind: bytes[0] === ED25519 ? 'log' : 'witness', publicKey: bytes.subarray(1) };
  return keyIdOf(key).toString('hex') === id ? key : undefined;
}

export function writeNote({ text, signatures }: Note): string {
  const lines = signatures.map(
    ({ name, keyId, signature }) => `\u2014 ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`,
  );
  return `${text}\n${lines.join('')}`;
}

const MAX_NOTE = 64 * 1024;
const MAX_SIGNATURES = 100;

/** Undefined: the bytes are no note. That signatures are there says nothing yet: see `verdictBy`. */
export function readNote(note: string): Note | undefined {
  if (note.length > MAX_NOTE || /[\u0000-\u0009\u000b-\u001f\u007f\ufffd]/.test(note)) return undefined;
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return undefined;
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return undefined;
  const signatures = lines.map(readSignature);
  if (!signatures.every((one) => one !== undefined)) return undefined;
  return { text: note.slice(0, split + 1), signatures };
}

function readSignature(line: string): NoteSignature | undefined {
  const [, name, encoded] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+=*)$/u.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || bytes === undefined || bytes.length < 5) return undefined;
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** What a log signs. */
export function noteMessage(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

/** What a witness signs: the checkpoint, and when it saw it. `seconds` since 1970. */
export function cosignatureMessage(text: string, seconds: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`, 'utf8');
}

export function logSignature(key: NoteKey, signature: Buffer): NoteSignature {
  return { name: key.name, keyId: keyIdOf(key), signature };
}

export function witnessSignature(key: NoteKey, seconds: number, signature: Buffer): NoteSignature {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeBigUInt64BE(BigInt(seconds));
  return { name: key.name, keyId: keyIdOf(key), signature: Buffer.concat([time, signature]) };
}

export type Verdict =
  /** `seconds`: when a witness saw it. */
  { state: 'signed'; seconds?: number } | { state: 'unsigned' } | { state: 'invalid' };

/** Whether the key has signed the note. A signature that claims to be by the key and is not makes the note invalid. */
export function verdictBy(note: Note, key: NoteKey): Verdict {
  const id = keyIdOf(key);
  const claimed = note.signatures.filter(({ name, keyId }) => name === key.name && keyId.equals(id));
  const [one, ...others] = claimed;
  if (one === undefined) return { state: 'unsigned' };
  if (others.length > 0) return { state: 'invalid' };
  const publicKey = keyObject(key.publicKey);
  if (key.kind === 'log') {
    const isGood =
      one.signature.length === SIGNATURE_BYTES && verify(null, noteMessage(note.text), publicKey, one.signature);
    return isGood ? { state: 'signed' } : { state: 'invalid' };
  }
  if (one.signature.length !== TIME_BYTES + SIGNATURE_BYTES) return { state: 'invalid' };
  const seconds = Number(one.signature.readBigUInt64BE());
  const message = cosignatureMessage(note.text, seconds);
  const isGood = Number.isSafeInteger(seconds) && verify(null, message, publicKey, one.signature.subarray(TIME_BYTES));
  return isGood ? { state: 'signed', seconds } : { state: 'invalid' };
}

function keyObject(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}

/** The raw key of a SubjectPublicKeyInfo; undefined: it is none of Ed25519. */
export function rawPublicKey(spki: Buffer): Buffer | undefined {
  const isEd25519 =
    spki.length === SPKI_PREFIX.length + KEY_BYTES && spki.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX);
  return isEd25519 ? spki.subarray(SPKI_PREFIX.length) : undefined;
}

export function writeCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Undefined: the text is no checkpoint. Lines after the root are allowed and say nothing to us. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const [origin, size, encoded, ...rest] = text.split('\n');
  if (!origin || size === undefined || encoded === undefined || rest.at(-1) !== '') return undefined;
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return undefined;
  const root = fromBase64(encoded);
  return root?.length === HASH_BYTES ? { origin, size: Number(size), root } : undefined;
}

/** Undefined: it is not the one encoding of its bytes. */
function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
