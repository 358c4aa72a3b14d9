/**
 * Makes lists of revoked certificates. The number is on disk before anything is signed; what is signed was checked by lints
 * against the list before; the signature is verified; list, bookkeeping and record are one commit, of whoever holds the
 * lease. The list before is the base of the next one: its signature says that it is ours, so only what changed is read
 * and verified, and a row that somebody removed from the database does not take its certificate off the list.
 */
import { hash } from 'node:crypto';
import { serviceCaller } from '../../../../platform/client/transport.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import { PublishRevocationList } from '../../api/revocation/lists.ts';
import type { PcaDeps } from '../../deps.ts';
import { lintList } from '../../domain/lint/lists.ts';
import {
  countEntries,
  type EntryChange,
  mergeEntries,
  serialContent,
  writeEntry,
} from '../../domain/revocation/entries.ts';
import { assembleList, type RevocationList, readList, writeListTbs } from '../../domain/revocation/list.ts';
import { LISTED, type ListRow, type RevocationRow } from '../../domain/revocation/rows.ts';
import {
  AUTHORITIES_SHARD,
  listDays,
  listUris,
  publishesLists,
  type RevocationSettings,
  readSettings,
  shardOf,
} from '../../domain/revocation/settings.ts';
import { DAY_MS } from '../../domain/validity.ts';
import { ALGORITHM, verifies } from '../../domain/x509/algorithm.ts';
import { TYPE } from '../../ops/authority-access.ts';
import { requireAgreement } from '../../ops/revocation/revocation-of.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import type { Reader } from '../../store/authority-queries.ts';
import { endLease, extendLease, type ListKey, leaseList, listDueLists } from '../../store/revocation/list-queries.ts';
import {
  assignShard,
  countListed,
  expiredRevocations,
  guardedRevocation,
  listedRevocations,
  markListed,
  pendingRevocations,
  unassignedRevocations,
} from '../../store/revocation/revocation-queries.ts';

/** Of a maker that does not live any more: the next one makes the list within the minute that was promised. */
const LEASE_MS = 20_000;
const EXTEND_EVERY_MS = 5_000;
const AT_ONCE = 64;
/** Longest time between two lists, whatever their lifetime. */
const MOST_BETWEEN_MS = 6 * 3_600_000;
const RETRY_MS = 30_000;
/** More of them are in the list after, which is due at once: memory is bounded, whatever was revoked. */
const MOST_CHANGES = 50_000;
const NOTHING = Buffer.alloc(0);

export class ListMaker {
  private readonly deps: PcaDeps;

  constructor(deps: PcaDeps) {
    this.deps = deps;
  }

  /** Makes lists that are due, until there are none or the time is over; answers how many. */
  async makeDue(untilMs: number): Promise<number> {
    const { clock, store } = this.deps;
    let made = 0;
    for (;;) {
      const due = await listDueLists(store.read, clock.now(), AT_ONCE);
      if (due.length === 0) return made;
      for (const key of due) {
        if (await this.makeOrReport(key)) made++;
        if (clock.now() >= untilMs) return made;
      }
    }
  }

  private async makeOrReport(key: ListKey): Promise<boolean> {
    const { clock, store, log } = this.deps;
    const now = clock.now();
    const leased = await store.transaction((tx) => leaseList(tx, key, { now, until: now + LEASE_MS }));
    if (!leased) return false;
    const extending = setInterval(() => void this.extend(leased), EXTEND_EVERY_MS);
    try {
      return await this.make(leased);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      log.error({ ...key, err: problem }, 'list of revoked certificates could not be made');
      const outcome = { due_at: clock.now() + RETRY_MS, problem: problem.slice(0, 1024) };
      await store.transaction((tx) => endLease(tx, leased, outcome));
      return false;
    } finally {
      clearInterval(extending);
    }
  }

  /** A list of a million takes its time. Whoever loses the lease all the same stores nothing. */
  private async extend(leased: ListRow): Promise<void> {
    const { clock, store, log } = this.deps;
    try {
      await store.transaction((tx) => extendLease(tx, leased, clock.now() + LEASE_MS));
    } catch (error) {
      log.warn({ ...keyOf(leased), err: String(error) }, 'the lease of a list could not be extended');
    }
  }

