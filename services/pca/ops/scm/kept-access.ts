/**
 * From the ARN of a request to a certificate from elsewhere, and to the question that authorization is asked about it. One
 * of another account is treated like one that does not exist, in the answer and in the record.
 */
import { readTags, type TagMap } from '../../../../platform/contract/tags.ts';
import type { AuthorizationTarget, Resolved } from '../../../../platform/runtime/call.ts';
import type { PcaDeps } from '../../deps.ts';
import { type KeptReference, keptArn, parseKeptArn } from '../../domain/scm/certificate-ref.ts';
import type { KeptCertificateRow } from '../../domain/scm/rows.ts';
import { type KeptAction, keptStatus, permitsKept } from '../../domain/scm/status.ts';
import { type Certificate, readCertificate } from '../../domain/x509/certificate.ts';
import { guardedKept, readKept } from '../../store/scm/kept-queries.ts';
import type { AnyCall, Question } from '../authority-access.ts';

export const KEPT_TYPE = 'AWS::ACMPCA::Certificate';

export interface KeptRecord {
  row: KeptCertificateRow;
  arn: string;
  tags: TagMap;
  certificate: Certificate;
}

/** Verified. */
export async function keptById(deps: PcaDeps, certificateId: string): Promise<KeptRecord | undefined> {
  const row = await readKept(deps.store.read, certificateId);
  if (!row) return undefined;
  await deps.guard.verify([guardedKept(row)]);
  if (row.certificate_id !== certificateId)
    throw deps.guard.refuse(`certificate ${certificateId}`, 'the row is about another certificate');
  return keptRecord(row);
}

/** Of a row that was verified. */
export function keptRecord(row: KeptCertificateRow): KeptRecord {
  return { row, arn: arnOfKept(row), tags: readTags(row.tags), certificate: readCertificate(row.certificate) };
}

export function arnOfKept(row: Pick<KeptCertificateRow, 'account_id' | 'partition' | 'region' | 'certificate_id'>) {
  return keptArn({ accountId: row.account_id, partition: row.partition, region: row.region }, row.certificate_id);
}

export function keptTarget({ arn, row, tags }: KeptRecord, question: Question = {}): AuthorizationTarget {
  const { conditions, requestTags } = question;
  return {
    resource: arn,
    accountId: row.account_id,
    project: row.enterprise_project_id,
    resourceTags: tags,
    ...(conditions && { context: conditions }),
    ...(requestTags && { requestTags }),
  };
}

/** `resolve` of an operation on one certificate from elsewhere. */
export async function resolveKept(
  call: AnyCall,
  deps: PcaDeps,
  arn: string,
  question: Question = {},
): Promise<Resolved<KeptRecord>> {
  const reference = parseKeptArn(arn, deps.settings);
  if (!reference)
    throw call.fail('InvalidArn', `${arn} is no certificate from elsewhere of this region`, {
      hint: 'ListCertificates shows those of the account; what an authority issued has the ARN of the authority in its own',
    });
  return resolveReference(call, deps, reference, question);
}

export async function resolveReference(
  call: AnyCall,
  deps: PcaDeps,
  { arn, accountId, certificateId }: KeptReference,
  question: Question = {},
): Promise<Resolved<KeptRecord>> {
  // Certificates have no policies of their own: nobody else's account lets anybody in.
  const found = accountId === call.caller.accountId ? await keptById(deps, certificateId) : undefined;
  const { conditions, requestTags } = question;
  if (found?.row.account_id === accountId) {
    call.touches(found.arn, KEPT_TYPE, accountId);
    return { targets: [keptTarget(found, question)], state: found };
  }
  const bare = {
    resource: arn,
    accountId,
    ...(conditions && { context: conditions }),
    ...(requestTags && { requestTags }),
  };
  return { targets: [bare], state: undefined as never, absent: missingCertificate(call, arn) };
}

export function missingCertificate(call: AnyCall, arn: string) {
  return call.fail('NotFound', `certificate ${arn} does not exist`, {
    hint: 'ListCertificates shows those of the account',
  });
}

/** Throws when the state of the certificate does not permit what is asked for. */
export function requireKept(call: AnyCall, action: KeptAction, { row, arn }: KeptRecord): void {
  const status = keptStatus(row, call.now);
  if (permitsKept(action, status)) return;
  throw call.fail('InvalidState', `certificate ${arn} is in state ${status}`, {
    hint: status === 'DELETED' ? 'RestoreCertificate takes the deletion back' : 'DescribeCertificate shows its state',
  });
}
