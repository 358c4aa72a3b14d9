/**
 * Rows that nobody reads, so that those that are read lie in tables of a large installation. They are copies of genuine
 * rows under other ids, put in while the service is down.
 */
import { type Kysely, sql } from 'kysely';
import { openStore } from '../../platform/store/index.ts';

/** A stored database that is only filled: its own migrations have run. */
interface Tables {
  secret: { secret_id: string };
  secret_version: { secret_id: string };
}

const STEP = 10_000;

export async function addBallast(folder: string, secrets: number, versionsEach: number): Promise<void> {
  const store = await openStore<Tables>({
    service: 'ccms',
    folder,
    clock: { now: () => Date.now() },
    migrations: (await import('../../services/ccms/index.ts')).defineCcms({
      keyCacheSeconds: 0,
      targetNetworks: [],
      revocationHold: false,
    }).migrations,
  });
  try {
    for (let from = 0; from < secrets; from += STEP) {
      const to = Math.min(secrets, from + STEP);
      await store.transaction(async (tx) => {
        await copy(tx, 'secret', { from, to }, { secret_id: "'ballast-' || n", name: "'ballast/' || n" });
        for (let version = 0; version < versionsEach; version++)
          await copy(
            tx,
            'secret_version',
            { from, to },
            {
              secret_id: "'ballast-' || n",
              version_id: `'ballast-' || n || '-${version}'`,
              ordinal: String(version + 1),
            },
          );
      });
    }
  } finally {
    await store.close();
  }
}

async function copy(
  db: Kysely<Tables>,
  table: keyof Tables,
  { from, to }: { from: number; to: number },
  changed: Record<string, string>,
): Promise<void> {
  const found = await sql<{ name: string }>`select name from pragma_table_info(${sql.lit(table)})`.execute(db);
  const columns = found.rows.map(({ name }) => name);
  const values = columns.map((name) => changed[name] ?? `sample.${name}`);
  await sql
    .raw(
      `with recursive numbers(n) as (select ${from} union all select n + 1 from numbers where n + 1 < ${to})
       insert into ${table} (${columns.join(', ')})
       select ${values.join(', ')} from numbers, (select * from ${table} limit 1) as sample`,
    )
    .execute(db);
}
