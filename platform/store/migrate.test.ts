import { describe, expect, it } from 'vitest';
import { describeMigrations } from './migrate.ts';

describe('checksums of the platform migrations', () => {
  // A change here means that every existing database is refused: either the migration was edited, or an upgrade of
  // the query builder writes the same statement differently and the checksum must learn to ignore that.
  it.each([
    [
      'sqlite',
      [
        'd1e39ef77a25d646f241a3b6c686a3e864514bf79344ad1d2bbf00620aaeac3b',
        '911d4580d76ca7a0ca725f9a5b939d134f3ba3b3ce41509b2ac51225d4fa9117',
        'a6c9109d8df26cab9e04c7cf3b859be778cbf5d922b8eb9f69ba3837fffc0353',
      ],
    ],
    [
      'postgres',
      [
        'c2a24d8ee32114a6be65ff08bb9f70bdbe8001bea38a24fff893e3f1db378cbe',
        'fea96c265eb8cd2780090c3f6e970f54be829c35d85f2f9b2250bc4997dbadda',
        'f084bccec872085148d4c9473532f5a54857d816099fe5f45ec4812208038f6c',
      ],
    ],
  ] as const)('have not changed on %s', async (engine, checksums) => {
    const planned = await describeMigrations(engine, 'kms', []);
    expect(planned.map(({ checksum }) => checksum)).toEqual(checksums);
  });
});
