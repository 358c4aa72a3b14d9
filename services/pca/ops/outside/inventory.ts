/**
 * Certificates of outside CAs in the inventory of certificates from elsewhere: the first one makes an entry, each renewal a
 * version of it. The entry keeps its id and its ARN.
 */
import { hash } from 'node:crypto';
import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { PcaDeps } from '../../deps.ts';
import type { CertificateKeyRow } from '../../domain/keys/rows.ts';
import type { CheckedChain } from '../../domain/outside/check-certificate.ts';
import { OutsideFailure } from '../../domain/outside/failure.ts';
import type { OutsideCertificateRow, OutsideOrderRow } from '../../domain/outside/rows.ts';
import { type Reason, reasonOf } from '../../domain/revocation/reason.ts';
import { type KeptCertificateRow, keptCertificateRowBytes, keptVersionRowBytes } from '../../domain/scm/rows.ts';
import { nameKeys } from '../../domain/search/name-key.ts';
import { readCertificate, serialText } from '../../domain/x509/certificate.ts';
import { publicKeyHash } from '../../domain/x509/public-key.ts';
import { insertKey } from '../../store/keys/key-queries.ts';
import {
  deleteKeptNames,
  guardedKept,
  insertKept,
  insertKeptNames,
  insertKeptVersion,
  readKept,
  replaceKept,
} from '../../store/scm/kept-queries.ts';
import { keptKey, sealKey, withKey } from '../keys/sealed-keys.ts';
import { certificateArnOf, keyNameOf, readOutsideOrderBody } from './order-rows.ts';
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
  const read = readCertificate(leaf);
  const version = {
    certificate_version: (renewed?.certificate_version ?? 0) + 1,
    certificate: leaf,
    chain: above.length > 0 ? Buffer.concat(above) : null,
    fingerprint: hash('sha256', leaf, 'hex'),
    has_key: 1 as const,
    state: 'ACTIVE' as const,
    ...{ revoked_at: null, revocation_reason: null },
    imported_at: now,
    imported_by: callerOfColumn(order.requested_by, order.account_id).arn,
    order_reference: order.order_id,
    serial: serialText(read.serial),
    public_key_hash: publicKeyHash(read.publicKey),
    ...{ not_before: read.notBefore, not_after: read.notAfter },
  };
  const key = await movedKey(deps, order, version.certificate_version, read.publicKey, now);
  const entry = renewed
    ? await nextVersion(deps, renewed, version, nameKeys(read), now)
    : await newEntry(deps, order, version, nameKeys(read), now);
  // INVARIANT: an entry and its key, or neither.
  return { version: version.certificate_version, write: async (tx) => (await entry(tx)) && insertKey(tx, key) };
}

/** The key of the order as that of the version. */
async function movedKey(
  deps: PcaDeps,
  order: OutsideOrderRow,
  version: number,
  publicKey: Buffer,
  now: number,
): Promise<CertificateKeyRow> {
  const { account_id: accountId } = order;
  const kept = await keptKey(deps, keyNameOf(deps, order));
  if (!kept) throw deps.guard.refuse(`outside order ${order.order_id}`, 'its private key is gone');
  const certificateArn = certificateArnOf(deps, accountId, order.certificate_id);
  return withKey(deps, kept, (pkcs8) =>
    sealKey(deps, { accountId, certificateArn, version }, { pkcs8, publicKey, now }),
  );
}

/** What is of the version, and not of the entry. */
type Version = Pick<
  KeptCertificateRow,
  | 'certificate_version'
  | 'certificate'
  | 'chain'
  | 'fingerprint'
  | 'has_key'
  | 'state'
  | 'revoked_at'
  | 'revocation_reason'
  | 'imported_at'
  | 'imported_by'
  | 'order_reference'
  | 'serial'
  | 'public_key_hash'
  | 'not_before'
  | 'not_after'
>;

async function newEntry(
  deps: PcaDeps,
  order: OutsideOrderRow,
  version: Version,
  names: readonly string[],
  now: number,
): Promise<InCommit> {
  const { certificate_id, account_id } = order;
  const { partition, region } = deps.settings;
  const row = await sealedKept(deps, {
    ...version,
    ...{ certificate_id, account_id, partition, region },
    name: readOutsideOrderBody(order).names[0]?.slice(0, 64) ?? '',
    description: '',
    source: 'OUTSIDE',
    restorable_until: null,
    tags: '[]',
    enterprise_project_id: DEFAULT_PROJECT,
    created_at: now,
    version: 1,
  });
  return (tx) => insertKept(tx, row, names);
}

async function nextVersion(
  deps: PcaDeps,
  { certificate_id, certificate_version }: OutsideCertificateRow,
  version: Version,
  names: readonly string[],
  now: number,
): Promise<InCommit> {
  const entry = await keptEntry(deps, certificate_id);
  if (entry?.certificate_version !== certificate_version)
    throw new OutsideFailure('wrong-certificate', notOurs(certificate_id, entry).message);
  const { row_mac, ...before } = entry;
  const next = await sealedKept(deps, { ...before, ...version, version: before.version + 1 });
  const replaced = {
    certificate_id,
    certificate_version: entry.certificate_version,
    certificate: entry.certificate,
    chain: entry.chain,
    fingerprint: entry.fingerprint,
    has_key: entry.has_key,
    state: entry.state,
    revoked_at: entry.revoked_at,
    revocation_reason: entry.revocation_reason,
    imported_at: entry.imported_at,
    imported_by: entry.imported_by,
    replaced_at: now,
  };
  const [mac] = await deps.guard.seal([keptVersionRowBytes(replaced)]);
  const namesBefore = nameKeys(readCertificate(entry.certificate));
  return async (tx) => {
    if (!(await replaceKept(tx, next))) return false;
    await insertKeptVersion(tx, { ...replaced, row_mac: mac! });
    await deleteKeptNames(tx, entry, namesBefore);
    await insertKeptNames(tx, next, names);
    return true;
  };
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

async function sealedKept(
  deps: Pick<PcaDeps, 'guard'>,
  row: Omit<KeptCertificateRow, 'row_mac'>,
): Promise<KeptCertificateRow> {
  const [row_mac] = await deps.guard.seal([keptCertificateRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}
