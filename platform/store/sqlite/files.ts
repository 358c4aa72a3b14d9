/**
 * The files of one SQLite store: `<service>.db` and `<service>.lock`. Guarantees one writer process per database and
 * looks at the database read-only before anybody may write to it.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../error.ts';
import type { AppliedMigration } from '../migrate.ts';
import { fromSqlite } from './errors.ts';

// NFS, SMB, SMB2, CIFS: their file locks and fsync do not give what WAL needs (sqlite.org/wal.html, section 1).
const NETWORK_FILE_SYSTEMS = new Set([0x6969, 0x517b, 0xfe534d42, 0xff534d42]);

// A full check reads every page; above this size only what is touched at start is checked, to keep the start short.
const FULL_CHECK_MAX_BYTES = 256 * 1024 * 1024;

// Waiting inside SQLite blocks the event loop, so it is short; longer waits are retries of the transaction.
export const BUSY_TIMEOUT_MS = 200;
// The timer checkpoints long before this; it only bounds the WAL (64 MiB) should the timer starve.
const AUTOCHECKPOINT_PAGES = 16_384;

/** Creates the folder (mode 0700) and returns the database path. */
export function prepareFolder(folder: string, service: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError('unavailable', `data folder ${folder} cannot be created`, {
      cause: error,
      hint: 'check the path and its owner',
    });
  }
  if (NETWORK_FILE_SYSTEMS.has(statfsSync(folder).type)) {
    throw new StoreError('unsupported', `data folder ${folder} is on a network file system`, {
      hint: 'use a local disk, or PostgreSQL',
    });
  }
  return join(folder, `${service}.db`);
}

/**
 * Exclusive right of this process to `<service>.db`. It is a lock of the kernel on a companion database, so it ends
 * with the process, also by kill -9. `initialised` remembers that the database once had content.
 */
export class ProcessLock {
  readonly #db: Database.Database;
  readonly #path: string;

  constructor(folder: string, service: string) {
    this.#path = join(folder, `${service}.lock`);
    try {
      createPrivately(this.#path);
      this.#db = new Database(this.#path, { timeout: 0 });
    } catch (error) {
      throw fromFiles(error, this.#path);
    }
    try {
      this.#db.pragma('locking_mode = exclusive');
      this.#db.exec('begin exclusive; commit');
    } catch (error) {
      this.#db.close();
      if ((error as { code?: string }).code === 'SQLITE_BUSY') {
        throw new StoreError('locked', `data folder ${folder} is in use: another process has ${service}.db open`, {
          cause: error,
          hint: 'stop the other process, or start with another data folder',
        });
      }
      throw fromSqlite(error, this.#path);
    }
  }

  get initialised(): boolean {
    return this.#db.pragma('user_version', { simple: true }) === 1;
  }

  markInitialised(): void {
    if (!this.initialised) this.#db.pragma('user_version = 1');
  }

  release(): void {
    this.#db.close();
  }
}

/**
 * Reads what the database says about itself without changing a byte of it. Undefined when there is no database yet.
 * @throws StoreError `corrupt`, `schema-mismatch`
 */
export function inspect(path: string, initialised: boolean): readonly AppliedMigration[] | undefined {
  const size = existsSync(path) ? statSync(path).size : 0;
  if (size === 0) {
    if (!initialised) return undefined;
    throw new StoreError('corrupt', `${path} is missing or empty but had content before`, {
      hint: 'restore the last backup; to start empty on purpose delete the .lock file beside it too',
    });
  }
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: 1000 });
    if (size <= FULL_CHECK_MAX_BYTES && db.pragma('quick_check(1)', { simple: true }) !== 'ok') {
      throw Object.assign(new Error('quick_check failed'), { code: 'SQLITE_CORRUPT' });
    }
    const tables = db.prepare<[], { name: string }>("select name from sqlite_schema where type = 'table'").all();
    if (tables.length === 0) {
      if (!initialised) return undefined;
      throw Object.assign(new Error('no tables'), { code: 'SQLITE_CORRUPT' });
    }
    if (!tables.some((table) => table.name === 'schema_migration')) {
      throw new StoreError('schema-mismatch', `${path} is a database of another program`, {
        hint: 'start with another data folder',
      });
    }
    return db.prepare<[], AppliedMigration>('select area, name, checksum from schema_migration').all();
  } catch (error) {
    throw fromSqlite(error, path);
  } finally {
    db?.close();
  }
}

/** The writing connection, with the settings that durability rests on. */
export function openWriting(path: string): Database.Database {
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.pragma('journal_mode = wal');
    // This build defaults to NORMAL in WAL mode, which may lose acknowledged commits at power loss.
    db.pragma('synchronous = full');
    db.pragma('foreign_keys = on');
    db.pragma('trusted_schema = off');
    db.pragma('cache_size = -8000');
    db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
    db.pragma('journal_size_limit = 67108864');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Makes the file with mode 0600; SQLite gives its -wal and -shm files the same mode. */
export function createPrivately(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'ax', 0o600));
    else if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  } catch (error) {
    throw fromFiles(error, path);
  }
}

function fromFiles(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  const translated = fromSqlite(error, path);
  if (translated instanceof StoreError) return translated;
  return new StoreError('unavailable', `${path} cannot be opened`, {
    cause: error,
    hint: 'check the owner and the mode of the data folder',
  });
}
