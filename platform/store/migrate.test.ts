import { describe, expect, it } from 'vitest';
import { describeMigrations } from './migrate.ts';

describe('checksums of the platform migrations', () => {
  // A change here means that every existing database is refused: either the migration was edited, or an upgrade of
  // the query builder writes the same statement differently and the checksum must learn to ignore that.
  it.each([
    ['sqlite', ['d1e39ef77a25d646f241a3b6c686a3e864514bf79344ad1d2bbf00620aaeac3b']],
    ['postgres', ['c2a24d8ee32114a6be65ff08bb9f70bdbe8001bea38a24fff893e3f1db378cbe']],
  ] as const)('have not changed on %s', async (engine, checksums) => {
    const planned = await describeMigrations(engine, 'kms', []);
    expect(planned.map(({ checksum }) => checksum)).toEqual(checksums);
  });
});
