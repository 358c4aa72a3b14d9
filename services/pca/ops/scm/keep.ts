/**
 * Keeping certificates from elsewhere: what is checked is turned into rows, sealed before the transaction, and written
 * with their names and their private keys in one commit. A change starts from the row that was authorized; who comes
 * second gets `Conflict`. Uploading and orders at outside authorities both come through here.
 */
import { type Change, change } from '../../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { PcaDeps } from '../../deps.ts';
import type { Place } from '../../domain/authority-ref.ts';
import type { CertificateKeyRow } from '../../domain/keys/rows.ts';
import { MAX_KEPT_CERTIFICATES_PER_ACCOUNT, MAX_KEPT_VERSIONS } from '../../domain/limits.ts';
import type { Unsealed } from '../../domain/rows.ts';
import { fingerprintOf } from '../../domain/scm/facts.ts';
import {
  type KeptCertificateRow,
  type KeptSource,
  type KeptVersionRow,
  keptCertificateRowBytes,
  keptVersionRowBytes,
} from '../../domain/scm/rows.ts';
import type { KeptAction } from '../../domain/scm/status.ts';
import { keyOfLabel, nameKeys } from '../../domain/search/name-key.ts';
import { type Certificate, readCertificate, serialText } from '../../domain/x509/certificate.ts';
import { publicKeyHash } from '../../domain/x509/public-key.ts';
import { joinChain } from '../../store/authorities.ts';
import { deleteKeyRow, insertKey } from '../../store/keys/key-queries.ts';
import {
  countKept,
  deleteKeptNames,
  deleteKeptVersion,
  insertKept,
  insertKeptNames,
  insertKeptVersion,
  readKeptByFingerprint,
  replaceKept,
} from '../../store/scm/kept-queries.ts';
import type { AnyCall } from '../authority-access.ts';
import { sealKey } from '../keys/sealed-keys.ts';
import { arnOfKept, type KeptRecord, requireKept } from './kept-access.ts';

/** What is kept. The caller zeroes `pkcs8`. */
export interface Brought {
  certificate: Certificate;
  /** Its issuer first. */
  chain: readonly Certificate[];
  pkcs8: Buffer | undefined;
  by: string;
  now: number;
}

export interface NewKept extends Brought {
  place: Place;
  certificateId: string;
  name: string;
  description: string;
  source: KeptSource;
  orderReference: string | null;
  /** As columns. */
  tags: string;
  projectId: string;
}

/** Rows that are ready to be written. */
export interface Prepared {
  row: KeptCertificateRow;
  key: CertificateKeyRow | undefined;
  /** The version that goes, when one is replaced. */
  before: KeptVersionRow | undefined;
}

export type Stored = 'stored' | 'exists' | 'full' | 'changed';

export async function prepareNew(deps: PcaDeps, wanted: NewKept): Promise<Prepared> {
  const { place, certificateId, now } = wanted;
  const row = {
    certificate_id: certificateId,
    certificate_version: 1,
    ...versionOf(wanted),
    account_id: place.accountId,
    ...{ partition: place.partition, region: place.region },
    ...{ name: wanted.name, description: wanted.description },
    ...{ source: wanted.source, order_reference: wanted.orderReference },
    created_at: now,
    restorable_until: null,
    ...{ tags: wanted.tags, enterprise_project_id: wanted.projectId },
    version: 1,
  };
  return { row: await sealedKept(deps, row), key: await keyRow(deps, row, wanted), before: undefined };
}

export async function storeNew(tx: AnyTransaction, { row, key }: Prepared): Promise<Stored> {
  if ((await countKept(tx, row.account_id)) >= MAX_KEPT_CERTIFICATES_PER_ACCOUNT) return 'full';
  if (!(await insertKept(tx, row, namesOf(row.name, row.certificate)))) return 'exists';
  if (key) await insertKey(tx, key);
  return 'stored';
}

