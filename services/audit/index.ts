/**
 * The audit service: takes the records of all services, chains them per account, answers searches, proves that nothing was
 * changed, and sends records elsewhere. It never updates or deletes a record, and shows nobody a record of another account.
 */
import { type ObjectStoreOptions, openObjectStore } from '../../platform/objects/index.ts';
import { GrowingNumber } from '../../platform/runtime/growing-number.ts';
import { defineService, type Platform } from '../../platform/runtime/service.ts';
import { RowGuard } from '../../platform/store/row-guard.ts';
import { TenantKeys } from '../../platform/store/tenant-keys.ts';
import { auditOperations } from './api/index.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import { newLogOrigin } from './checkpoint/previous-log.ts';
import { Restores } from './checkpoint/restores.ts';
import { witnessAlarm } from './checkpoint/witness-alarm.ts';
import type { WitnessAddress } from './checkpoint/witness-client.ts';
import { Witnesses } from './checkpoint/witnesses.ts';
import type { AuditClients, AuditDeps } from './deps.ts';
import { ROW_MAC_LABEL } from './domain/export/rows.ts';
import { ExportRunner } from './jobs/export/runner.ts';
import { renewRows } from './jobs/renew-rows.ts';
import { observeExports, observeStream, observeWitnesses } from './observe.ts';
import { auditHandlers } from './ops/index.ts';
import { BootCloser } from './sequencer/boot-closer.ts';
import { Sequencer } from './sequencer/sequencer.ts';
import { tenantTable } from './store/export/export-queries.ts';
import { logSize } from './store/log.ts';
import { init } from './store/migrations/0001_init.ts';
import { changes } from './store/migrations/0002_changes.ts';
import { decisions } from './store/migrations/0003_decisions.ts';
import { merkleLog } from './store/migrations/0004_log.ts';
import { search } from './store/migrations/0005_search.ts';
import { witness } from './store/migrations/0009_witness.ts';
import { exports } from './store/migrations/0010_exports.ts';
import { boots } from './store/migrations/0011_boots.ts';
import { restores } from './store/migrations/0012_restores.ts';
import type { AuditDatabase } from './store/schema.ts';

export interface AuditOptions {
  /** They cosign checkpoints. */
  witnesses: readonly WitnessAddress[];
  /** Where exports may connect to: CIDR ranges; empty: everywhere but this machine and link-local addresses. */
  networks: readonly string[];
  /** Archives, by the name that exports give. */
  stores: ReadonlyMap<string, ObjectStoreOptions>;
}

/** Requests that wait for records at once. */
const MAX_WAITING = 1_000;

interface RunningDeps extends AuditDeps {
  runner: ExportRunner;
  bootCloser: BootCloser;
}

type AuditPlatform = Platform<AuditDatabase, AuditClients>;

export function defineAudit(options: AuditOptions) {
  return defineService<AuditDatabase, AuditClients, RunningDeps>({
    name: 'audit',
    operations: Object.values(auditOperations),
    handlers: auditHandlers,
    migrations: [init, changes, decisions, merkleLog, search, witness, exports, boots, restores],
    createDeps(platform) {
      const deps = createDeps(platform, options);
      return { ...deps, runner: new ExportRunner(deps), bootCloser: new BootCloser(deps) };
    },
    async prepare({ sequencer, checkpointer, witnesses, runner, bootCloser }) {
      await sequencer.start();
      // Before the first request: a database that was put back serves no write.
      await checkpointer.look();
      checkpointer.start();
      witnesses.start();
      runner.start();
      bootCloser.start();
    },
    jobs: [renewRows],
    async close({ sequencer, checkpointer, witnesses, runner, bootCloser, tip }) {
      tip.close();
      await bootCloser.stop();
      await runner.stop();
      await witnesses.stop();
      await checkpointer.stop();
      await sequencer.stop();
    },
  });
}

function createDeps(platform: AuditPlatform, options: AuditOptions): AuditDeps {
  const { store, hsm, clients, pages, clock, ids, log, metrics, settings, organization, recorder } = platform;
  const sequencer = new Sequencer({ store, log, clock, owner: `audit-${ids.uuidv4()}` });
  observeStream({ store, clock }, metrics.registry);
  observeExports({ store, clock }, metrics.registry);
  const { dataFolder, region, partition } = settings;
  const newOrigin = () => newLogOrigin(region, ids);
  const restores = new Restores(store, dataFolder);
  const checkpointer = new Checkpointer({ store, hsm, sequencer, clock, log, restores, dataFolder, newOrigin });
  const witnesses = new Witnesses({
    ...{ store, sequencer, clock, log, witnesses: options.witnesses },
    isHeld: () => restores.isHeld(checkpointer),
    alarm: witnessAlarm({ recorder, clock, ids }),
  });
  observeWitnesses(witnesses, metrics.registry);
  const guard = new RowGuard(hsm, log, ROW_MAC_LABEL);
  return {
    ...{ store, sequencer, checkpointer, restores, witnesses, hsm, clients, pages, clock, ids, log, guard },
    ...{ organization, recorder, newOrigin },
    tip: new GrowingNumber(() => logSize(store.read), MAX_WAITING),
    tenants: new TenantKeys(tenantTable, { store, hsm, guard, clock, ids }),
    exports: {
      networks: options.networks,
      stores: new Map(
        [...options.stores].map(([name, one]) => [name, openObjectStore(one, { clock, readers: 'group' })]),
      ),
      hostname: new URL(settings.endpoint).hostname,
      ...{ region, partition },
    },
  };
}
