/**
 * Brings a database to the schema of this code. All pending migrations are applied in one transaction, so a start
 * that fails leaves the old schema. Refuses a database that is ahead of the code or whose applied migrations differ
 * from the code's, before anything is written.
 */
import { createHash } from 'node:crypto';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Engine } from './engine.ts';
import { StoreError } from './error.ts';
import { type EngineName, PortableMigrations } from './portable.ts';
import { platformMigrations } from './tables/migrations.ts';
import { platform, runTransaction } from './transaction.ts';

export interface Migration {
  /** `0001_init`: four digits and a short name; the order of the list is the order of application. */
  readonly name: string;
  /**
   * Column types: text, integer, real, blob. Never edit a migration that was released: it is recorded with a
   * checksum of the statements it issues.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
  up(db: Kysely<any>): Promise<void>;
}

export interface AppliedMigration {
  readonly area: string;
  readonly name: string;
  readonly checksum: string;
}

export interface PlannedMigration extends AppliedMigration {
  readonly migration: Migration;
}

/** The code's migrations with their checksums, platform tables first. */
export async function describeMigrations(
  engine: EngineName,
  service: string,
  migrations: readonly Migration[],
): Promise<PlannedMigration[]> {
  const planned: PlannedMigration[] = [];
  for (const [area, list] of [['platform', platformMigrations] as const, [service, migrations] as const]) {
    for (const migration of list) {
      planned.push({ area, name: migration.name, checksum: await checksumOf(engine, migration), migration });
    }
  }
  return planned;
}

/**
 * The migrations still to apply.
 * @throws StoreError `newer-schema` or `schema-mismatch`
 */
export function pendingMigrations(
  where: string,
  planned: readonly PlannedMigration[],
  applied: readonly AppliedMigration[],
): PlannedMigration[] {
  const known = new Map(planned.map((entry) => [`${entry.area}/${entry.name}`, entry]));
  const unknown = applied.filter((entry) => !known.has(`${entry.area}/${entry.name}`));
  if (unknown.length > 0) {
    const names = unknown.map((entry) => `${entry.area}/${entry.name}`).join(', ');
    throw new StoreError('newer-schema', `${where} has migrations this release does not know: ${names}`, {
      hint: 'start the newer release that wrote it, or restore a backup made by this release',
    });
  }
  for (const entry of applied) {
    if (known.get(`${entry.area}/${entry.name}`)?.checksum !== entry.checksum) {
      throw new StoreError(
        'schema-mismatch',
        `migration ${entry.area}/${entry.name} of ${where} was edited after use`,
        {
          hint: 'undo the edit and add a new migration; in development start with an empty data folder',
        },
      );
    }
  }
  const done = new Set(applied.map((entry) => `${entry.area}/${entry.name}`));
  const pending = planned.filter((entry) => !done.has(`${entry.area}/${entry.name}`));
  const late = pending.find((entry) =>
    planned.some(
      (other) => other.area === entry.area && other.name > entry.name && done.has(`${other.area}/${other.name}`),
    ),
  );
  if (late !== undefined) {
    throw new StoreError('schema-mismatch', `migration ${late.area}/${late.name} of ${where} comes after a later one`, {
      hint: 'give the new migration the highest number',
    });
  }
  return pending;
}

/** Applies what is pending; safe when several processes start at once. Returns the names applied. */
export async function migrate(
  engine: Engine,
  service: string,
  migrations: readonly Migration[],
  now: () => number,
): Promise<string[]> {
  const planned = await describeMigrations(engine.name, service, migrations);
  return runTransaction(engine, async (tx) => {
    const db = tx.withPlugin(new PortableMigrations(engine.name));
    await db.schema
      .createTable('schema_migration')
      .ifNotExists()
      .addColumn('area', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('checksum', 'text', (c) => c.notNull())
      .addColumn('applied_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('schema_migration_key', ['area', 'name'])
      .execute();
    await engine.lockMigrations(tx);
    const applied = await platform(tx).selectFrom('schema_migration').select(['area', 'name', 'checksum']).execute();
    const pending = pendingMigrations(`database of ${service}`, planned, applied);
    for (const { area, name, checksum, migration } of pending) {
      await migration.up(db);
      await platform(tx).insertInto('schema_migration').values({ area, name, checksum, applied_at: now() }).execute();
    }
    return pending.map(({ area, name }) => `${area}/${name}`);
  });
}

// The statements are collected by a run against no database at all; a migration that reads rows sees none.
async function checksumOf(engine: EngineName, migration: Migration): Promise<string> {
  const hash = createHash('sha256');
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => (engine === 'sqlite' ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createIntrospector: (k) => (engine === 'sqlite' ? new SqliteIntrospector(k) : new PostgresIntrospector(k)),
      createQueryCompiler: () => (engine === 'sqlite' ? new SqliteQueryCompiler() : new PostgresQueryCompiler()),
    },
    plugins: [new PortableMigrations(engine)],
    log: ({ query }) => {
      const parameters = JSON.stringify(query.parameters);
      hash.update(`${query.sql.length}:${query.sql}${parameters.length}:${parameters}`);
    },
  });
  await migration.up(db);
  return hash.digest('hex');
}
