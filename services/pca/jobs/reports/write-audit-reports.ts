/** Writes the audit reports that were asked for. Rows are verified: what somebody put into the database is in no report. */
import type { Job } from '../../../../platform/runtime/service.ts';
import { orDamaged } from '../../../../platform/store/damaged.ts';
import type { PcaDeps } from '../../deps.ts';
import { authorityArn, certificateArn } from '../../domain/authority-ref.ts';
import { REPORT_FORM, reportEntry } from '../../domain/reports/audit-report.ts';
import { type AuditReportRow, auditReportRowBytes } from '../../domain/rows.ts';
import { templateArn } from '../../domain/template.ts';
import { readCertificate } from '../../domain/x509/certificate.ts';
import { guardedCertificate } from '../../store/authorities.ts';
import { finishReport, guardedReport, listUnwritten } from '../../store/reports/report-queries.ts';
import { listNewest, type Place } from '../../store/search/certificate-search.ts';

const PAGE = 1_000;
const BATCH = 10;

export const writeAuditReports: Job<PcaDeps> = {
  name: 'pca-write-audit-reports',
  everyMs: 1_000,
  async run(deps) {
    for (const row of await listUnwritten(deps.store.read, BATCH)) await writeReport(deps, row);
  },
};

async function writeReport(deps: PcaDeps, row: AuditReportRow): Promise<void> {
  const { row_mac: _, ...report } = row;
  // What nobody asked for is not written, and not ended either: it stays for the investigation.
  if ((await orDamaged(() => deps.guard.verify([guardedReport(row)]))) === 'damaged') return;
  try {
    const written = await deps.reports.write(row, reportOf(deps, row));
    await finish(deps, { ...report, status: 'SUCCESS', ...written });
  } catch (error) {
    deps.log.error({ report: row.report_id, err: String(error) }, 'audit report could not be written');
    await finish(deps, { ...report, status: 'FAILED' });
  }
}

async function finish(deps: PcaDeps, report: Omit<AuditReportRow, 'row_mac'>): Promise<void> {
  const [row_mac] = await deps.guard.seal([auditReportRowBytes(report)]);
  await deps.store.transaction((tx) => finishReport(tx, { ...report, row_mac: row_mac! }));
}

/** The newest certificate first. */
async function* reportOf(deps: PcaDeps, report: AuditReportRow): AsyncGenerator<string> {
  const { partition, region } = deps.settings;
  const authority = authorityArn({ accountId: report.account_id, partition, region }, report.authority_id);
  const form = REPORT_FORM[report.format];
  yield form.begin;
  let isFirst = true;
  for (let after: Place | undefined; ; ) {
    const rows = await listNewest(deps.store.read, { authorityId: report.authority_id }, { after, limit: PAGE });
    await deps.guard.verify(rows.map(guardedCertificate));
    let text = '';
    for (const row of rows) {
      if (row.authority_id !== report.authority_id || !row.certificate) continue;
      const arns = {
        certificate: certificateArn(authority, row.serial),
        template: templateArn(partition, row.template),
      };
      text += form.entry(reportEntry(row, readCertificate(row.certificate), arns), isFirst);
      isFirst = false;
    }
    yield text;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) break;
    after = [last.created_at, last.serial];
  }
  yield form.end;
}
