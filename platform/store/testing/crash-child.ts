/**
 * Victim of `crash.test.ts`: writes records and state changes as fast as it can and reports each one on standard
 * output after it was acknowledged. Arguments: data folder, number of the round.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../index.ts';
import { record, type TestTables, testMigrations, times } from './fixture.ts';

const [folder = '', round = '0'] = process.argv.slice(2);

async function main(): Promise<void> {
  const store = await openStore<TestTables>({
    service: 'kms',
    folder,
    clock: { now: Date.now },
    migrations: testMigrations,
  });
  const acknowledge = (line: string) => writeSync(1, `${line}\n`);

  const appender = async (lane: number) => {
    for (let i = 0; ; i += 1) {
      const eventId = `r${round}-${lane}-${i}`;
      await store.appendRecord({ ...record(i, 'x'.repeat(300)), eventId, boot: `round-${round}` });
      acknowledge(eventId);
    }
  };
  // The counter and its record change together: `pair-n` exists exactly for n up to the counter.
  const changer = async () => {
    for (;;) {
      const n = await store.transaction(async (tx) => {
        const row = await tx.selectFrom('counter').select('n').forUpdate().executeTakeFirstOrThrow();
        await tx
          .updateTable('counter')
          .set({ n: row.n + 1 })
          .execute();
        await store.appendRecordIn(tx, { ...record(row.n + 1), eventId: `pair-${row.n + 1}`, boot: 'pairs' });
        return row.n + 1;
      });
      acknowledge(`pair-${n}`);
    }
  };
  await Promise.all([...times(8, appender), changer()]);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
