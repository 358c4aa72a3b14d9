/**
 * Copies of SQLite databases while their owner writes, from another process. Each database is held at one moment by a
 * read transaction, which stops nobody; copies are made from there in steps, however long that takes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../error.ts';
import { fromSqlite } from '../sqlite/errors.ts';
import { ProcessLock } from '../sqlite/files.ts';
import type { Ask } from './facts.ts';

const PAGES_AT_ONCE = 2048;
const WAIT_MS = 5_000;

export interface HeldDatabase {
  service: string;
  ask: Ask;
  /** Writes the database as it was when it was held. */
  copyTo(path: string): Promise<void>;
  close(): void;
}

/** Throws `unavailable` when there is no such database. */
export function holdDatabase(folder: string, service: string): HeldDatabase {
  const path = join(folder, `${service}.db`);
  if (!existsSync(path))
    throw new StoreError('unavailable', `${path} is missing`, { hint: 'name the data folder of the server' });
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: WAIT_MS });
    // The first read fixes the moment.
    db.exec('begin');
    db.prepare('select v from global_version').get();
    return held(db, service, path);
  } catch (error) {
    db?.close();
    throw fromSqlite(error, path);
  }
}

function held(db: Database.Database, service: string, path: string): HeldDatabase {
  return {
    service,
    ask: async <Row>(statement: string) => db.prepare<[], Row>(statement).get(),
    async copyTo(target) {
      try {
        await db.backup(target, { progress: () => PAGES_AT_ONCE });
      } catch (error) {
        throw fromSqlite(error, path);
      }
    },
    close: () => db.close(),
  };
}

/** What is wrong with the file of a database that nobody uses; undefined: nothing was found. */
export function databaseFault(path: string): string | undefined {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    const found = db.pragma('integrity_check(1)', { simple: true });
    if (found !== 'ok') return String(found);
    return db.prepare('pragma foreign_key_check').get() === undefined
      ? undefined
      : 'a row refers to one that is missing';
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be opened';
  } finally {
    db?.close();
  }
}

/** Leaves of the log in their order, from the file of an audit database. */
export function* logLeaves(path: string): Generator<{ position: number; leaf: Buffer }> {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    yield* db
      .prepare<[], { position: number; leaf: Buffer }>('select position, leaf from log_entry order by position')
      .iterate();
  } finally {
    db.close();
  }
}

/** One backup of a folder at a time; ends with the process. Undefined: another one is at work. */
export function lockBackups(folder: string): { release(): void } | undefined {
  try {
    return new ProcessLock(folder, 'backup');
  } catch (error) {
    if (error instanceof StoreError && error.code === 'locked') return undefined;
    throw error;
  }
}

/** Processes that use a store of the folder hold the lock of each service. */
export function isInUse(folder: string, service: string): boolean {
  if (!existsSync(join(folder, `${service}.lock`))) return false;
  try {
    new ProcessLock(folder, service).release();
    return false;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'locked') return true;
    throw error;
  }
}
