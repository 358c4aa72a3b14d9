/**
 * Dumps of a PostgreSQL database by the tools of PostgreSQL: one snapshot over the schemas of all services, so one moment.
 * Passwords reach the tools by their environment, never by their arguments.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type pg from 'pg';
import { StoreError } from '../error.ts';
import type { Ask } from './facts.ts';

const VERSIONS = '/usr/lib/postgresql';

export interface HeldServer {
  ask(schema: string): Ask;
  /** The dump in the custom format of pg_dump. */
  dump(schemas: readonly string[]): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export async function holdServer(url: string): Promise<HeldServer> {
  const client = await connect(url);
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows } = await client.query<{ id: string }>('select pg_export_snapshot() as id');
    const snapshot = rows[0]?.id ?? '';
    return {
      ask: (schema) => async (statement) => {
        await client.query(`set local search_path = ${quoted(schema)}`);
        return (await client.query(statement)).rows[0];
      },
      dump: (schemas) =>
        output(url, 'pg_dump', [
          '--format=custom',
          '--no-owner',
          '--no-privileges',
          `--snapshot=${snapshot}`,
          ...schemas.map((schema) => `--schema=${schema}`),
        ]),
      close: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw unavailable(error);
  }
}

/** Which of the schemas have tables already. */
export async function usedSchemas(url: string, schemas: readonly string[]): Promise<string[]> {
  const client = await connect(url);
  try {
    const { rows } = await client.query<{ name: string }>(
      'select distinct schemaname as name from pg_tables where schemaname = any($1) order by 1',
      [schemas],
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** What a schema of the database says; for databases that nobody changes meanwhile. */
export async function askOnce<T>(url: string, schema: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const held = await holdServer(url);
  try {
    return await work(held.ask(schema));
  } finally {
    await held.close();
  }
}

/** All of the dump or nothing of it. */
export async function restoreDump(url: string, dump: string): Promise<void> {
  const { place, environment } = target(url);
  const args = ['--no-owner', '--no-privileges', '--exit-on-error', '--single-transaction', `--dbname=${place}`, dump];
  await ended(spawn(program('pg_restore'), args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] }));
}

/** What is wrong with a dump; undefined: it can be read to its end. */
export async function dumpFault(dump: string): Promise<string | undefined> {
  try {
    await ended(spawn(program('pg_restore'), ['--file=/dev/null', dump], { stdio: ['ignore', 'ignore', 'pipe'] }));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read';
  }
}

/** Leaves of the log as the dump has them: nearly always in their order. */
export async function* dumpedLeaves(dump: string): AsyncGenerator<{ position: number; leaf: Buffer }> {
  const child = spawn(program('pg_restore'), ['--data-only', '--schema=audit', '--table=log_entry', '--file=-', dump], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = ended(child);
  end.catch(() => undefined);
  let columns: string[] | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === '\\.') columns = undefined;
    else if (columns) {
      const values = line.split('\t');
      const of = (name: string) => values[columns?.indexOf(name) ?? -1] ?? '';
      yield { position: Number(of('position')), leaf: Buffer.from(of('leaf').slice('\\\\x'.length), 'hex') };
    } else columns = /^COPY audit\.log_entry \(([^)]*)\) FROM stdin;$/.exec(line)?.[1]?.split(', ').map(unquoted);
  }
  await end;
}

async function connect(url: string): Promise<pg.Client> {
  // Commands that need no server do not wait for the driver.
  const { default: driver } = await import('pg');
  const client = new driver.Client({ connectionString: url, application_name: 'parapet backup' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw unavailable(error);
  }
}

async function* output(url: string, name: string, args: string[]): AsyncGenerator<Buffer> {
  const { place, environment } = target(url);
  const child = spawn(program(name), [...args, `--dbname=${place}`], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = ended(child);
  // Awaited below, or by nobody when the reader stops.
  end.catch(() => undefined);
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    await end;
  } finally {
    child.kill();
  }
}

/** The address without its password, which goes into the environment. */
function target(url: string): { place: string; environment: Record<string, string> } {
  const parsed = new URL(url);
  const password = decodeURIComponent(parsed.password);
  parsed.password = '';
  return {
    place: parsed.href,
    environment: { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...(password !== '' && { PGPASSWORD: password }) },
  };
}

const MOST_TOLD = 2_000;

function ended(child: ChildProcess): Promise<void> {
  let told = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    told = (told + chunk.toString('utf8')).slice(0, MOST_TOLD);
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) =>
      code === 0
        ? done()
        : failed(
            new StoreError('unavailable', `${child.spawnfile.split('/').at(-1)} ended with ${code}: ${told.trim()}`),
          ),
    );
  });
}

/** The newest that is installed: it reads older servers, and older dumps. */
function program(name: string): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).map(Number) : [];
  const path = versions
    .filter((version) => Number.isInteger(version))
    .sort((a, b) => b - a)
    .map((version) => join(VERSIONS, String(version), 'bin', name))
    .find((candidate) => existsSync(candidate));
  const found = path ?? ['/usr/bin', '/usr/local/bin'].map((bin) => join(bin, name)).find((one) => existsSync(one));
  if (found === undefined)
    throw new StoreError('unavailable', `${name} is not installed`, { hint: 'apt-get install postgresql-client' });
  return found;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const unquoted = (name: string): string => name.replace(/^"(.*)"$/, '$1');

/** SECURITY: what the driver says may repeat the address, never the password. */
function unavailable(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  return new StoreError('unavailable', `the database does not answer: ${error instanceof Error ? error.message : ''}`, {
    cause: error,
    hint: 'PARAPET_DATABASE names it',
  });
}