/** The next version, under the same ARN. */
export async function prepareNext(deps: PcaDeps, { row }: KeptRecord, brought: Brought): Promise<Prepared> {
  const { row_mac, ...unsealed } = row;
  const next = {
    ...unsealed,
    ...versionOf(brought),
    certificate_version: row.certificate_version + 1,
    version: row.version + 1,
  };
  const before = {
    certificate_id: row.certificate_id,
    certificate_version: row.certificate_version,
    ...{ certificate: row.certificate, chain: row.chain, fingerprint: row.fingerprint, has_key: row.has_key },
    ...{ state: row.state, revoked_at: row.revoked_at, revocation_reason: row.revocation_reason },
    ...{ imported_at: row.imported_at, imported_by: row.imported_by, replaced_at: brought.now },
  };
  const [mac] = await deps.guard.seal([keptVersionRowBytes(before)]);
  return {
    row: await sealedKept(deps, next),
    key: await keyRow(deps, next, brought),
    before: { ...before, row_mac: mac! },
  };
}

export async function storeNext(tx: AnyTransaction, { row, key, before }: Prepared): Promise<Stored> {
  const other = await readKeptByFingerprint(tx as never, row.account_id, row.fingerprint);
  if (other) return 'exists';
  if (!(await replaceKept(tx, row))) return 'changed';
  if (before) {
    await deleteKeptNames(tx, row, namesOf(row.name, before.certificate));
    await insertKeptVersion(tx, before);
  }
  await insertKeptNames(tx, row, namesOf(row.name, row.certificate));
  const oldest = row.certificate_version - MAX_KEPT_VERSIONS;
  if (oldest > 0) {
    await deleteKeptVersion(tx, row.certificate_id, oldest);
    await deleteKeyRow(tx, keyName(row, oldest));
  }
  if (key) await insertKey(tx, key);
  return 'stored';
}

export type KeptEdit = Partial<
  Pick<
    KeptCertificateRow,
    | 'name'
    | 'description'
    | 'state'
    | 'revoked_at'
    | 'revocation_reason'
    | 'restorable_until'
    | 'tags'
    | 'enterprise_project_id'
    | 'has_key'
  >
>;

export async function changeKept<Output>(
  call: AnyCall,
  deps: PcaDeps,
  record: KeptRecord,
  wanted: { action: KeptAction; edit: KeptEdit; output: Output; also?(tx: AnyTransaction): Promise<unknown> },
): Promise<Change<Output>> {
  const { row_mac, ...before } = record.row;
  const row = await sealedKept(deps, { ...before, ...wanted.edit, version: before.version + 1 });
  return change(async (tx) => {
    // At the commit: the repetition of a request that succeeded gets its answer, whatever state that left behind.
    requireKept(call, wanted.action, record);
    if (!(await replaceKept(tx, row))) throw keptConflict(call, record);
    await wanted.also?.(tx);
    if (row.name !== before.name) {
      await deleteKeptNames(tx, row, [keyOfLabel(before.name)]);
      await insertKeptNames(tx, row, [keyOfLabel(row.name)]);
    }
    return wanted.output;
  });
}

export function keptConflict(call: AnyCall, { arn }: KeptRecord) {
  return call.fail('Conflict', `certificate ${arn} was changed by another request at the same time`, {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}

/** Under which a certificate from elsewhere is found. */
export function namesOf(name: string, certificate: Buffer): string[] {
  return [keyOfLabel(name), ...nameKeys(readCertificate(certificate))];
}

export function keyName(row: Parameters<typeof arnOfKept>[0], version: number) {
  return { accountId: row.account_id, certificateArn: arnOfKept(row), version };
}

function versionOf({ certificate, chain, pkcs8, by, now }: Brought) {
  return {
    certificate: certificate.bytes,
    chain: joinChain(chain),
    fingerprint: fingerprintOf(certificate.bytes),
    has_key: pkcs8 ? (1 as const) : (0 as const),
    ...{ state: 'ACTIVE' as const, revoked_at: null, revocation_reason: null },
    serial: serialText(certificate.serial),
    public_key_hash: publicKeyHash(certificate.publicKey),
    ...{ not_before: certificate.notBefore, not_after: certificate.notAfter },
    ...{ imported_at: now, imported_by: by },
  };
}

async function keyRow(deps: PcaDeps, row: Unsealed<KeptCertificateRow>, { certificate, pkcs8, now }: Brought) {
  if (!pkcs8) return undefined;
  const { publicKey } = certificate;
  return sealKey(deps, keyName(row, row.certificate_version), { pkcs8, publicKey, now });
}

async function sealedKept(deps: PcaDeps, row: Unsealed<KeptCertificateRow>): Promise<KeptCertificateRow> {
  const [row_mac] = await deps.guard.seal([keptCertificateRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}
