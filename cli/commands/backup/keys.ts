/** What a backup is locked with and opened by. It comes from files and the standard input, never from the arguments. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { type Lock, type Opener, SHORTEST_PASSPHRASE } from '../../../backup/format/lock.ts';
import { type Terminal, UsageError } from '../../terminal.ts';

export interface KeyOptions {
  passphraseFile?: string;
  recipient?: string;
  identity?: string;
}

export const PASSPHRASE_OPTION = [
  '--passphrase-file <file>',
  'file with the passphrase, mode 0600; - reads the standard input; default: the file that PARAPET_BACKUP_PASSPHRASE_FILE names',
] as const;

export async function lockOf(terminal: Terminal, options: KeyOptions): Promise<Lock> {
  if (options.recipient !== undefined) {
    if (options.passphraseFile !== undefined) throw new UsageError('name a passphrase or a recipient, not both');
    return { kind: 'recipient', publicKey: await keyFrom(terminal, options.recipient, createPublicKey) };
  }
  const passphrase = await readPassphrase(terminal, options.passphraseFile);
  if (passphrase.length < SHORTEST_PASSPHRASE)
    throw new UsageError(
      `the passphrase has fewer than ${SHORTEST_PASSPHRASE} characters`,
      'openssl rand -base64 33 makes a good one',
    );
  return { kind: 'passphrase', passphrase };
}

export async function openerOf(terminal: Terminal, options: KeyOptions): Promise<Opener> {
  if (options.identity === undefined)
    return { kind: 'passphrase', passphrase: await readPassphrase(terminal, options.passphraseFile) };
  if (options.passphraseFile !== undefined) throw new UsageError('name a passphrase or an identity, not both');
  await refuseOpen(options.identity);
  return { kind: 'identity', privateKey: await keyFrom(terminal, options.identity, createPrivateKey) };
}

async function readPassphrase(terminal: Terminal, option: string | undefined): Promise<Buffer> {
  const file = option ?? terminal.settings().backupPassphraseFile;
  if (file === undefined)
    throw new UsageError('no passphrase is named', '--passphrase-file names a file with it, - the standard input');
  if (file !== '-') await refuseOpen(file);
  const read = await readOrRefuse(terminal, file);
  // One line end belongs to the editor.
  const end = read.at(-1) === 0x0a ? read.length - (read.at(-2) === 0x0d ? 2 : 1) : read.length;
  return read.subarray(0, end);
}

async function keyFrom(terminal: Terminal, file: string, read: (pem: Buffer) => KeyObject): Promise<KeyObject> {
  const pem = await readOrRefuse(terminal, file);
  let key: KeyObject | undefined;
  try {
    key = read(pem);
  } catch {
    // Said below.
  }
  if (key?.asymmetricKeyType !== 'x25519')
    throw new UsageError(`${file} is no X25519 key in PEM`, 'openssl genpkey -algorithm X25519 makes one');
  return key;
}

async function refuseOpen(file: string): Promise<void> {
  const state = await stat(file).catch(() => undefined);
  if (state && (state.mode & 0o077) !== 0)
    throw new UsageError(`${file} is open to other users`, `run chmod 600 ${file}`);
}

async function readOrRefuse(terminal: Terminal, file: string): Promise<Buffer> {
  try {
    return await terminal.read(file);
  } catch {
    throw new UsageError(`${file} cannot be read`);
  }
}
