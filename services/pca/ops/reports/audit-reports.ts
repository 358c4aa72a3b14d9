import { change, implementFor } from '../../../../platform/runtime/call.ts';
import {
  CreateCertificateAuthorityAuditReport,
  DescribeCertificateAuthorityAuditReport,
  GetCertificateAuthorityAuditReport,
  REPORT_CHUNK,
} from '../../api/reports/audit-reports.ts';
import type { PcaDeps } from '../../deps.ts';
import { bucketProblem, reportKey } from '../../domain/reports/audit-report.ts';
import { type AuditReportRow, auditReportRowBytes } from '../../domain/rows.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import { guardedReport, insertReport, readReport } from '../../store/reports/report-queries.ts';
import { type AnyCall, requireState, resolveAuthority } from '../authority-access.ts';

const implement = implementFor<PcaDeps>();

export const createAuditReport = implement(CreateCertificateAuthorityAuditReport, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    requireState(call, 'GetCertificate', record);
    const problem = bucketProblem(input.S3BucketName);
    if (problem) throw call.fail('InvalidArgs', problem);
    const unsealed = {
      report_id: deps.ids.uuidv7(),
      authority_id: record.row.authority_id,
      account_id: record.row.account_id,
      bucket: input.S3BucketName,
      format: input.AuditReportResponseFormat,
      status: 'CREATING' as const,
      ...{ size: 0, sha256: '' },
      created_at: call.now,
    };
    const [row_mac] = await deps.guard.seal([auditReportRowBytes(unsealed)]);
    return change(async (tx) => {
      if (!(await insertReport(tx, { ...unsealed, row_mac: row_mac! })))
        throw call.fail('RequestInProgress', `a report of certificate authority ${record.arn} is being written`, {
          details: { retryAfterSeconds: 5 },
        });
      return { AuditReportId: unsealed.report_id, S3Key: reportKey(unsealed) };
    });
  },
});

export const describeAuditReport = implement(DescribeCertificateAuthorityAuditReport, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const row = await findReport(call, deps, record, input.AuditReportId);
    return {
      AuditReportStatus: row.status,
      S3BucketName: row.bucket,
      S3Key: reportKey(row),
      CreatedAt: row.created_at,
    };
  },
});

export const getAuditReport = implement(GetCertificateAuthorityAuditReport, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const row = await findReport(call, deps, record, input.AuditReportId);
    if (row.status === 'CREATING')
      throw call.fail('RequestInProgress', `report ${row.report_id} is being written`, {
        details: { retryAfterSeconds: 1 },
      });
    if (row.status === 'FAILED') throw call.fail('RequestFailed', `report ${row.report_id} could not be written`);
    const offset = input.Offset ?? 0;
    if (offset > row.size) throw call.fail('InvalidArgs', `report ${row.report_id} has ${row.size} bytes`);
    const Content = await deps.reports.read(row, offset, Math.min(REPORT_CHUNK, row.size - offset));
    if (!Content)
      throw call.fail('NotFound', `the file of report ${row.report_id} is not here`, { hint: 'create a new report' });
    const end = offset + Content.length;
    return { Content, Size: row.size, Sha256: row.sha256, ...(end < row.size && end > offset && { NextOffset: end }) };
  },
});

/** A report of another authority does not exist. */
async function findReport(
  call: AnyCall,
  deps: PcaDeps,
  { row: authority }: AuthorityRecord,
  reportId: string,
): Promise<AuditReportRow> {
  const row = await readReport(deps.store.read, reportId);
  if (row) await deps.guard.verify([guardedReport(row)]);
  if (row?.authority_id !== authority.authority_id || row.report_id !== reportId)
    throw call.fail('NotFound', `audit report ${reportId} does not exist`, {
      hint: 'CreateCertificateAuthorityAuditReport answers the id',
    });
  return row;
}
