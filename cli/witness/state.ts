/**
 * The key of a witness and what it cosigned last of each log. Guarantees: what was cosigned is on disk before the
 * cosignature leaves; a file is whole or the one before after a crash at any moment; a file that cannot be read stops
 * the witness, since it would otherwise forget what it knows.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  assertPrivateFile,
  createPrivateFile,
  ensurePrivateFolder,
  replacePrivateFile,
} from '../../platform/tls/private-file.ts';
import {
  type Checkpoint,
  cosignatureMessage,
  type NoteKey,
  rawPublicKey,
  readCheckpoint,
  witnessSignature,
  writeCheckpoint,
  writeNote,
} from '../../tlog/note.ts';

export class WitnessState {
  readonly key: NoteKey;
  private readonly folder: string;
  private readonly secret: KeyObject;

  /** Makes the key when there is none. Throws when others may read it. */
  constructor(folder: string, name: string) {
    this.folder = folder;
    ensurePrivateFolder(folder);
    this.secret = openKey(join(folder, 'witness-key.pem'));
    const spki = createPublicKey(this.secret).export({ format: 'der', type: 'spki' });
    const publicKey = rawPublicKey(spki);
    if (!publicKey) throw new Error('the key of the witness is none of Ed25519');
    this.key = { name, kind: 'witness', publicKey };
  }

  /** Undefined: nothing was cosigned of that log. */
  last(origin: string): Checkpoint | undefined {
    const path = this.pathOf(origin);
    if (!existsSync(path)) return undefined;
    const checkpoint = readCheckpoint(readFileSync(path, 'utf8'));
    if (checkpoint?.origin !== origin) throw new Error(`${path} does not hold the last checkpoint of its log`);
    return checkpoint;
  }

  /** Keeps the checkpoint, then answers the line that cosigns it. */
  cosign(checkpoint: Checkpoint, text: string, seconds: number): string {
    replacePrivateFile(this.pathOf(checkpoint.origin), writeCheckpoint(checkpoint));
    const signature = sign(null, cosignatureMessage(text, seconds), this.secret);
    const note = writeNote({ text, signatures: [witnessSignature(this.key, seconds, signature)] });
    return note.slice(text.length + 1);
  }

  /** Names of logs hold what paths cannot. */
  private pathOf(origin: string): string {
    return join(this.folder, `${createHash('sha256').update(origin).digest('hex').slice(0, 32)}.checkpoint`);
  }
}

function openKey(path: string): KeyObject {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    createPrivateFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
  }
  assertPrivateFile(path);
  return createPrivateKey(readFileSync(path));
}
