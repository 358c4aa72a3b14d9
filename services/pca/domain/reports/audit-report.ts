/** What an audit report says of a certificate, with the names that AWS's reports have, as JSON or CSV. */
import { isTrusted } from '../revocation/agreement.ts';
import { type AnyReason, type Revocation, reasonOf } from '../revocation/reason.ts';
import type { AuditReportRow, CertificateRow } from '../rows.ts';
import type { Certificate } from '../x509/certificate.ts';
import { nameText } from '../x509/name.ts';

export interface ReportEntry {
  awsAccountId: string;
  certificateArn: string;
  serial: string;
  subject: string;
  notBefore: string;
  notAfter: string;
  issuedAt: string;
  /** Of one that is revoked or on hold. */
  revokedAt?: string;
  revocationReason?: AnyReason;
  templateArn: string;
  /** Who asked for it. */
  requestedBy: string;
}

/** As AWS has them, and behind them what AWS does not say. The second one names services of AWS, so it is empty. */
const COLUMNS: readonly (keyof ReportEntry | 'requestedByServicePrincipal')[] = [
  'awsAccountId',
  'requestedByServicePrincipal',
  'certificateArn',
  'serial',
  'subject',
  'notBefore',
  'notAfter',
  'issuedAt',
  'revokedAt',
  'revocationReason',
  'templateArn',
  'requestedBy',
];

export function reportEntry(
  row: CertificateRow,
  { subject }: Certificate,
  { arns, revocation }: { arns: { certificate: string; template: string }; revocation: Revocation | undefined },
): ReportEntry {
  return {
    awsAccountId: row.account_id,
    certificateArn: arns.certificate,
    serial: row.serial.match(/../g)!.join(':'),
    subject: nameText(subject),
    notBefore: moment(row.not_before),
    notAfter: moment(row.not_after),
    issuedAt: moment(row.created_at),
    ...(!isTrusted(revocation) && {
      revokedAt: moment(revocation.revokedAt),
      revocationReason: reasonOf(revocation.reason),
    }),
    templateArn: arns.template,
    requestedBy: row.requested_by,
  };
}

const moment = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, '+0000');

/** How the pieces of a report are put together. */
export const REPORT_FORM = {
  JSON: {
    begin: '[',
    entry: (entry: ReportEntry, isFirst: boolean) => `${isFirst ? '\n' : ',\n'}${JSON.stringify(entry)}`,
    end: '\n]\n',
  },
  CSV: {
    begin: `${COLUMNS.join()}\r\n`,
    entry: (entry: ReportEntry) =>
      `${COLUMNS.map((column) => csvField(column === 'requestedByServicePrincipal' ? '' : (entry[column] ?? ''))).join()}\r\n`,
    end: '',
  },
} as const;

/** SECURITY: a subject comes from outside; spreadsheets take what begins like a formula for one. */
function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function reportKey({
  authority_id,
  report_id,
  format,
}: Pick<AuditReportRow, 'authority_id' | 'report_id' | 'format'>) {
  return `audit-report/${authority_id}/${report_id}.${format.toLowerCase()}`;
}

/** Why a report is not written into a bucket of that name; undefined: it is. */
export function bucketProblem(name: string): string | undefined {
  if (/^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(name) && !name.includes('..')) return undefined;
  return `${name} is no name of a bucket: lower-case letters, digits, hyphens and single dots`;
}
