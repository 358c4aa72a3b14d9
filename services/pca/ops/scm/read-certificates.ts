import { toPem } from '../../../../platform/contract/der.ts';
import { tagList } from '../../../../platform/contract/tags.ts';
import { implementFor } from '../../../../platform/runtime/call.ts';
import { DescribeCertificate, DownloadCertificate, ListCertificateVersions } from '../../api/scm/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { certificateArn } from '../../domain/authority-ref.ts';
import { readAll } from '../../domain/der/reader.ts';
import { isTrusted } from '../../domain/revocation/agreement.ts';
import { reasonOf } from '../../domain/revocation/reason.ts';
import { fingerprintOf, signatureName } from '../../domain/scm/facts.ts';
import { certificatesOnly } from '../../domain/scm/pkcs7.ts';
import { type Certificate, readCertificate, serialText } from '../../domain/x509/certificate.ts';
import { publicKeyHash } from '../../domain/x509/public-key.ts';
import { readKeyRow } from '../../store/keys/key-queries.ts';
import { guardedVersion, listKeptVersions, readKeptVersion } from '../../store/scm/kept-queries.ts';
import { asIssued, asKept } from '../../store/search/listed.ts';
import { type AnyCall, requireState } from '../authority-access.ts';
import { openPage } from '../page.ts';
import { revocationOf } from '../revocation/revocation-of.ts';
import { shownKey, shownName, shownNames, statusesOf } from '../search/listed.ts';
import { type InventoryRecord, type IssuedRecord, resolveCertificate } from './inventory-access.ts';
import { type KeptRecord, missingCertificate, requireKept, resolveKept } from './kept-access.ts';
import { linksOf } from './reissues.ts';

const implement = implementFor<PcaDeps>();

export const describeCertificate = implement(DescribeCertificate, {
  resolve: (call, input, deps) => resolveCertificate(call, deps, input.CertificateArn),
  async run(call, _input, record, deps) {
    const { certificate } = record;
    const [Status] = await statusesOf(
      deps,
      [record.kind === 'issued' ? asIssued(record.row) : asKept(record.row)],
      call.now,
    );
    return {
      Certificate: {
        CertificateArn: record.arn,
        OwnerAccount: record.row.account_id,
        Status: Status!,
        Subject: shownName(certificate.subject),
        Issuer: shownName(certificate.issuer),
        Names: shownNames(certificate, 1000),
        Serial: serialText(certificate.serial),
        NotBefore: certificate.notBefore,
        NotAfter: certificate.notAfter,
        KeyAlgorithm: shownKey(certificate),
        SignatureAlgorithm: signatureName(certificate.outerAlgorithm),
        KeyHash: publicKeyHash(certificate.publicKey),
        Fingerprint: fingerprintOf(certificate.bytes),
        Chain: chainOf(record).map(shownLink),
        ...(record.kind === 'issued' ? await issuedFacts(deps, record) : keptFacts(record)),
      },
    };
  },
});

function shownLink({ subject, issuer, notAfter, bytes }: Certificate) {
  return {
    Subject: shownName(subject),
    Issuer: shownName(issuer),
    NotAfter: notAfter,
    Fingerprint: fingerprintOf(bytes),
  };
}

async function issuedFacts(deps: PcaDeps, { row, authority, arn }: IssuedRecord) {
  const { revocation } = await revocationOf(deps, row, row);
  const key = await readKeyRow(deps.store.read, { accountId: row.account_id, certificateArn: arn, version: 1 });
  const { replaces, replacedBy } = await linksOf(deps, row);
  return {
    Source: 'ISSUED' as const,
    HasPrivateKey: key !== undefined,
    Template: row.template,
    ...{ CreatedAt: row.created_at, ImportedAt: row.created_at, RequestedBy: row.requested_by },
    ...(!isTrusted(revocation) && { RevokedAt: revocation.revokedAt, RevocationReason: reasonOf(revocation.reason) }),
    ...(replaces !== undefined && { Replaces: certificateArn(authority.arn, replaces) }),
    ...(replacedBy !== undefined && { ReplacedBy: certificateArn(authority.arn, replacedBy) }),
    Tags: tagList(authority.tags),
    EnterpriseProjectId: authority.row.enterprise_project_id,
  };
}

