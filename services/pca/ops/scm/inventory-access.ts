/**
 * From the ARN of a certificate to what is known of it, whether an authority of ours issued it or it comes from elsewhere.
 * An issued one belongs to its authority: that is what policies are asked about.
 */
import type { Resolved } from '../../../../platform/runtime/call.ts';
import type { PcaDeps } from '../../deps.ts';
import { serialOfArn } from '../../domain/authority-ref.ts';
import { parseKeptArn } from '../../domain/scm/certificate-ref.ts';
import { type Certificate, readCertificate } from '../../domain/x509/certificate.ts';
import { type AuthorityRecord, guardedCertificate } from '../../store/authorities.ts';
import { readCertificateRow } from '../../store/certificate-queries.ts';
import { type AnyCall, resolveAuthority } from '../authority-access.ts';
import type { IssuedRow } from '../revocation/issued-certificate.ts';
import { KEPT_TYPE, type KeptRecord, missingCertificate, resolveReference } from './kept-access.ts';

export interface IssuedRecord {
  kind: 'issued';
  authority: AuthorityRecord;
  row: IssuedRow;
  arn: string;
  certificate: Certificate;
}

export type InventoryRecord = IssuedRecord | ({ kind: 'kept' } & KeptRecord);

export async function resolveCertificate(
  call: AnyCall,
  deps: PcaDeps,
  arn: string,
): Promise<Resolved<InventoryRecord>> {
  const kept = parseKeptArn(arn, deps.settings);
  if (!kept) return resolveIssued(call, deps, arn);
  const { state, ...resolved } = await resolveReference(call, deps, kept);
  return { ...resolved, state: { kind: 'kept', ...state } };
}

const BELOW = '/certificate/';

async function resolveIssued(call: AnyCall, deps: PcaDeps, arn: string): Promise<Resolved<InventoryRecord>> {
  const resolved = await resolveAuthority(call, deps, authorityOf(arn));
  if (resolved.absent) return { ...resolved, state: undefined as never, absent: missingCertificate(call, arn) };
  const record = await issuedRecord(call, deps, resolved.state, arn);
  if (record) return { targets: resolved.targets, state: record };
  return { targets: resolved.targets, state: undefined as never, absent: missingCertificate(call, arn) };
}

/** The part of the ARN of an issued certificate that names its authority. */
export function authorityOf(arn: string): string {
  const end = arn.indexOf(BELOW);
  return end < 0 ? arn : arn.slice(0, end);
}

/** Verified; undefined: the authority has not issued it. */
export async function issuedRecord(
  call: AnyCall,
  deps: PcaDeps,
  authority: AuthorityRecord,
  arn: string,
): Promise<IssuedRecord | undefined> {
  const { authority_id: authorityId } = authority.row;
  const serial = serialOfArn(arn, authority.arn);
  const row = serial === undefined ? undefined : await readCertificateRow(deps.store.read, authorityId, serial);
  if (!row) return undefined;
  await deps.guard.verify([guardedCertificate(row)]);
  if (row.authority_id !== authorityId || row.serial !== serial)
    throw deps.guard.refuse(`certificate ${serial} of ${authorityId}`, 'the row is about another certificate');
  if (row.state !== 'issued' || row.certificate === null) return undefined;
  call.touches(arn, KEPT_TYPE, row.account_id);
  const certificate = readCertificate(row.certificate);
  return { kind: 'issued', authority, row: { ...row, certificate: row.certificate }, arn, certificate };
}
