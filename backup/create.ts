/**
 * Makes a backup while the server runs, without asking it: whoever may read the data folder may make one.
 *
 * Every database is held at one moment. With PostgreSQL it is one moment for all services. With SQLite each service has its
 * own, and the audit log is held last: whatever a service had done by its moment is in its outbox, in its journal or in
 * the log, and records that are in two of them are known by their event id when they arrive again (ADR 22).
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../platform/config/config.ts';
import { logFacts, storeFacts } from '../platform/store/backup/facts.ts';
import { holdServer } from '../platform/store/backup/postgres.ts';
import { type HeldDatabase, holdDatabase, lockBackups } from '../platform/store/backup/sqlite.ts';
import { BackupError } from './error.ts';
import { contentOf, journals, keptFiles, newFile, STAGING } from './files.ts';
import { ArchiveWriter } from './format/archive.ts';
import type { Lock } from './format/lock.ts';
import type { LogHead, Manifest, ServiceMoment, TokenFacts } from './format/manifest.ts';
import { AUDIT, OTHERS, SERVICES } from './services.ts';
import { describeTokens, tokenPlaces, tokenState } from './tokens.ts';

export interface CreateOptions {
  config: Pick<Config, 'dataFolder' | 'database' | 'hsm' | 'region' | 'partition'>;
  /** The file that is made. */
  out: string;
  lock: Lock;
  release: string;
  now(): number;
  told(line: string): void;
}

const VERIFIER_KEYS = join('audit', 'verifier-keys');
const TIMES = 3;
const TOLD_EVERY = 64 * 1024 * 1024;

/** What was held still, and what is written of it. */
interface Moment {
  engine: Manifest['engine'];
  begunAt: number;
  heldAt: number;
  services: ServiceMoment[];
  log: Omit<LogHead, 'verifierKeys'> | undefined;
  parts: Map<string, () => AsyncIterable<Buffer>>;
  close(): Promise<void>;
}

export async function createBackup(options: CreateOptions): Promise<Manifest> {
  const { config } = options;
  if (!existsSync(config.dataFolder)) throw new BackupError('place', `there is no data folder ${config.dataFolder}`);
  const lock = lockBackups(config.dataFolder);
  if (!lock) throw new BackupError('place', 'another backup of this data folder is being made');
  try {
    await removeLeftovers(config.dataFolder);
    for (let time = 1; ; time++) {
      const made = await createOnce(options);
      if (made) return made;
      if (time === TIMES)
        throw new BackupError('place', 'the HSM changed while it was copied', 'try again when its rotation is over');
      options.told('the HSM changed meanwhile: beginning anew');
    }
  } finally {
    lock.release();
  }
}

/** Undefined: the HSM changed meanwhile. */
async function createOnce(options: CreateOptions): Promise<Manifest | undefined> {
  const { config, out, lock, release, told } = options;
  const staging = await mkdtemp(join(config.dataFolder, STAGING));
  const file = await newFile(out).catch(async (error: unknown) => {
    await rm(staging, { recursive: true, force: true });
    throw error;
  });
  let moment: Moment | undefined;
  try {
    const before = tokenPlaces(config);
    const tokens = describeTokens(before);
    const state = tokenState(before);
    const archive = await ArchiveWriter.begin(file.sink, lock);
    // SECURITY: keys first. What the databases refer to later is wrapped by a root that is in here already.
    for (const { files } of before) for (const [name, path] of files) await write(archive, name, contentOf(path), told);
    const written = new Set(archive.parts.map(({ name }) => name));
    // Read before the log is held, so that it never tells of more than the log has.
    for (const name of keptFiles(config.dataFolder)) {
      const part = `files/${name}`;
      if (!written.has(part) && !isOfToken(name, tokens))
        await write(archive, part, contentOf(join(config.dataFolder, name)), told);
    }
    moment = config.database === undefined ? await holdFolder(options, staging) : await holdDatabaseServer(options);
    for (const [name, content] of moment.parts) await write(archive, name, content(), told);
    if (tokenState(tokenPlaces(config)) !== state) {
      await file.abandon();
      return undefined;
    }
    const { engine, begunAt, heldAt, services, log } = moment;
    const manifest: Omit<Manifest, 'parts'> = {
      ...{ format: 1, backupId: randomUUID(), release, begunAt, heldAt, engine },
      ...{ region: config.region, partition: config.partition, services, tokens },
      log: log ? { ...log, verifierKeys: verifierKeys(config.dataFolder) } : null,
    };
    await archive.finish(manifest);
    await file.finish();
    return { ...manifest, parts: archive.parts };
  } catch (error) {
    await file.abandon();
    throw error;
  } finally {
    await moment?.close();
    await rm(staging, { recursive: true, force: true });
  }
}

