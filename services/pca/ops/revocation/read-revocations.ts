import { policiesLetIn } from '../../../../platform/authz/ask.ts';
import { implementFor } from '../../../../platform/runtime/call.ts';
import { ListRevocationLists } from '../../api/revocation/lists.ts';
import { GetRevocationStatus, PreviewRevocation } from '../../api/revocation/revocations.ts';
import type { PcaDeps } from '../../deps.ts';
import { certificateArn } from '../../domain/authority-ref.ts';
import { statusOf } from '../../domain/authority-state.ts';
import { isTrusted } from '../../domain/revocation/agreement.ts';
import { type Revocation, reasonOf } from '../../domain/revocation/reason.ts';
import { LISTED } from '../../domain/revocation/rows.ts';
import { answersOcsp, listUris, ocspUri, readSettings, shardOf } from '../../domain/revocation/settings.ts';
import { isAuthority, readCertificate } from '../../domain/x509/certificate.ts';
import { type AuthorityRecord, guardedAuthority, guardedCertificate } from '../../store/authorities.ts';
import { listAuthoritiesOfKey } from '../../store/authority-queries.ts';
import { readCertificateRow } from '../../store/certificate-queries.ts';
import { listSummaries } from '../../store/revocation/list-queries.ts';
import { certificatesWithKey } from '../../store/revocation/revocation-queries.ts';
import { type AnyCall, resolveAuthority, targetOf } from '../authority-access.ts';
import { openPage } from '../page.ts';
import { type IssuedRow, requireIssued } from './issued-certificate.ts';
import { revocationOf } from './revocation-of.ts';

const implement = implementFor<PcaDeps>();

function shownStatus(revocation: Revocation | undefined): 'GOOD' | 'HELD' | 'REVOKED' {
  if (!revocation || isTrusted(revocation)) return 'GOOD';
  return revocation.state === 'held' ? 'HELD' : 'REVOKED';
}

export const getRevocationStatus = implement(GetRevocationStatus, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const issued = await requireIssued(call, deps, record, input.CertificateSerial);
    const { revocation, row } = await revocationOf(deps, issued, issued);
    const settings = readSettings(record.row.revocation);
    const lists = settings?.lists ?? null;
    const ofAuthority = isAuthority(readCertificate(issued.certificate));
    const shard = shardOf(Buffer.from(issued.serial, 'hex'), ofAuthority, lists);
    const Status = shownStatus(revocation);
    return {
      Status,
      ...(revocation && Status !== 'GOOD' && { Reason: reasonOf(revocation.reason), RevokedAt: revocation.revokedAt }),
      ...(lists &&
        shard !== undefined && {
          Listed: row ? SAID.includes(row.listed) : revocation === undefined,
          CrlUri: listUris(issued.authority_id, shard, lists)[0]!,
        }),
      ...(settings && answersOcsp(settings) && { OcspUri: ocspUri(issued.authority_id, settings) }),
    };
  },
});

/** That lists have said what the row says. */
const SAID: readonly number[] = [LISTED.listed, LISTED.left];

const SEPARATOR = '/';

export const previewRevocation = implement(PreviewRevocation, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const issued = await requireIssued(call, deps, record, input.CertificateSerial);
    const page = openPage(call, deps, input, [record.arn, issued.serial]);
    const [authorityId = '', serial = ''] = page.after.split(SEPARATOR);
    const key = { accountId: record.row.account_id, publicKeyHash: issued.public_key_hash };
    const found = await certificatesWithKey(deps.store.read, key, [authorityId, serial], page.limit + 1);
    const { rows, ...end } = page.end(found, (row) => `${row.authority_id}${SEPARATOR}${row.serial}`);
    const authorities = await visibleAuthorities(call, deps, new Set(rows.map((row) => row.authority_id)));
    const visible = rows.filter((row) => authorities.has(row.authority_id));
    const Certificates = await Promise.all(
      visible.map(async (row) => ({
        CertificateArn: certificateArn(authorities.get(row.authority_id)!.arn, row.serial),
        Status: shownStatus(await revocationAt(deps, row)),
        NotAfter: row.not_after,
      })),
    );
    return {
      PublicKeyHash: issued.public_key_hash,
      Certificates,
      Hidden: rows.length - visible.length,
      Authorities: await authoritiesBelow(call, deps, issued),
      ...end,
    };
  },
});

async function revocationAt(deps: PcaDeps, place: Parameters<typeof revocationOf>[1]) {
  const row = await readCertificateRow(deps.store.read, place.authority_id, place.serial);
  if (row) await deps.guard.verify([guardedCertificate(row)]);
  return (await revocationOf(deps, place, row)).revocation;
}

/** Authorities that the caller may ask the same about, by id. */
async function visibleAuthorities(call: AnyCall, deps: PcaDeps, ids: ReadonlySet<string>) {
  const visible = new Map<string, AuthorityRecord>();
  for (const id of ids) {
    const record = await deps.authorities.byId(id);
    if (record && (await policiesLetIn(call, deps, targetOf(record)))) visible.set(id, record);
  }
  return visible;
}

/** Of the account of the caller: nobody learns of authorities of others. */
async function authoritiesBelow(call: AnyCall, deps: PcaDeps, { certificate, public_key_hash }: IssuedRow) {
  const rows = await listAuthoritiesOfKey(deps.store.read, call.caller.accountId, public_key_hash);
  await deps.guard.verify(rows.map(guardedAuthority));
  return rows.flatMap((row) => {
    const record = row.certificate?.equals(certificate) ? deps.authorities.recordOf(row) : undefined;
    return record ? [{ CertificateAuthorityArn: record.arn, Status: statusOf(record.row, call.now) }] : [];
  });
}

export const listRevocationLists = implement(ListRevocationLists, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const page = openPage(call, deps, input, record.arn);
    const lists = readSettings(record.row.revocation)?.lists;
    const after = page.after === '' ? -1 : Number(page.after);
    const id = record.row.authority_id;
    const found = lists ? await listSummaries(deps.store.read, id, after, page.limit + 1) : [];
    const { rows, ...end } = page.end(found, (row) => String(row.shard));
    return {
      RevocationLists: rows.map((row) => ({
        Shard: row.shard,
        Uri: listUris(id, row.shard, lists!)[0]!,
        ...(row.list_number !== null && {
          Number: row.list_number,
          ThisUpdate: row.this_update!,
          NextUpdate: row.next_update!,
          Entries: row.entries!,
          Sha256: row.sha256!,
        }),
        ...(row.due_at !== null && { DueAt: row.due_at }),
        ...(row.store !== null && { Store: row.store }),
        ...(row.stored_number !== null && { StoredNumber: row.stored_number }),
        ...(row.problem !== null && { Problem: row.problem.slice(0, 1024) }),
      })),
      ...end,
    };
  },
});
