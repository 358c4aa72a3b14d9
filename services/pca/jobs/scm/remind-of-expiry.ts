/**
 * Tells in the audit log that certificates expire: once for each certificate and threshold. A step reads a bounded number
 * of rows of an index, and writes its records and how far it came in one commit: a process that ends in between has told
 * nothing, and whoever goes on begins where the last commit was. Certificates that were revoked, replaced or deleted are
 * passed over, and those whose row does not verify.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { Job } from '../../../../platform/runtime/service.ts';
import { CertificateExpires } from '../../api/scm/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { isTold, passedUntil, THRESHOLDS, type Threshold } from '../../domain/scm/expiry.ts';
import type { ExpiryWalkRow } from '../../domain/scm/rows.ts';
import { arnOf, guardedListed, sourceOf, statusesOf } from '../../ops/search/listed.ts';
import { insertWalk, readWalk, replaceWalk } from '../../store/scm/expiry-walks.ts';
import type { Listed } from '../../store/search/listed.ts';
import { EXPIRING } from './expiring.ts';
import { recordOf } from './record.ts';
import { isReplaced } from './replaced.ts';

const BATCH = 200;

export const remindOfExpiry: Job<PcaDeps> = {
  name: 'pca-remind-of-expiry',
  everyMs: 15 * 60_000,
  async run(deps) {
    for (const kind of ['issued', 'kept'] as const)
      for (const days of THRESHOLDS) while (await remindStep(deps, kind, days));
  },
};

/** Whether there is more to do. */
export async function remindStep(deps: PcaDeps, kind: Listed['kind'], days: Threshold): Promise<boolean> {
  const now = deps.clock.now();
  const walk = await readWalk(deps.store.read, kind, days);
  if (!walk) return begin(deps, kind, days, now);
  const until = walk.walks_to ?? passedUntil(days, now);
  if (until <= walk.walked_until) return false;
  const window = { from: walk.walked_until, until };
  const found = await EXPIRING[kind](deps, window, walk.position ?? undefined, BATCH);
  const told = await toldOf(deps, found.listed, days, now);
  const isOver = found.position === undefined;
  const next: ExpiryWalkRow = {
    ...{ source: kind, days, version: walk.version + 1 },
    walked_until: isOver ? until : walk.walked_until,
    walks_to: isOver ? null : until,
    position: found.position ?? null,
  };
  return deps.store.transaction(async (tx) => {
    // INVARIANT: what was told and how far it came are one commit.
    if (!(await replaceWalk(tx, next))) return false;
    for (const listed of told) {
      const arn = arnOf(deps, listed);
      const { account_id: accountId, not_after: NotAfter } = listed.row;
      const input = { CertificateArn: arn, Source: sourceOf(listed), NotAfter, DaysBeforeExpiry: days };
      await deps.recorder.appendIn(tx, recordOf(deps, CertificateExpires, { accountId, arn, now }, input));
    }
    return !isOver;
  });
}

/** What passed the threshold before anybody looked for the first time is not told. */
async function begin(deps: PcaDeps, source: string, days: Threshold, now: number): Promise<boolean> {
  const row = { source, days, walked_until: passedUntil(days, now), walks_to: null, position: null, version: 1 };
  await deps.store.transaction((tx) => insertWalk(tx, row));
  return false;
}

async function toldOf(deps: PcaDeps, listed: readonly Listed[], days: Threshold, now: number): Promise<Listed[]> {
  const passed = listed.filter((one) => isTold(days, { notAfter: one.row.not_after, since: sinceOf(one) }, now));
  const genuine: Listed[] = [];
  for (const one of passed) if (await isGenuine(deps, one)) genuine.push(one);
  const statuses = await statusesOf(deps, genuine, now);
  const told: Listed[] = [];
  for (const [at, one] of genuine.entries()) {
    const isInUse = statuses[at] === 'ACTIVE' || statuses[at] === 'EXPIRED';
    if (isInUse && !(await isReplaced(deps, one))) told.push(one);
  }
  return told;
}

/** Since when the certificate is there: a version that was brought later had not been there before. */
function sinceOf(listed: Listed): number {
  return listed.kind === 'kept' ? listed.row.imported_at : listed.row.created_at;
}

async function isGenuine(deps: PcaDeps, listed: Listed): Promise<boolean> {
  try {
    await deps.guard.verify([guardedListed(listed)]);
    return true;
  } catch (error) {
    // It is in the log, for the investigation.
    if (error instanceof ServiceError) return false;
    throw error;
  }
}
