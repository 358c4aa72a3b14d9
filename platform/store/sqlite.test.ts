import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openStore } from './index.ts';
import { describeStore } from './testing/conformance.ts';
import { type TestTables, testMigrations } from './testing/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStore('SQLite', (options) =>
  openStore<TestTables>({ folder, clock: { now: Date.now }, migrations: testMigrations, ...options }),
);
