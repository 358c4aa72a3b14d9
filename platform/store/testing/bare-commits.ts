/** The same work as an audited change, straight on the drivers: what the bench compares the store with. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';

export interface BareCommits {
  /** One change with its record, durable on return. */
  commit(): Promise<void> | void;
  close(): Promise<void> | void;
}

/** One SQLite connection with the durability of the store. */
export function bareSqlite(folder: string, text: string): BareCommits {
  const db = new Database(join(folder, 'bare.db'));
  db.pragma('journal_mode = wal');
  db.pragma('synchronous = full');
  db.exec("create table counter (id text primary key, n integer) strict; insert into counter values ('1', 0)");
  db.exec('create table record (id text primary key, text text) strict');
  const update = db.prepare('update counter set n = n + 1 where id = ?');
  const insert = db.prepare('insert into record values (?, ?)');
  let n = 0;
  const change = db.transaction(() => {
    update.run('1');
    insert.run(`event-${n}`, text);
  });
  return {
    commit() {
      n += 1;
      change.immediate();
    },
    close: () => void db.close(),
  };
}

/** One PostgreSQL connection with prepared statements. */
export async function barePostgres(url: string, text: string): Promise<BareCommits> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create schema bare; create table bare.counter (id text primary key, n bigint)');
  await client.query(
    "insert into bare.counter values ('1', 0); create table bare.record (id text primary key, text text)",
  );
  let n = 0;
  return {
    async commit() {
      n += 1;
      await client.query('begin');
      await client.query({ name: 'u', text: 'update bare.counter set n = n + 1 where id = $1', values: ['1'] });
      await client.query({ name: 'i', text: 'insert into bare.record values ($1, $2)', values: [`event-${n}`, text] });
      await client.query('commit');
    },
    close: () => client.end(),
  };
}
