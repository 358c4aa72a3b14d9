/**
 * Writes lists to the stores that authorities name, reads them back, and only then counts them as published (lint 40). A
 * store that is down costs nothing but time: the list stays in its row, the attempts come at growing intervals, and the
 * metrics say since when it waits.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { ObjectStore } from '../../../../platform/objects/index.ts';
import type { Job } from '../../../../platform/runtime/service.ts';
import type { PcaDeps } from '../../deps.ts';
import { LIST_MEDIA_TYPE, lintPublished } from '../../domain/lint/lists.ts';
import type { ListRow } from '../../domain/revocation/rows.ts';
import {
  type ListSettings,
  listUris,
  type RevocationSettings,
  readSettings,
} from '../../domain/revocation/settings.ts';
import {
  type ListKey,
  listUndelivered,
  markDelivered,
  postponeDelivery,
  readListRow,
} from '../../store/revocation/list-queries.ts';

const AT_ONCE = 64;
const TURN_MS = 8_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;
/** As the PKI listener says it. */
const MOST_FRESH_SECONDS = 3_600;

export const deliverLists: Job<PcaDeps> = {
  name: 'pca-deliver-lists',
  everyMs: 1_000,
  async run(deps) {
    const until = deps.clock.now() + TURN_MS;
    for (const [name, store] of deps.listStores) await deliverTo(deps, name, store, until);
  },
};

async function deliverTo(deps: PcaDeps, name: string, store: ObjectStore, until: number): Promise<void> {
  const { clock } = deps;
  for (;;) {
    const due = await listUndelivered(deps.store.read, clock.now(), name, AT_ONCE);
    if (due.length === 0) return;
    for (const key of due) {
      // One that does not answer is not asked for every list.
      if (!(await deliver(deps, store, key)) || clock.now() >= until) return;
    }
  }
}

/** False: the store cannot be used. */
async function deliver(deps: PcaDeps, store: ObjectStore, key: ListKey): Promise<boolean> {
  const row = await readListRow(deps.store.read, key);
  const record = await deps.authorities.byId(key.authority_id);
  const settings = readSettings(record?.row.revocation ?? null);
  if (!row?.list || !settings?.lists) return true;
  try {
    for (const path of pathsOf(row, settings.lists))
      await publish(deps, store, path, { ...row, list: row.list }, settings);
    await deps.store.transaction((tx) => markDelivered(tx, row));
    return true;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const attempts = row.attempts + 1;
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 10));
    const later = { deliver_at: deps.clock.now() + wait, attempts, problem: error.message.slice(0, 1024) };
    deps.log.error({ ...key, attempts, err: error.message }, 'list of revoked certificates is not published');
    await deps.store.transaction((tx) => postponeDelivery(tx, key, later));
    return false;
  }
}

/** One for each place certificates name: their paths differ only when the settings changed. */
function pathsOf(row: ListRow, lists: ListSettings): Set<string> {
  return new Set(listUris(row.authority_id, row.shard, lists).map((uri) => new URL(uri).pathname.slice(1)));
}

async function publish(
  deps: PcaDeps,
  store: ObjectStore,
  path: string,
  row: ListRow & { list: Buffer },
  { configuration, lists }: RevocationSettings,
): Promise<void> {
  const half = Math.floor((row.next_update! - row.this_update!) / 2000);
  await store.put(path, row.list, {
    mediaType: LIST_MEDIA_TYPE,
    freshSeconds: Math.min(MOST_FRESH_SECONDS, half),
    acl: configuration.CrlConfiguration?.S3ObjectAcl,
  });
  const seen = await store.get(path);
  if (!seen) throw new ServiceError('Unavailable', `${path} is not there after it was written`);
  const expected = {
    ...{ sha256: row.sha256!, thisUpdate: row.this_update!, nextUpdate: row.next_update! },
    isShard: lists?.type === 'PARTITIONED',
  };
  for (const { level, message } of lintPublished(seen, expected, deps.clock.now())) {
    if (level === 'error') throw new ServiceError('Unavailable', `${path}: ${message} (lint 40)`);
    deps.log.warn({ path, lint: 40 }, message);
  }
}
