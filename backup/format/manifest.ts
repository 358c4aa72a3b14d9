/** What a backup says about itself, in its last frame. */
import { BackupError } from '../error.ts';

export interface Part {
  name: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

export interface ServiceMoment {
  name: string;
  /** The last migration of each area: which release reads it. */
  schema: readonly string[];
  /** Changes of authorization data and the like, by number. */
  version: number;
  /** Records that were on their way to the audit log, in the database; they are sent (again) after a restore. */
  waiting: number;
  /** The highest place of a record in the outbox, 0: none. */
  position: number;
}

export interface LogHead {
  epoch: number;
  origin: string;
  /** Records in the log of the database; the checkpoint may be about fewer. */
  size: number;
  /** The newest signed note; absent: none was signed yet. */
  checkpoint?: string;
  /** Keys that may have signed it, as the installation named them. */
  verifierKeys: readonly string[];
}

export interface TokenFacts {
  /** Folder in the data folder, or `vendor`. */
  place: string;
  label: string;
  serial: string;
  rootId?: string;
  /** Root keys in force, `root-wrap-v1` and the like, with the check values. */
  fingerprints: Readonly<Record<string, string>>;
  /** `softhsm`: the token is in this backup; `vendor`: the backup of its vendor is needed too. */
  kind: 'softhsm' | 'vendor';
}

export interface Manifest {
  format: 1;
  backupId: string;
  release: string;
  /** Milliseconds since 1970: when the first database was held still, and when the log was. */
  begunAt: number;
  heldAt: number;
  engine: 'sqlite' | 'postgres';
  region: string;
  partition: string;
  services: readonly ServiceMoment[];
  log: LogHead | null;
  tokens: readonly TokenFacts[];
  parts: readonly Part[];
}

/** It was authenticated with the file; what is looked at here is whether this release knows the form. */
export function readManifest(bytes: Buffer): Manifest {
  let read: Partial<Manifest>;
  try {
    read = JSON.parse(bytes.toString('utf8')) as Partial<Manifest>;
  } catch {
    throw new BackupError('content', 'the manifest of the backup cannot be read');
  }
  if (read.format !== 1)
    throw new BackupError('content', 'the backup is of a newer release', 'use the release that made it');
  const isWhole = Array.isArray(read.parts) && Array.isArray(read.services) && Array.isArray(read.tokens);
  if (!isWhole || (read.engine !== 'sqlite' && read.engine !== 'postgres') || typeof read.backupId !== 'string')
    throw new BackupError('content', 'the manifest of the backup is not complete');
  return read as Manifest;
}

const NAME = /^(sqlite|records|postgres|files)(\/[A-Za-z0-9][A-Za-z0-9._@+-]{0,200}){1,16}$/;

/** SECURITY: nothing is written outside the folder that is restored, whoever made the backup. */
export function isPartName(name: string): boolean {
  return NAME.test(name) && !name.split('/').some((step) => step.includes('..'));
}
