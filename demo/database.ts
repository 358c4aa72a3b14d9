/** What somebody could do who has write access to the database: a file per service, or a schema per service. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import type { Running } from '../test/harness/server.ts';
import { must } from './story.ts';

export interface Cell<Value> {
  service: string;
  table: string;
  column: string;
  /** Of the row: a column, and what is in it. */
  key: string;
  is: string;
  change(value: Value): Value;
}

export async function changeCell<Value>(server: Running, cell: Cell<Value>): Promise<void> {
  const { service, table, column, key, is, change } = cell;
  if (server.databaseUrl === undefined) {
    const db = new Database(join(server.dataFolder, `${service}.db`));
    const row = db.prepare(`select ${column} as value from ${table} where ${key} = ?`).get(is) as { value: Value };
    const { changes } = db.prepare(`update ${table} set ${column} = ? where ${key} = ?`).run(change(row.value), is);
    db.close();
    must(changes === 1, `${changes} rows of ${table} were changed`);
    return;
  }
  const client = new pg.Client({ connectionString: server.databaseUrl });
  await client.connect();
  const { rows } = await client.query(`select ${column} as value from ${service}.${table} where ${key} = $1`, [is]);
  const update = `update ${service}.${table} set ${column} = $1 where ${key} = $2`;
  const { rowCount } = await client.query(update, [change(rows[0].value), is]);
  await client.end();
  must(rowCount === 1, `${rowCount} rows of ${table} were changed`);
}
