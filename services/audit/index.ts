/**
 * The audit service: takes the records of all services, chains them per account, answers searches, proves that nothing was
 * changed, and sends records elsewhere. It never updates or deletes a record, and shows nobody a record of another account.
 */
import { Recorder } from '../../platform/audit/recorder.ts';
import { type ObjectStoreOptions, openObjectStore } from '../../platform/objects/index.ts';
import { defineService, type Platform } from '../../platform/runtime/service.ts';
import { RowGuard } from '../../platform/store/row-guard.ts';
import { TenantKeys } from '../../platform/store/tenant-keys.ts';
import { auditOperations } from './api/index.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import type { AuditDeps } from './deps.ts';
import { ROW_MAC_LABEL } from './domain/export/rows.ts';
import { ExportRunner } from './jobs/export/runner.ts';
import { renewRows } from './jobs/renew-rows.ts';
import { observeExports, observeStream } from './observe.ts';
import { auditHandlers } from './ops/index.ts';
import { Sequencer } from './sequencer/sequencer.ts';
import { tenantTable } from './store/export/export-queries.ts';
import { init } from './store/migrations/0001_init.ts';
import { changes } from './store/migrations/0002_changes.ts';
import { decisions } from './store/migrations/0003_decisions.ts';
import { merkleLog } from './store/migrations/0004_log.ts';
import { exports } from './store/migrations/0005_exports.ts';
import type { AuditDatabase } from './store/schema.ts';

export interface AuditOptions {
  /** Where exports may connect to: CIDR ranges; empty: everywhere but this machine and link-local addresses. */
  networks: readonly string[];
  /** Archives, by the name that exports give. */
  stores: ReadonlyMap<string, ObjectStoreOptions>;
}

interface RunningDeps extends AuditDeps {
  runner: ExportRunner;
}

type AuditPlatform = Platform<AuditDatabase, Record<never, never>>;

export function defineAudit(options: AuditOptions) {
  return defineService<AuditDatabase, Record<never, never>, RunningDeps>({
    name: 'audit',
    operations: Object.values(auditOperations),
    handlers: auditHandlers,
    migrations: [init, changes, decisions, merkleLog, exports],
    createDeps(platform) {
      const deps = createDeps(platform, options);
      return { ...deps, runner: new ExportRunner(deps) };
    },
    async prepare({ sequencer, checkpointer, runner }) {
      await sequencer.start();
      checkpointer.start();
      runner.start();
    },
    jobs: [renewRows],
    async close({ sequencer, checkpointer, runner }) {
      await runner.stop();
      await checkpointer.stop();
      await sequencer.stop();
    },
  });
}

function createDeps(platform: AuditPlatform, options: AuditOptions): AuditDeps {
  const { store, hsm, pages, clock, ids, log, metrics, settings, organization } = platform;
  const sequencer = new Sequencer({ store, log, clock, owner: `audit-${ids.uuidv4()}` });
  observeStream({ store, clock }, metrics.registry);
  observeExports({ store, clock }, metrics.registry);
  const checkpointer = new Checkpointer({
    ...{ store, hsm, sequencer, clock, log, dataFolder: settings.dataFolder },
    newOrigin: () => `audit.${settings.region}.${ids.uuidv4()}`,
  });
  const guard = new RowGuard(hsm, log, ROW_MAC_LABEL);
  // A writer of its own, because sequence numbers must have no gaps: the pipeline numbers the records of requests.
  const writer = { node: 'audit-jobs', boot: ids.uuidv7(), region: settings.region };
  return {
    ...{ store, sequencer, checkpointer, hsm, pages, clock, ids, log, guard, organization },
    tenants: new TenantKeys(tenantTable, { store, hsm, guard, clock, ids }),
    recorder: new Recorder(store as never, writer, () => undefined),
    exports: {
      networks: options.networks,
      stores: new Map(
        [...options.stores].map(([name, one]) => [name, openObjectStore(one, { clock, readers: 'group' })]),
      ),
      hostname: new URL(settings.endpoint).hostname,
      region: settings.region,
      partition: settings.partition,
    },
  };
}
