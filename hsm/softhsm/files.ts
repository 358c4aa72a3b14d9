/** Files of a SoftHSM token folder, written so that a crash leaves the old file or the new one, never half of one. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { TokenRecord } from '../pkcs11/token.ts';
import { HsmError } from '../port.ts';

export interface TokenFolder {
  folder: string;
  /** What SOFTHSM2_CONF must name, in the agent's environment only. */
  configuration: string;
  tokens: string;
  pin: string;
  soPin: string;
  /** Written last: from then on the token is never made again. */
  record: string;
}

/** `name`: folder of the token in the data folder; a second token has a folder of its own. */
export function tokenFolder(dataFolder: string, name = 'hsm'): TokenFolder {
  const folder = join(dataFolder, name);
  return {
    folder,
    configuration: join(folder, 'softhsm2.conf'),
    tokens: join(folder, 'tokens'),
    pin: join(folder, 'pin'),
    soPin: join(folder, 'so-pin'),
    record: join(folder, 'token.json'),
  };
}

export function readRecord(files: Pick<TokenFolder, 'record'>): TokenRecord | undefined {
  if (!existsSync(files.record)) return undefined;
  try {
    const record = JSON.parse(readFileSync(files.record, 'utf8')) as Partial<TokenRecord>;
    const { label, serial, fingerprints, rootId } = record;
    const named = rootId === undefined || /^[0-9a-f]{32}$/.test(rootId);
    if (typeof label === 'string' && typeof serial === 'string' && typeof fingerprints === 'object' && named) {
      return { label, serial, fingerprints: { ...fingerprints }, ...(rootId !== undefined && { rootId }) };
    }
  } catch {
    // Fall through: unreadable is the same as wrong, and must not look like a first start.
  }
  throw new HsmError('unavailable', `token record ${files.record} is not readable`, {
    hint: 'restore the hsm folder from backup; without its token, stored keys cannot be opened',
  });
}

export function writeRecord(files: Pick<TokenFolder, 'record'>, record: TokenRecord): void {
  writeDurably(files.record, Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`));
}

/** Creates what is missing of the folders, the configuration and both PINs. */
export function prepareFolder(files: TokenFolder): void {
  for (const folder of [files.folder, files.tokens]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeConfiguration(files);
  for (const path of [files.soPin, files.pin]) {
    // 32 hex digits: 128 bits, and nothing a PIN character set could refuse.
    if (!existsSync(path)) writeDurably(path, Buffer.from(randomBytes(16).toString('hex')));
  }
}

/** The configuration names the token folder by its full path, which changes when the data folder is moved. */
export function writeConfiguration(files: TokenFolder): void {
  const configuration = [
    '# Written by Parapet; the agent alone reads it (SOFTHSM2_CONF).',
    `directories.tokendir = ${files.tokens}`,
    'objectstore.backend = file',
    'log.level = ERROR',
    'slots.removable = false',
    '',
  ].join('\n');
  const current = existsSync(files.configuration) ? readFileSync(files.configuration, 'utf8') : undefined;
  if (current !== configuration) writeDurably(files.configuration, Buffer.from(configuration));
}

/**
 * Removes tokens that hold no object, so no key. An initialisation that was cut off can leave one that no PIN opens
 * (SoftHSM writes its file in several steps). Only for set-ups that were never completed.
 */
export function removeKeylessTokens(files: TokenFolder): void {
  for (const name of readdirSync(files.tokens)) {
    const folder = join(files.tokens, name);
    const objects = readdirSync(folder).filter((file) => file.endsWith('.object') && file !== 'token.object');
    if (objects.length === 0) rmSync(folder, { recursive: true });
  }
}

/** Mode 0600, flushed with its folder before it appears under its name. */
export function writeDurably(path: string, content: Buffer): void {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
