/**
 * Writes the audit reports that were asked for: into the data folder, and from there into the store that has the name of
 * the bucket, where it is read back. Rows are verified: what somebody put into the database is in no report.
 */
import { hash } from 'node:crypto';
import { MAX_OBJECT_BYTES } from '../../../../platform/objects/index.ts';
import type { Job } from '../../../../platform/runtime/service.ts';
import { orDamaged } from '../../../../platform/store/damaged.ts';
import type { PcaDeps } from '../../deps.ts';
import { authorityArn, certificateArn } from '../../domain/authority-ref.ts';
import { REPORT_FORM, reportEntry, reportKey } from '../../domain/reports/audit-report.ts';
import { agreementOf } from '../../domain/revocation/agreement.ts';
import { type AuditReportRow, auditReportRowBytes } from '../../domain/rows.ts';
import { templateArn } from '../../domain/template.ts';
import { readCertificate } from '../../domain/x509/certificate.ts';
import { guardedCertificate } from '../../store/authorities.ts';
import type { Reader } from '../../store/authority-queries.ts';
import { finishReport, guardedReport, listUnwritten } from '../../store/reports/report-queries.ts';
import { guardedRevocation, readRevocations } from '../../store/revocation/revocation-queries.ts';
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
    await publish(deps, { ...row, ...written });
    await finish(deps, { ...report, status: 'SUCCESS', ...written });
  } catch (error) {
    deps.log.error({ report: row.report_id, err: String(error) }, 'audit report could not be written');
    await finish(deps, { ...report, status: 'FAILED' });
  }
}

const MEDIA_TYPE = { JSON: 'application/json', CSV: 'text/csv; charset=utf-8' } as const;

async function publish(deps: PcaDeps, report: AuditReportRow): Promise<void> {
  const store = deps.reportStores.get(report.bucket);
  if (!store) return;
  if (report.size > MAX_OBJECT_BYTES) throw new Error(`${report.size} bytes are too many for store ${report.bucket}`);
  const path = reportKey(report);
  const bytes = await deps.reports.read(report, 0, report.size);
  await store.put(path, bytes ?? Buffer.alloc(0), { mediaType: MEDIA_TYPE[report.format] });
  const seen = await store.get(path);
  if (!seen || hash('sha256', seen.bytes, 'hex') !== report.sha256)
    throw new Error(`store ${report.bucket} does not have what was written`);
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
    const { rows, revocations } = await readPage(deps, report.authority_id, after);
    let text = '';
    for (const row of rows) {
      if (row.authority_id !== report.authority_id || !row.certificate) continue;
      const { revocation, agree } = agreementOf(row, revocations.get(row.serial));
      if (!agree) throw new Error(`the records of the revocation of ${row.serial} differ`);
      const arns = {
        certificate: certificateArn(authority, row.serial),
        template: templateArn(partition, row.template),
      };
      text += form.entry(reportEntry(row, readCertificate(row.certificate), { arns, revocation }), isFirst);
      isFirst = false;
    }
    yield text;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) break;
    after = [last.created_at, last.serial];
  }
  yield form.end;
}

/** As it was at one moment, verified. */
async function readPage(deps: PcaDeps, authorityId: string, after: Place | undefined) {
  const found = await deps.store.snapshot(async (view) => {
    const rows = await listNewest(view as Reader, { authorityId }, { after, limit: PAGE });
    const serials = rows.map(({ serial }) => serial);
    return { rows, revocations: await readRevocations(view as Reader, authorityId, serials) };
  });
  await deps.guard.verify(found.rows.map(guardedCertificate));
  await deps.guard.verify(found.revocations.map(guardedRevocation));
  return { rows: found.rows, revocations: new Map(found.revocations.map((row) => [row.serial, row])) };
}
