import { StoreError } from '../error.ts';

/** Translates an error of better-sqlite3; constraint violations and foreign errors pass unchanged. */
export function fromSqlite(error: unknown, where: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof StoreError || typeof code !== 'string') return error;
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE' || code === 'ENOSPC') {
    return new StoreError('disk-full', `no space left for ${where}`, { cause: error, hint: 'free disk space' });
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new StoreError('unavailable', `${where} is locked by another program`, {
      cause: error,
      retryable: true,
      hint: 'close the program that has the database file open',
    });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new StoreError('corrupt', `${where} is damaged or not a database`, {
      cause: error,
      hint: 'keep a copy of the file and restore the last backup',
    });
  }
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY')) {
    return new StoreError('unavailable', `${where} cannot be read or written`, {
      cause: error,
      committed: 'unknown',
      hint: 'check the disk, the owner and the mode of the data folder',
    });
  }
  return error;
}

/**
 * After a failed write or fsync the kernel may have dropped the dirty pages, so a later fsync that succeeds proves
 * nothing: such a handle must not be used again.
 */
export function isFatal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_IOERR') && code !== 'SQLITE_IOERR_SHMSIZE';
}
