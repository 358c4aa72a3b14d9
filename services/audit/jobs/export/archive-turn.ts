/**
 * Writes files of an archive, and every hour a digest that lists them. Where a file ends is decided, and kept, before it is
 * written: after a crash the same file is written again under the same name, so an archive has no duplicates.
 */
import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { AUDIT_SIGN_KEY } from '../../../../hsm/port.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { ObjectStore } from '../../../../platform/objects/index.ts';
import {
  type ArchivedFile,
  archiveFileBytes,
  archiveFilePath,
  type DigestContent,
  digestBytes,
  digestPath,
  digestStatement,
} from '../../domain/export/archive.ts';
import type { DestinationOf } from '../../domain/export/destination.ts';
import { filesBefore, insertDigest, insertFile, lastDigest } from '../../store/export/archive-queries.ts';
import { arrivalAt, endOf, readPortion } from '../../store/export/source.ts';
import { type Outgoing, SinkFailure } from './sinks/sink.ts';
import { commit, delivered, goOn, render, type Turn } from './turn.ts';

const MOST_RECORDS = 1_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;
const DELIVER_SECONDS = 60;
const HOUR_MS = 3_600_000;
const TURN_MS = 30_000;
const compress = promisify(gzip);

type Archive = DestinationOf<'Archive'>;

/** Whether a file or a digest is due. */
export async function archiveIsDue(
  turn: Pick<Turn, 'deps' | 'source' | 'progress'>,
  archive: Archive,
): Promise<boolean> {
  const { deps, progress } = turn;
  const isDigestDue = progress.digest_at === null || progress.digest_at <= deps.clock.now();
  return isDigestDue || progress.planned !== null || (await fileIsDue(turn, archive));
}

async function fileIsDue(
  { deps, source, progress }: Pick<Turn, 'deps' | 'source' | 'progress'>,
  { DeliverSeconds = DELIVER_SECONDS }: Archive,
): Promise<boolean> {
  const waiting = (await endOf(deps.store.read, source)) - progress.position;
  if (waiting <= 0 || waiting >= MOST_RECORDS) return waiting > 0;
  const arrived = await arrivalAt(deps.store.read, source, progress.position);
  // Nothing but records of others: they are passed without a file.
  return arrived === undefined || deps.clock.now() - arrived >= DeliverSeconds * 1000;
}

export async function archiveTurn(turn: Turn, archive: Archive): Promise<void> {
  const { deps, progress } = turn;
  const store = deps.exports.stores.get(archive.Store);
  if (!store) throw new SinkFailure('away', 'the installation does not name its archive any more');
  const until = deps.clock.now() + TURN_MS;
  progress.digest_at ??= await beginDigests(turn);
  while (deps.clock.now() < until) {
    await goOn(turn);
    if (progress.digest_at <= deps.clock.now()) await writeDigest(turn, archive, store, progress.digest_at);
    else if (progress.planned !== null || (await fileIsDue(turn, archive))) await writeFiles(turn, store);
    else return;
  }
}

async function beginDigests(turn: Turn): Promise<number> {
  const { clock } = turn.deps;
  const digest_at = (Math.floor(clock.now() / HOUR_MS) + 1) * HOUR_MS;
  await commit(turn, { digest_at });
  return digest_at;
}

async function writeFiles(turn: Turn, store: ObjectStore): Promise<void> {
  const { deps, row, source, progress } = turn;
  const from = progress.position;
  const range = { from, limit: MOST_RECORDS };
  if (progress.planned === null) {
    const end = await endOf(deps.store.read, source);
    const { next } = await readPortion(deps.store.read, source, { ...range, end, maxCharacters: MAX_CHARACTERS });
    await commit(turn, { planned: next });
  }
  const planned = progress.planned as number;
  const portion = await readPortion(deps.store.read, source, {
    ...range,
    end: planned,
    maxCharacters: Number.MAX_SAFE_INTEGER,
  });
  const outgoing = await render(turn, portion.records);
  const files: ArchivedFile[] = [];
  for (const [accountId, records] of byAccount(outgoing)) files.push(await writeFile(turn, store, accountId, records));
  await commit(turn, { ...delivered(turn, outgoing.length, planned), planned: null }, async (tx) => {
    const written = { export_id: row.export_id, written_at: deps.clock.now() };
    for (const file of files) await insertFile(tx, { ...written, ...file });
  });
}

function byAccount(outgoing: readonly Outgoing[]): Map<string, Outgoing[]> {
  const found = new Map<string, Outgoing[]>();
  for (const one of outgoing) {
    const list = found.get(one.accountId);
    if (list) list.push(one);
    else found.set(one.accountId, [one]);
  }
  return found;
}

async function writeFile(
  { deps, row, organizationId }: Turn,
  store: ObjectStore,
  accountId: string,
  records: readonly Outgoing[],
): Promise<ArchivedFile> {
  const times = records.map(({ time }) => time);
  const [oldest, newest] = [Math.min(...times), Math.max(...times)];
  const place = { region: deps.exports.region, organizationId };
  const [first, last] = [records[0]!.position, records.at(-1)!.position];
  const path = archiveFilePath(place, { accountId, exportId: row.export_id, first, last, newest });
  const bytes = archiveFileBytes(records.map(({ text }) => text));
  await put({ deps, row }, store, path, bytes, {});
  return { path, sha256: hash('sha256', bytes, 'hex'), oldest, newest };
}

async function writeDigest(current: Turn, archive: Archive, store: ObjectStore, endsAt: number): Promise<void> {
  const { deps, row, organizationId } = current;
  const key = await deps.hsm.publicKey(AUDIT_SIGN_KEY);
  const previous = await lastDigest(deps.store.read, row.export_id);
  const content: DigestContent = {
    ...{ region: deps.exports.region, organizationId, accountId: row.account_id, exportName: row.name },
    bucket: archive.Store,
    ...{ startsAt: previous?.ends_at ?? endsAt - HOUR_MS, endsAt },
    files: await filesBefore(deps.store.read, row.export_id, endsAt),
    ...{ previous, key },
  };
  const bytes = digestBytes(content);
  const [path, sha256] = [digestPath(content), hash('sha256', bytes, 'hex')];
  const statement = { endsAt, bucket: archive.Store, path, sha256, previousSignature: previous?.signature };
  const signed = await deps.hsm.sign(AUDIT_SIGN_KEY, digestStatement(statement), key.keyId);
  const signature = signed.toString('hex');
  await put(current, store, path, bytes, {
    signature,
    'signature-algorithm': key.algorithm,
    'signature-key': key.keyId,
  });
  await commit(current, { digest_at: endsAt + HOUR_MS }, (tx) =>
    insertDigest(tx, { export_id: row.export_id, ends_at: endsAt, path, sha256, signature }),
  );
}

async function put(
  { deps, row }: Pick<Turn, 'deps' | 'row'>,
  store: ObjectStore,
  path: string,
  bytes: Buffer,
  metadata: Record<string, string>,
): Promise<void> {
  const packed = await compress(bytes);
  try {
    const said = Object.keys(metadata).length > 0 && { metadata };
    await store.put(path, packed, { mediaType: 'application/json', ...said });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    deps.log.warn({ export: row.export_id, err: error.message }, 'archive of the audit log cannot be written');
    // SECURITY: where the archive is, is the business of the installation.
    throw new SinkFailure('away', 'the archive cannot be written');
  }
}
