import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { StoreError } from '../error.ts';
import { SqliteWriter } from './driver.ts';

const driverError = (code: string) => Object.assign(new Error('from the driver'), { code });

describe('SQLite writer after an error of the disk', () => {
  it.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR'])(
    'is out of use for good after %s',
    async (code) => {
      const fatal: StoreError[] = [];
      const writer = new SqliteWriter(new Database(':memory:'), 'kms.db', undefined, (error) => fatal.push(error));
      await writer.releaseConnection(await writer.acquireConnection());
      expect(writer.translate(driverError(code))).toMatchObject({ code: 'unavailable', committed: 'unknown' });
      writer.translate(driverError(code));
      expect(fatal).toHaveLength(1);
      await expect(writer.acquireConnection()).rejects.toBe(fatal[0]);
      // A second caller is refused as well, not left waiting for the lock.
      await expect(writer.acquireConnection()).rejects.toBe(fatal[0]);
    },
  );

  it.each([
    ['SQLITE_FULL', 'disk-full'],
    ['SQLITE_BUSY', 'unavailable'],
    ['SQLITE_CORRUPT', 'corrupt'],
  ])('stays in use after %s, reported as %s', async (code, reported) => {
    const writer = new SqliteWriter(new Database(':memory:'), 'kms.db', undefined, () => {
      throw new Error('not fatal');
    });
    expect(writer.translate(driverError(code))).toMatchObject({ code: reported });
    await writer.releaseConnection(await writer.acquireConnection());
  });

  it('passes errors on that are not of the database', () => {
    const writer = new SqliteWriter(new Database(':memory:'), 'kms.db', undefined, () => undefined);
    const own = new TypeError('mine');
    expect(writer.translate(own)).toBe(own);
    const unique = driverError('SQLITE_CONSTRAINT_UNIQUE');
    expect(writer.translate(unique)).toBe(unique);
  });
});
