/**
 * Certificates of outside CAs in the inventory of certificates from elsewhere: the first one makes an entry, each renewal a
 * version of it. The entry keeps its id and its ARN.
 */
import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { PcaDeps } from '../../deps.ts';
import type { CheckedChain } from '../../domain/outside/check-certificate.ts';
import { OutsideFailure } from '../../domain/outside/failure.ts';
import type { OutsideCertificateRow, OutsideOrderRow } from '../../domain/outside/rows.ts';
import { type Reason, reasonOf } from '../../domain/revocation/reason.ts';
import type { KeptCertificateRow } from '../../domain/scm/rows.ts';
import { readCertificate } from '../../domain/x509/certificate.ts';
import { guardedKept, readKept, replaceKept } from '../../store/scm/kept-queries.ts';
import { keptKey, withKey } from '../keys/sealed-keys.ts';
import {
  type Brought,
  type NewKept,
  type Prepared,
  prepareNew,
  prepareNext,
  sealedKept,
  storeNew,
  storeNext,
} from '../scm/keep.ts';
import { keptRecord } from '../scm/kept-access.ts';
import { keyNameOf, readOutsideOrderBody } from './order-rows.ts';
import { callerOfColumn } from './record.ts';

export interface Kept {
  version: number;
  write: InCommit;
}

/** Why the next version of a certificate cannot be kept. */
export function notOurs(certificateId: string, entry: KeptCertificateRow | undefined) {
  const what = `certificate ${certificateId}`;
  return entry
    ? { message: `${what} got another version by hand`, next: 'request another certificate, or revoke this one' }
    : { message: `${what} is not in the inventory any more`, next: 'restore it, or revoke it' };
}

/** False: somebody was faster. */
export type InCommit = (tx: AnyTransaction) => Promise<boolean>;

/** Undefined also for one that is being deleted. */
export async function keptEntry(deps: PcaDeps, certificateId: string): Promise<KeptCertificateRow | undefined> {
  const row = await readKept(deps.store.read, certificateId);
  if (!row) return undefined;
  await deps.guard.verify([guardedKept(row)]);
  if (row.certificate_id !== certificateId)
    throw deps.guard.refuse(`certificate ${certificateId}`, 'the row is about another certificate');
  return row.restorable_until === null ? row : undefined;
}

/** The entry with what was issued. Throws `OutsideFailure` when there is none any more that it would be a version of. */
export async function withIssued(
  deps: PcaDeps,
  order: OutsideOrderRow,
  renewed: OutsideCertificateRow | undefined,
  { leaf, above }: CheckedChain,
  now: number,
): Promise<Kept> {
  const key = await keptKey(deps, keyNameOf(deps, order));
  if (!key) throw deps.guard.refuse(`outside order ${order.order_id}`, 'its private key is gone');
  const brought = {
    ...{ certificate: readCertificate(leaf), chain: above.map((bytes) => readCertificate(bytes)), now },
    by: callerOfColumn(order.requested_by, order.account_id).arn,
    orderReference: order.order_id,
  };
  // INVARIANT: an entry and its key, or neither.
  const prepared = await withKey(deps, key, (pkcs8) =>
    renewed
      ? nextVersion(deps, renewed, { ...brought, pkcs8 })
      : prepareNew(deps, newEntry(deps, order, { ...brought, pkcs8 })),
  );
  return {
    version: prepared.row.certificate_version,
    async write(tx) {
      const outcome = await (renewed ? storeNext : storeNew)(tx, prepared);
      if (outcome === 'full') throw new OutsideFailure('wrong-certificate', 'the inventory of the account is full');
      if (outcome === 'exists')
        throw new OutsideFailure('wrong-certificate', 'the CA answered a certificate that the account has already');
      return outcome === 'stored';
    },
  };
}

function newEntry(deps: PcaDeps, order: OutsideOrderRow, brought: Brought): NewKept {
  const { partition, region } = deps.settings;
  return {
    ...brought,
    place: { accountId: order.account_id, partition, region },
    certificateId: order.certificate_id,
    ...{ name: readOutsideOrderBody(order).names[0]?.slice(0, 63) ?? '', description: '' },
    ...{ source: 'OUTSIDE', tags: '[]', projectId: DEFAULT_PROJECT },
  };
}

async function nextVersion(
  deps: PcaDeps,
  { certificate_id, certificate_version }: OutsideCertificateRow,
  brought: Brought,
): Promise<Prepared> {
  const entry = await keptEntry(deps, certificate_id);
  if (entry?.certificate_version !== certificate_version)
    throw new OutsideFailure('wrong-certificate', notOurs(certificate_id, entry).message);
  return prepareNext(deps, keptRecord(entry), brought);
}

/** The entry says that its version is revoked; nothing, when it is not there, or has another version. */
export async function withRevocation(
  deps: PcaDeps,
  of: OutsideCertificateRow,
  reason: number,
  now: number,
): Promise<InCommit> {
  const entry = await keptEntry(deps, of.certificate_id);
  if (entry?.certificate_version !== of.certificate_version) return async () => true;
  const { row_mac, ...before } = entry;
  const next = await sealedKept(deps, {
    ...before,
    state: 'REVOKED',
    revoked_at: now,
    revocation_reason: reasonOf(reason) as Reason,
    version: before.version + 1,
  });
  return (tx) => replaceKept(tx, next);
}
