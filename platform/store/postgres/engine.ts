/**
 * PostgreSQL 15 or later as a store: one schema per service, READ COMMITTED with row locks, commits acknowledged
 * only when durable (`synchronous_commit=on`). Transactions, reads and records have pools of their own, so none of
 * them can starve the others into a deadlock.
 */
import { type Dialect, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely';
import pg from 'pg';
import { type CommitFaults, type Engine, RECORD_COLUMNS, type StoreLogger } from '../engine.ts';
import { StoreError } from '../error.ts';
import { describeMigrations, type Migration, type PlannedMigration, pendingMigrations } from '../migrate.ts';
import { OnlyReads } from '../portable.ts';
import type { PlatformTables } from '../tables/schema.ts';
import { portableTypes } from './connection.ts';
import { PostgresDriver } from './driver.ts';
import { fromPostgres } from './errors.ts';

const CONNECT_TIMEOUT_MS = 5000;
const OLDEST_SERVER = 150_000;
const NEVER = () => undefined;

const INSERT_RECORD = `insert into audit_outbox (${RECORD_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)`;
// Arrays instead of a VALUES list: one text for every batch size, hence one prepared statement.
const INSERT_RECORDS = `insert into audit_outbox (${RECORD_COLUMNS})
  select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[])`;

export interface PostgresOptions {
  readonly service: string;
  readonly url: string;
  readonly migrations: readonly Migration[];
  readonly connections?: number | undefined;
  readonly logger?: StoreLogger | undefined;
  readonly faults?: CommitFaults | undefined;
}

export async function openPostgres(options: PostgresOptions): Promise<Engine & { markInitialised(): void }> {
  const { service } = options;
  const where = `database of ${service}`;
  const planned = await describeMigrations('postgres', service, options.migrations);
  const connections = options.connections ?? 6;
  const pools = {
    write: openPool(options, connections, ''),
    read: openPool(options, Math.ceil(connections / 2), '-c default_transaction_read_only=on'),
    records: openPool(options, 1, ''),
  };
  const closePools = () => Promise.all(Object.values(pools).map((pool) => pool.end()));
  try {
    await inspect(pools.write, service, planned);
  } catch (error) {
    await closePools();
    throw fromPostgres(error, where);
  }

  let commits = 0;
  const fate = () => {
    commits += 1;
    return options.faults?.onCommit(commits);
  };
  const driverOf = (pool: pg.Pool, begin: string, on = NEVER as typeof fate) =>
    new PostgresDriver(pool, where, begin, on);
  const kysely = (driver: PostgresDriver, ...plugins: OnlyReads[]) =>
    new Kysely<PlatformTables>({ dialect: dialect(driver), plugins });
  const reading = kysely(driverOf(pools.read, ''), new OnlyReads());
  const viewing = kysely(driverOf(pools.read, 'begin isolation level repeatable read read only'), new OnlyReads());

  return {
    name: 'postgres',
    writer: kysely(driverOf(pools.write, 'begin', fate)),
    reader: reading,
    insertRecordText: INSERT_RECORD,
    now: () => sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    markInitialised: () => undefined,

    async lockMigrations(tx) {
      await sql`set local lock_timeout = '60s'`.execute(tx);
      await sql`set local statement_timeout = 0`.execute(tx);
      await sql`lock table schema_migration in share row exclusive mode`.execute(tx);
    },

    async insertRecords(rows) {
      const doom = fate();
      if (doom === 'fail') throw new StoreError('unavailable', `commit on ${where} was refused`);
      try {
        await pools.records.query({
          name: 'insert_records',
          text: INSERT_RECORDS,
          values: [
            rows.map((row) => row.event_id),
            rows.map((row) => row.position),
            rows.map((row) => row.account_id),
            rows.map((row) => row.wseq),
            rows.map((row) => row.boot),
            rows.map((row) => row.created_at),
            rows.map((row) => row.record),
          ],
        });
      } catch (error) {
        throw fromPostgres(error, where);
      }
      if (doom === 'lose-answer') {
        throw new StoreError('unavailable', `answer to commit on ${where} was lost`, { committed: 'unknown' });
      }
    },

    snapshot: (work) => viewing.transaction().execute(work),

    async health() {
      try {
        await sql`select v from global_version`.execute(reading);
        return { ok: true, detail: `postgres schema ${service}` };
      } catch (error) {
        return { ok: false, detail: error instanceof StoreError ? error.message : `${where} does not answer` };
      }
    },

    async close() {
      await closePools();
    },
  };
}

function openPool(options: PostgresOptions, max: number, settings: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: `parapet ${options.service}`,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    types: portableTypes,
    options: [
      `-c search_path=${options.service}`,
      '-c synchronous_commit=on',
      '-c lock_timeout=5s',
      '-c statement_timeout=30s',
      '-c idle_in_transaction_session_timeout=30s',
      settings,
    ].join(' '),
  });
  const warn = (error: Error) =>
    options.logger?.warn({ service: options.service, error: error.message }, 'connection lost');
  pool.on('error', warn);
  // A connection in use has no listener of the pool; without one its error would end the process.
  pool.on('connect', (client) => client.on('error', warn));
  return pool;
}

// Looks before anything is written: server version, then the migrations in the schema, if there is one.
async function inspect(pool: pg.Pool, service: string, planned: readonly PlannedMigration[]): Promise<void> {
  const version = await pool.query<{ server_version_num: string }>('show server_version_num');
  if (Number(version.rows[0]?.server_version_num) < OLDEST_SERVER) {
    throw new StoreError('unsupported', `database server of ${service} is older than PostgreSQL 15`, {
      hint: 'upgrade the server',
    });
  }
  const encoding = await pool.query<{ server_encoding: string }>('show server_encoding');
  if (encoding.rows[0]?.server_encoding !== 'UTF8') {
    throw new StoreError('unsupported', `database of ${service} is not encoded in UTF-8`, {
      hint: 'create the database with encoding UTF8',
    });
  }
  const tables = await pool.query<{ name: string }>('select tablename as name from pg_tables where schemaname = $1', [
    service,
  ]);
  if (tables.rows.some(({ name }) => name === 'schema_migration')) {
    const applied = await pool.query('select area, name, checksum from schema_migration');
    pendingMigrations(`schema ${service}`, planned, applied.rows);
    return;
  }
  if (tables.rows.length > 0) {
    throw new StoreError('schema-mismatch', `schema ${service} belongs to another program`, {
      hint: 'use another database',
    });
  }
  const schema = await pool.query('select 1 from pg_namespace where nspname = $1', [service]);
  if (schema.rows.length > 0) return;
  try {
    await pool.query(`create schema if not exists ${service}`);
  } catch (error) {
    // Another starter creates it at the same moment: it is there now.
    const translated = fromPostgres(error, `database of ${service}`);
    if (!(translated instanceof StoreError && translated.retryable)) throw error;
  }
}

function dialect(driver: PostgresDriver): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}
