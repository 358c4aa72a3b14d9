/** What is the same to ask of a certificate of the inventory, whether it was issued here or comes from elsewhere. */
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import type { PcaDeps } from '../../deps.ts';
import { authorityArn, certificateArn } from '../../domain/authority-ref.ts';
import { agreementOf, isTrusted } from '../../domain/revocation/agreement.ts';
import { publicKeyName } from '../../domain/scm/facts.ts';
import { type CertificateStatus, keptStatus } from '../../domain/scm/status.ts';
import { keyOfLabel, nameKeys } from '../../domain/search/name-key.ts';
import { type Certificate, readCertificate } from '../../domain/x509/certificate.ts';
import { generalNameText } from '../../domain/x509/general-name.ts';
import { nameText } from '../../domain/x509/name.ts';
import { guardedCertificate } from '../../store/authorities.ts';
import { guardedRevocation, revocationsOf } from '../../store/revocation/revocation-queries.ts';
import { guardedKept } from '../../store/scm/kept-queries.ts';
import type { Listed } from '../../store/search/listed.ts';
import { arnOfKept } from '../scm/kept-access.ts';

export function guardedListed(listed: Listed): GuardedRow {
  return listed.kind === 'issued' ? guardedCertificate(listed.row) : guardedKept(listed.row);
}

/** Undefined: it was never signed. */
export function certificateOf({ row }: Listed): Certificate | undefined {
  return row.certificate === null ? undefined : readCertificate(row.certificate);
}

export function keysOf(listed: Listed, certificate: Certificate): string[] {
  const keys = nameKeys(certificate);
  return listed.kind === 'kept' ? [keyOfLabel(listed.row.name), ...keys] : keys;
}

export function sourceOf(listed: Listed) {
  return listed.kind === 'issued' ? ('ISSUED' as const) : listed.row.source;
}

export function arnOf({ settings }: PcaDeps, listed: Listed): string {
  if (listed.kind === 'kept') return arnOfKept(listed.row);
  const { partition, region } = settings;
  const { account_id: accountId, authority_id, serial } = listed.row;
  return certificateArn(authorityArn({ accountId, partition, region }, authority_id), serial);
}

/** Of each, by rows that verify, in order. */
export async function statusesOf(deps: PcaDeps, listed: readonly Listed[], now: number): Promise<CertificateStatus[]> {
  const issued = listed.flatMap((one) => (one.kind === 'issued' ? [one.row] : []));
  const rows = await revocationsOf(deps.store.read, issued);
  await deps.guard.verify(rows.map(guardedRevocation));
  const known = new Map(rows.map((row) => [`${row.authority_id} ${row.serial}`, row]));
  return listed.map((one) => {
    if (one.kind === 'kept') return keptStatus(one.row, now);
    const { revocation } = agreementOf(one.row, known.get(`${one.row.authority_id} ${one.row.serial}`));
    if (!isTrusted(revocation)) return revocation.state === 'revoked' ? 'REVOKED' : 'ON_HOLD';
    return one.row.not_after < now ? 'EXPIRED' : 'ACTIVE';
  });
}

export function shownName(name: Parameters<typeof nameText>[0]): string {
  return nameText(name).slice(0, 4096);
}

export function shownNames({ facts }: Certificate, most: number): string[] {
  const names = (facts.subjectAltNames ?? []).slice(0, most);
  return names.map((name) => `${name.kind}:${generalNameText(name)}`.slice(0, 4096));
}

export function shownKey({ publicKey }: Certificate): string {
  return publicKeyName(publicKey) ?? '';
}