  private async make(leased: ListRow): Promise<boolean> {
    const { clock, store, authorities } = this.deps;
    const now = clock.now();
    const record = await authorities.byId(leased.authority_id);
    const settings = readSettings(record?.row.revocation ?? null);
    const isOver = !record || record.issuer.chain.length === 0 || (record.row.not_after ?? 0) < now;
    if (isOver || !settings || !publishesLists(settings)) {
      await store.transaction((tx) => endLease(tx, leased, { due_at: null, problem: null }));
      return false;
    }
    await this.assign(record, settings);
    const before = this.previous(leased, record);
    const changes = await this.changes(leased, before);
    const signed = await this.sign(leased, record, settings, before, changes);
    return this.store(leased, record, settings, signed, changes);
  }

  /** Revocations from before there were lists, and those that came while the lists were switched on. */
  private async assign({ row }: AuthorityRecord, { lists }: RevocationSettings): Promise<void> {
    const { store } = this.deps;
    if ((await unassignedRevocations(store.read, row.authority_id)).length === 0) return;
    await store.transaction(async (tx) => {
      for (const one of await unassignedRevocations(tx, row.authority_id)) {
        const shard = shardOf(Buffer.from(one.serial, 'hex'), one.is_authority === 1, lists);
        if (shard !== undefined) await assignShard(tx, one, shard);
      }
    });
  }

  /** SECURITY: a stored list is believed when the authority signed it. */
  private previous(leased: ListRow, { row, issuer }: AuthorityRecord): RevocationList | undefined {
    if (leased.list === null) return undefined;
    try {
      const list = readList(leased.list);
      const isOurs = list.issuer.equals(issuer.subject.bytes);
      if (isOurs && verifies(list.tbs, list.outerAlgorithm, list.signature, row.public_key)) return list;
    } catch {
      // Said below, as for a signature that does not verify.
    }
    const { authority_id, shard } = leased;
    this.deps.log.error({ authority_id, shard }, 'stored list refused: it is made again from the records');
    return undefined;
  }

  private async changes({ authority_id, shard }: ListRow, before: RevocationList | undefined): Promise<Changes> {
    const { store, guard, log } = this.deps;
    const of = { authorityId: authority_id, shard };
    const found = await store.snapshot(async (view) => {
      const db = view as Reader;
      return {
        pending: await pendingRevocations(db, of, MOST_CHANGES),
        expired: before ? await expiredRevocations(db, of, before.thisUpdate) : [],
        listed: await countListed(db, of),
      };
    });
    const known = countEntries(before?.entries ?? NOTHING);
    const differ = known !== found.listed;
    if (differ && before)
      log.error(
        { ...of, entries: known, records: found.listed },
        'list and records differ: it is made again from both',
      );
    // A row that was removed leaves its entry where it is; one that was added comes to it.
    const again = differ ? await listedRevocations(store.read, of) : [];
    await guard.verify([...found.pending, ...again, ...found.expired].map(guardedRevocation));
    // SECURITY: nothing leaves by a row that is older than what became of the certificate since.
    for (const row of [...found.pending, ...again])
      if (row.state === 'released') await requireAgreement(this.deps, row);
    const changes = changesOf([...found.pending, ...again], found.expired);
    const recorded = differ ? undefined : found.listed + changes.growth;
    return { ...changes, recorded: before ? recorded : changes.shown.length };
  }

  private async sign(
    leased: ListRow,
    record: AuthorityRecord,
    settings: RevocationSettings,
    before: RevocationList | undefined,
    changes: Changes,
  ): Promise<Signed> {
    const { clock, hsm, authorities } = this.deps;
    const { row, issuer } = record;
    const lists = settings.lists!;
    const { shard, authority_id: authorityId } = leased;
    const thisUpdate = Math.floor(clock.now() / 1000) * 1000;
    const lifetime = listDays(settings) * DAY_MS;
    const only = shard === AUTHORITIES_SHARD ? ('authorities' as const) : ('users' as const);
    const scope = lists.type === 'COMPLETE' ? undefined : { uris: listUris(authorityId, shard, lists), only };
    const { entries, count } = mergeEntries(before?.entries ?? NOTHING, changes.entries);
    const tbs = writeListTbs({
      algorithm: row.signing_algorithm,
      issuer: issuer.subject.bytes,
      keyId: issuer.keyId,
      number: leased.number,
      thisUpdate,
      // The last second counts.
      nextUpdate: thisUpdate + lifetime - 1000,
      entries,
      scope,
    });
    const findings = lintList(tbs, {
      issuer,
      scope,
      maxLifetime: lifetime,
      previous: before && { number: leased.list_number ?? 0, thisUpdate: before.thisUpdate, entries: before.entries },
      mayLeave: (serial) => changes.leaving.has(serial),
      mayJoin: (serial) =>
        changes.joining.has(serial) &&
        shardOf(Buffer.from(serial, 'hex'), changes.joining.get(serial) === 1, lists) === shard,
      recorded: changes.recorded,
    });
    const [error] = findings.filter(({ level }) => level === 'error');
    if (error) throw new ServiceError('Internal', `${error.message} (lint ${error.lint}, ${error.name})`);
    const { hsm: algorithm, identifier, hash: name } = ALGORITHM[row.signing_algorithm];
    const key = await authorities.keyOf(row);
    const message = hash(name, tbs, 'buffer');
    const signature = await hsm.signWith(key, { algorithm, message, isDigest: true });
    // SECURITY: a token that errs must not make a list that nobody can use.
    if (!verifies(tbs, identifier, signature, row.public_key))
      throw new ServiceError('Internal', `the signature by authority ${authorityId} does not verify`);
    return { list: assembleList(tbs, row.signing_algorithm, signature), count, thisUpdate, lifetime };
  }

