import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from './index.ts';
import { type TestTables, testMigrations, times } from './testing/fixture.ts';
import { plainCopy } from './testing/plain-copy.ts';

const KILLS = 20;

/** Starts the victim, kills it `delayMs` after its first acknowledgement, returns what it had acknowledged. */
function killed(program: string, folder: string, round: number, delayMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, folder, String(round)], { stdio: 'pipe' });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), delayMs));
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.once('close', (_, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`victim ended by itself: ${errors}`));
      // The last line may be cut; it was acknowledged all the same only if it is whole.
      else resolve(output.split('\n').slice(0, -1));
    });
  });
}

describe('kill -9 of a process that writes', () => {
  it(`loses no acknowledged row and splits no pair, ${KILLS} times`, { timeout: 180_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parapet-crash-'));
    const copy = plainCopy();
    const program = join(copy, 'testing', 'crash-child.js');
    const acknowledged = new Set<string>();
    try {
      for (const round of times(KILLS, (i) => i)) {
        const delayMs = Math.floor(Math.random() * 150);
        for (const id of await killed(program, folder, round, delayMs)) acknowledged.add(id);
        const store = await openStore<TestTables>({
          service: 'kms',
          folder,
          clock: { now: Date.now },
          migrations: testMigrations,
        });
        const present = new Set((await store.readOutbox(10_000_000)).map(({ eventId }) => eventId));
        const { n } = await store.read.selectFrom('counter').select('n').executeTakeFirstOrThrow();
        await store.close();
        const where = `round ${round}, killed after ${delayMs} ms`;
        expect(
          [...acknowledged].filter((id) => !present.has(id)),
          where,
        ).toEqual([]);
        const pairs = [...present].filter((id) => id.startsWith('pair-')).map((id) => Number(id.slice(5)));
        expect(
          pairs.toSorted((a, b) => a - b),
          where,
        ).toEqual(times(n, (i) => i + 1));
      }
      const pairs = [...acknowledged].filter((id) => id.startsWith('pair-')).length;
      expect(pairs).toBeGreaterThan(KILLS);
      expect(acknowledged.size - pairs).toBeGreaterThan(KILLS);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