function keptFacts({ row, tags }: KeptRecord) {
  return {
    Source: row.source,
    HasPrivateKey: row.has_key === 1,
    ...{ Name: row.name, Description: row.description, Version: row.certificate_version },
    ...(row.order_reference !== null && { OrderReference: row.order_reference }),
    ...{ CreatedAt: row.created_at, ImportedAt: row.imported_at, RequestedBy: row.imported_by },
    ...(row.revoked_at !== null && { RevokedAt: row.revoked_at }),
    ...(row.revocation_reason !== null && { RevocationReason: row.revocation_reason }),
    ...(row.restorable_until !== null && { RestorableUntil: row.restorable_until }),
    Tags: tagList(tags),
    EnterpriseProjectId: row.enterprise_project_id,
  };
}

/** What stands above it, its issuer first. Above the certificate that a root issued to itself there is nothing. */
export function chainOf(record: InventoryRecord): readonly Certificate[] {
  if (record.kind === 'kept') return readChain(record.row.chain);
  const { row, authority } = record;
  return row.public_key_hash === authority.row.public_key_hash ? [] : authority.issuer.chain;
}

function readChain(chain: Buffer | null): Certificate[] {
  return chain === null ? [] : readAll(chain).map(({ bytes }) => readCertificate(bytes));
}

export const downloadCertificate = implement(DownloadCertificate, {
  resolve: (call, input, deps) => resolveCertificate(call, deps, input.CertificateArn),
  async run(call, input, record, deps) {
    if (record.kind === 'kept') requireKept(call, 'Download', record);
    else requireState(call, 'GetIssued', record.authority);
    const { own, above } = await filesOf(call, deps, record, input.Version);
    const pem = (certificates: readonly Buffer[]) =>
      Buffer.from(certificates.map((bytes) => toPem('CERTIFICATE', bytes)).join(''));
    switch (input.Format ?? 'PEM_FULL_CHAIN') {
      case 'PEM':
        return { Content: pem([own]) };
      case 'PEM_CHAIN':
        return { Content: pem(above) };
      case 'PEM_FULL_CHAIN':
        return { Content: pem([own, ...above]) };
      case 'DER':
        return { Content: own };
      case 'PKCS7':
        return { Content: certificatesOnly([own, ...above]) };
    }
  },
});

async function filesOf(call: AnyCall, deps: PcaDeps, record: InventoryRecord, version: number | undefined) {
  const files = (own: Buffer, above: readonly Certificate[]) => ({ own, above: above.map(({ bytes }) => bytes) });
  if (record.kind === 'issued') {
    if (version !== undefined && version !== 1)
      throw call.fail('InvalidArgs', 'what an authority issued has one version', { hint: 'leave Version out' });
    return files(record.certificate.bytes, chainOf(record));
  }
  const { row } = record;
  if (version === undefined || version === row.certificate_version) return files(row.certificate, chainOf(record));
  const before = await readKeptVersion(deps.store.read, row.certificate_id, version);
  if (!before) throw missingCertificate(call, `${record.arn}, version ${version}`);
  await deps.guard.verify([guardedVersion(before)]);
  if (before.certificate_id !== row.certificate_id || before.certificate_version !== version)
    throw deps.guard.refuse(record.arn, 'the row is about another version');
  return files(before.certificate, readChain(before.chain));
}

export const listCertificateVersions = implement(ListCertificateVersions, {
  resolve: (call, input, deps) => resolveKept(call, deps, input.CertificateArn),
  async run(call, input, { row, arn }, deps) {
    const page = openPage(call, deps, input, arn);
    const current = { ...row, replaced_at: undefined };
    const before = page.after === '' ? row.certificate_version : Number(page.after);
    const found = await listKeptVersions(deps.store.read, row.certificate_id, before, page.limit + 1);
    await deps.guard.verify(found.map(guardedVersion));
    const all = page.after === '' ? [current, ...found] : found;
    const { rows, ...end } = page.end(all, ({ certificate_version }) => String(certificate_version));
    return {
      Versions: rows.map((version) => ({
        Version: version.certificate_version,
        Fingerprint: version.fingerprint,
        NotAfter: readCertificate(version.certificate).notAfter,
        ImportedAt: version.imported_at,
        ...(version.replaced_at !== undefined && { ReplacedAt: version.replaced_at }),
      })),
      ...end,
    };
  },
});
