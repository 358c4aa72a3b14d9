/** The private certificate authority: see README.md. */
import { type ObjectStoreOptions, openObjectStore } from '../../platform/objects/index.ts';
import { defineService, type Platform } from '../../platform/runtime/service.ts';
import { RowGuard } from '../../platform/store/row-guard.ts';
import { TenantKeys } from '../../platform/store/tenant-keys.ts';
import { afterRestore } from './after-restore.ts';
import { pcaOperations } from './api/index.ts';
import type { PcaClients, PcaDeps } from './deps.ts';
import { ROW_MAC_LABEL } from './domain/rows.ts';
import { lookAfterOrders } from './jobs/acme/look-after-orders.ts';
import { destroyAuthorities } from './jobs/destroy-authorities.ts';
import { endReservations } from './jobs/end-reservations.ts';
import { carryOutOrders } from './jobs/outside/carry-out-orders.ts';
import { renewCertificates } from './jobs/outside/renew-certificates.ts';
import { renewRows } from './jobs/renew-rows.ts';
import { writeAuditReports } from './jobs/reports/write-audit-reports.ts';
import { deliverLists } from './jobs/revocation/deliver-lists.ts';
import { makeLists } from './jobs/revocation/make-lists.ts';
import { observeLists } from './jobs/revocation/observe-lists.ts';
import { rotateResponders } from './jobs/revocation/rotate-responders.ts';
import { destroyCertificates } from './jobs/scm/destroy-certificates.ts';
import { remindOfExpiry } from './jobs/scm/remind-of-expiry.ts';
import { type ValidationSettings, Validator } from './ops/acme/validation/validator.ts';
import { pcaHandlers } from './ops/index.ts';
import { Reservations } from './ops/issuing/reservations.ts';
import { Serials } from './ops/issuing/serials.ts';
import { ThrowAwaySignatures } from './ops/issuing/throw-away-signatures.ts';
import { NewKeys } from './ops/keys/new-keys.ts';
import { OcspAnswers } from './ops/ocsp/answer-ocsp-request.ts';
import { Responders } from './ops/ocsp/responders.ts';
import { systemAnchors } from './ops/outside/anchors.ts';
import { outsideHttps } from './ops/outside/client/https.ts';
import { Authorities } from './store/authorities.ts';
import { migration as init } from './store/migrations/0001_init.ts';
import { migration as revocation } from './store/migrations/0002_revocation.ts';
import { certificateIndex } from './store/migrations/0005_certificate_index.ts';
import { sharing } from './store/migrations/0006_sharing.ts';
import { auditReports } from './store/migrations/0007_audit_reports.ts';
import { migration as acme } from './store/migrations/0008_acme.ts';
import { revokedCertificates } from './store/migrations/0009_revoked_certificates.ts';
import { openOrders } from './store/migrations/0010_open_orders.ts';
import { certificateKeys } from './store/migrations/0011_certificate_keys.ts';
import { scm } from './store/migrations/0012_scm.ts';
import { outside } from './store/migrations/0013_outside.ts';
import { ReportFiles } from './store/reports/report-files.ts';
import type { PcaTables } from './store/tables.ts';
import { tenantTable } from './store/tenant-table.ts';

export type { PcaClients, PcaDeps } from './deps.ts';

export interface PcaOptions {
  /** Base URL of the PKI listener, as clients reach it. */
  pkiUrl: string;
  /** Lists of new authorities with partitioned ones. */
  shards: number;
  /** Where lists are published besides the listener, by name. */
  stores: ReadonlyMap<string, ObjectStoreOptions>;
  /** Where audit reports go besides the data folder, by the name of the bucket. */
  reportStores: ReadonlyMap<string, ObjectStoreOptions>;
  /** How the ACME server looks whether somebody controls a name. */
  acme: ValidationSettings;
  /** Where CAs outside may be: CIDR ranges. */
  outsideNetworks: readonly string[];
}

export function definePca(options: PcaOptions) {
  return defineService<PcaTables, PcaClients, PcaDeps>({
    name: 'pca',
    operations: Object.values(pcaOperations),
    handlers: pcaHandlers,
    migrations: [
      init,
      revocation,
      certificateIndex,
      sharing,
      auditReports,
      acme,
      revokedCertificates,
      openOrders,
      certificateKeys,
      scm,
      outside,
    ],
    createDeps: (platform) => createDeps(platform, options),
    afterRestore,
    jobs: [
      destroyAuthorities,
      endReservations,
      makeLists,
      deliverLists,
      rotateResponders,
      writeAuditReports,
      lookAfterOrders,
      destroyCertificates,
      remindOfExpiry,
      carryOutOrders,
      renewCertificates,
      renewRows,
    ],
  });
}

function createDeps(platform: Platform<PcaTables, PcaClients>, options: PcaOptions): PcaDeps {
  const { store, hsm, clock, ids, log, settings } = platform;
  const guard = new RowGuard(hsm, log, ROW_MAC_LABEL);
  const tenants = new TenantKeys(tenantTable, { store, hsm, guard, clock, ids });
  const { pkiUrl, shards, stores, reportStores } = options;
  const opened = (all: PcaOptions['stores'], readers: 'everybody' | 'owner') =>
    new Map([...all].map(([name, store]) => [name, openObjectStore(store, { clock, readers })]));
  observeLists(platform);
  const deps: PcaDeps = {
    ...platform,
    guard,
    tenants,
    authorities: new Authorities({ store, guard, tenants }),
    serials: new Serials(hsm),
    newKeys: new NewKeys(),
    reports: new ReportFiles(settings.dataFolder),
    reservations: new Reservations({ store, guard }),
    throwAwaySignatures: new ThrowAwaySignatures(),
    installation: { pkiUrl, shards, stores: new Set(stores.keys()) },
    listStores: opened(stores, 'everybody'),
    reportStores: opened(reportStores, 'owner'),
    // It issues through what is made here.
    responders: undefined as unknown as Responders,
    ocspAnswers: new OcspAnswers(),
    acme: { nonceKey: keptKey(hsm), validator: new Validator(options.acme) },
    outside: { send: outsideHttps(options.outsideNetworks, () => clock.now()), anchors: systemAnchors },
  };
  deps.responders = new Responders(deps);
  return deps;
}

/** Asked for once; again when the HSM was away. */
function keptKey(hsm: Platform<PcaTables, PcaClients>['hsm']): () => Promise<Buffer> {
  let key: Promise<Buffer> | undefined;
  return () => {
    key ??= hsm.mac('parapet/pca/acme-nonce/v1', Buffer.from('key')).catch((error: unknown) => {
      key = undefined;
      throw error;
    });
    return key;
  };
}
