/** The private certificate authority: see README.md. */
import { Recorder } from '../../platform/audit/recorder.ts';
import { defineService, type Platform } from '../../platform/runtime/service.ts';
import { RowGuard } from '../../platform/store/row-guard.ts';
import { TenantKeys } from '../../platform/store/tenant-keys.ts';
import { pcaOperations } from './api/index.ts';
import type { PcaClients, PcaDeps } from './deps.ts';
import { ROW_MAC_LABEL } from './domain/rows.ts';
import { destroyAuthorities } from './jobs/destroy-authorities.ts';
import { endReservations } from './jobs/end-reservations.ts';
import { renewRows } from './jobs/renew-rows.ts';
import { writeAuditReports } from './jobs/reports/write-audit-reports.ts';
import { pcaHandlers } from './ops/index.ts';
import { Reservations } from './ops/issuing/reservations.ts';
import { Serials } from './ops/issuing/serials.ts';
import { ThrowAwaySignatures } from './ops/issuing/throw-away-signatures.ts';
import { Authorities } from './store/authorities.ts';
import { migration as init } from './store/migrations/0001_init.ts';
import { certificateIndex } from './store/migrations/0005_certificate_index.ts';
import { sharing } from './store/migrations/0006_sharing.ts';
import { auditReports } from './store/migrations/0007_audit_reports.ts';
import { ReportFiles } from './store/reports/report-files.ts';
import type { PcaTables } from './store/tables.ts';
import { tenantTable } from './store/tenant-table.ts';

export type { PcaClients, PcaDeps } from './deps.ts';

export const pcaService = defineService<PcaTables, PcaClients, PcaDeps>({
  name: 'pca',
  operations: Object.values(pcaOperations),
  handlers: pcaHandlers,
  migrations: [init, certificateIndex, sharing, auditReports],
  createDeps,
  jobs: [destroyAuthorities, endReservations, writeAuditReports, renewRows],
});

function createDeps(platform: Platform<PcaTables, PcaClients>): PcaDeps {
  const { store, hsm, clock, ids, log, settings } = platform;
  const guard = new RowGuard(hsm, log, ROW_MAC_LABEL);
  const tenants = new TenantKeys(tenantTable, { store, hsm, guard, clock, ids });
  // A writer of its own, because sequence numbers must have no gaps: the pipeline numbers the records of requests.
  const writer = { node: 'pca-jobs', boot: ids.uuidv7(), region: settings.region };
  return {
    ...platform,
    guard,
    tenants,
    authorities: new Authorities({ store, guard, tenants }),
    serials: new Serials(hsm),
    reports: new ReportFiles(settings.dataFolder),
    reservations: new Reservations({ store, guard }),
    throwAwaySignatures: new ThrowAwaySignatures(),
    recorder: new Recorder(store as never, writer, () => undefined),
  };
}
