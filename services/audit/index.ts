/**
 * The audit service: takes the records of all services, chains them per account, answers searches and proves that
 * nothing was changed. It never updates or deletes a record, and shows nobody a record of another account.
 */
import { defineService } from '../../platform/runtime/service.ts';
import { auditOperations } from './api/index.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import { newLogOrigin } from './checkpoint/previous-log.ts';
import { Restores } from './checkpoint/restores.ts';
import { witnessAlarm } from './checkpoint/witness-alarm.ts';
import type { WitnessAddress } from './checkpoint/witness-client.ts';
import { Witnesses } from './checkpoint/witnesses.ts';
import type { AuditClients, AuditDeps } from './deps.ts';
import { observeStream, observeWitnesses } from './observe.ts';
import { getDecision } from './ops/get-decision.ts';
import { ingestRecords } from './ops/ingest-records.ts';
import { getLogCheckpoint, proveLogGrowth, proveRecord, readLogEntries, readLogTile } from './ops/log.ts';
import { lookupEvents } from './ops/lookup-events.ts';
import { readChanges } from './ops/read-changes.ts';
import { readDecisions } from './ops/read-decisions.ts';
import { declareRestore, describeRestore, getRestoreState } from './ops/restore.ts';
import { searchStreams } from './ops/search-streams.ts';
import { describeStream, readStream } from './ops/stream.ts';
import { Sequencer } from './sequencer/sequencer.ts';
import { init } from './store/migrations/0001_init.ts';
import { changes } from './store/migrations/0002_changes.ts';
import { decisions } from './store/migrations/0003_decisions.ts';
import { merkleLog } from './store/migrations/0004_log.ts';
import { search } from './store/migrations/0005_search.ts';
import { witness } from './store/migrations/0009_witness.ts';
import { restores } from './store/migrations/0010_restores.ts';
import type { AuditDatabase } from './store/schema.ts';

export interface AuditOptions {
  /** They cosign checkpoints. */
  witnesses: readonly WitnessAddress[];
}

export const defineAudit = (options: AuditOptions) =>
  defineService<AuditDatabase, AuditClients, AuditDeps>({
    name: 'audit',
    operations: Object.values(auditOperations),
    handlers: [
      ingestRecords,
      readDecisions,
      lookupEvents,
      readStream,
      describeStream,
      getDecision,
      readChanges,
      getLogCheckpoint,
      readLogTile,
      readLogEntries,
      proveRecord,
      proveLogGrowth,
      searchStreams,
      describeRestore,
      declareRestore,
      getRestoreState,
    ],
    migrations: [init, changes, decisions, merkleLog, search, witness, restores],

    createDeps({ store, hsm, clients, pages, clock, ids, log, metrics, settings }) {
      const sequencer = new Sequencer({ store, log, clock, owner: `audit-${ids.uuidv4()}` });
      observeStream({ store, clock }, metrics.registry);
      const newOrigin = () => newLogOrigin(settings.region, ids);
      const restores = new Restores(store, settings.dataFolder);
      const checkpointer = new Checkpointer({
        ...{ store, hsm, sequencer, clock, log, restores, dataFolder: settings.dataFolder },
        newOrigin,
      });
      const witnesses = new Witnesses({
        ...{ store, sequencer, clock, log, witnesses: options.witnesses },
        isHeld: async () => (await restores.state(checkpointer)).heldBecause !== undefined,
        alarm: witnessAlarm({ store, clock, ids, region: settings.region }),
      });
      observeWitnesses(witnesses, metrics.registry);
      return { store, sequencer, checkpointer, restores, witnesses, hsm, clients, pages, clock, newOrigin };
    },
    async prepare({ sequencer, checkpointer, witnesses }) {
      await sequencer.start();
      // Before the first request: a database that was put back serves no write.
      await checkpointer.look();
      checkpointer.start();
      witnesses.start();
    },
    async close({ sequencer, checkpointer, witnesses }) {
      await witnesses.stop();
      await checkpointer.stop();
      await sequencer.stop();
    },
  });

/** Without witnesses. */
export const auditService = defineAudit({ witnesses: [] });