async function write(
  archive: ArchiveWriter,
  name: string,
  content: AsyncIterable<Buffer>,
  told: (line: string) => void,
): Promise<void> {
  let next = TOLD_EVERY;
  await archive.part(name, content, (bytes) => {
    if (bytes < next) return;
    told(`${name}: ${Math.floor(bytes / 1024 / 1024)} MiB`);
    next = bytes + TOLD_EVERY;
  });
  if (!name.startsWith('files/')) told(`${name}: ${archive.parts.at(-1)?.bytes} bytes`);
}

/** A token folder that is not in use any more stays what it was: it is copied like any other file. */
function isOfToken(name: string, tokens: readonly TokenFacts[]): boolean {
  return tokens.some(({ place }) => name.startsWith(`${place}/`));
}

async function holdFolder({ config, now }: CreateOptions, staging: string): Promise<Moment> {
  const { dataFolder } = config;
  const held: HeldDatabase[] = [];
  try {
    const begunAt = now();
    for (const service of OTHERS) held.push(holdDatabase(dataFolder, service));
    // After the databases and before the log: what is gone from a journal by now has arrived in the log.
    const records = await copyJournals(dataFolder, staging);
    held.push(holdDatabase(dataFolder, AUDIT));
    const heldAt = now();
    const services: ServiceMoment[] = [];
    for (const { service, ask } of held) services.push({ name: service, ...(await storeFacts(ask)) });
    const log = await logFacts(held.at(-1)!.ask);
    const parts: Moment['parts'] = new Map();
    for (const name of records) parts.set(`records/${name}`, () => contentOf(join(staging, name)));
    for (const one of held) parts.set(`sqlite/${one.service}.db`, () => copyOf(one, staging));
    const close = async () => {
      for (const one of held) one.close();
    };
    return { engine: 'sqlite', begunAt, heldAt, services, log, parts, close };
  } catch (error) {
    for (const one of held) one.close();
    throw error;
  }
}

/** One copy at a time is on disk. */
async function* copyOf(held: HeldDatabase, staging: string): AsyncGenerator<Buffer> {
  const path = join(staging, `${held.service}.db`);
  await held.copyTo(path);
  yield* contentOf(path);
  await rm(path);
}

async function copyJournals(folder: string, staging: string): Promise<string[]> {
  const names: string[] = [];
  for (const service of SERVICES)
    for (const name of journals(folder, service)) {
      try {
        await copyFile(join(folder, name), join(staging, name));
        names.push(name);
      } catch (error) {
        // Delivered meanwhile, to the last record.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  return names;
}

async function holdDatabaseServer({ config, now }: CreateOptions): Promise<Moment> {
  const server = await holdServer(config.database!);
  try {
    const heldAt = now();
    const services: ServiceMoment[] = [];
    for (const name of SERVICES) services.push({ name, ...(await storeFacts(server.ask(name))) });
    const log = await logFacts(server.ask(AUDIT));
    const parts = new Map([['postgres/parapet.dump', () => server.dump(SERVICES)]]);
    return { engine: 'postgres', begunAt: heldAt, heldAt, services, log, parts, close: server.close };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Written by the audit service beside the checkpoint; absent where it runs on another machine. */
function verifierKeys(dataFolder: string): string[] {
  const path = join(dataFolder, VERIFIER_KEYS);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** Of a backup that was killed; the lock says that none is at work. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of readdirSync(folder))
    if (name.startsWith(STAGING) && statSync(join(folder, name)).isDirectory())
      await rm(join(folder, name), { recursive: true });
}