  private async store(
    leased: ListRow,
    record: AuthorityRecord,
    settings: RevocationSettings,
    { list, count, thisUpdate, lifetime }: Signed,
    changes: Changes,
  ): Promise<boolean> {
    const { clock, store, recorder, ids } = this.deps;
    const now = clock.now();
    const of = { authorityId: leased.authority_id, shard: leased.shard };
    const nextUpdate = thisUpdate + lifetime - 1000;
    const sha256 = hash('sha256', list, 'hex');
    const outcome = {
      due_at: now + Math.min(MOST_BETWEEN_MS, lifetime / 2),
      ...{ list, list_number: leased.number, sha256, this_update: thisUpdate, next_update: nextUpdate, entries: count },
      ...(settings.configuration.CrlConfiguration?.S3BucketName !== undefined && { deliver_at: now, attempts: 0 }),
      problem: null,
    };
    return store.transaction(async (tx) => {
      if (!(await endLease(tx, leased, outcome))) return false;
      await markListed(tx, changes.shown, LISTED.listed);
      await markListed(tx, changes.left, LISTED.left);
      // What was revoked while the list was made is in the next one, at once.
      const waiting = await pendingRevocations(tx as Reader, of, 1);
      if (waiting.length > 0) await endLease(tx, leased, { due_at: now });
      await recorder.appendIn(tx, {
        eventId: ids.uuidv7(),
        operation: PublishRevocationList,
        caller: { ...serviceCaller('pca'), accountId: leased.account_id },
        origin: {
          requestId: ids.uuidv7(),
          sourceIp: '127.0.0.1',
          userAgent: 'parapet/pca',
          receivedAt: now,
          protocol: 'internal',
        },
        now,
        input: {
          CertificateAuthorityArn: record.arn,
          ...{ Shard: leased.shard, Number: leased.number, ThisUpdate: thisUpdate, NextUpdate: nextUpdate },
          ...{ Entries: count, Sha256: sha256 },
        },
        resources: [{ ARN: record.arn, accountId: leased.account_id, type: TYPE }],
      });
      return true;
    });
  }
}

const keyOf = ({ authority_id, shard }: ListKey): ListKey => ({ authority_id, shard });

interface Signed {
  list: Buffer;
  count: number;
  thisUpdate: number;
  lifetime: number;
}

/** What makes the next list of the one before. */
interface Changes {
  entries: EntryChange[];
  /** Rows whose certificates the list will show, and those whose certificates it will not show any more. */
  shown: RevocationRow[];
  left: RevocationRow[];
  leaving: ReadonlySet<string>;
  /** By serial number, with what tells the shard. */
  joining: ReadonlyMap<string, 0 | 1>;
  /** Entries that the next list has by the records; undefined: they differ, which was said. */
  recorded: number | undefined;
}

function changesOf(rows: readonly RevocationRow[], expired: readonly RevocationRow[]) {
  const left = [...rows.filter(({ state }) => state === 'released'), ...expired];
  const leaving = new Set(left.map(({ serial }) => serial));
  const shown = rows.filter(({ serial }) => !leaving.has(serial));
  const isOn = ({ listed }: RevocationRow) => listed === LISTED.listed || listed === LISTED.changed;
  return {
    entries: [
      ...shown.map(({ serial, revoked_at, reason }) => {
        const content = serialContent(serial);
        return { serial: content, entry: writeEntry(content, revoked_at, reason) };
      }),
      ...left.map(({ serial }) => ({ serial: serialContent(serial), entry: undefined })),
    ],
    shown,
    left,
    leaving,
    joining: new Map(shown.map((row) => [row.serial, row.is_authority] as const)),
    growth: shown.filter((row) => !isOn(row)).length - left.filter(isOn).length,
  };
}
