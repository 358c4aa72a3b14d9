/**
 * The audit service: takes the records of all services, chains them per account, answers searches and proves that
 * nothing was changed. It never updates or deletes a record, and shows nobody a record of another account.
 */
import { defineService } from '../../platform/runtime/service.ts';
import { auditOperations } from './api/index.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import { newLogOrigin } from './checkpoint/restore.ts';
import { witnessAlarm } from './checkpoint/witness-alarm.ts';
import type { WitnessAddress } from './checkpoint/witness-client.ts';
import { Witnesses } from './checkpoint/witnesses.ts';
import type { AuditClients, AuditDeps } from './deps.ts';
import { observeStream, observeWitnesses } from './observe.ts';
import { getDecision } from './ops/get-decision.ts';
import { ingestRecords } from './ops/ingest-records.ts';
import { getLogCheckpoint, proveLogGrowth, proveRecord, readLogEntries, readLogTile } from './ops/log.ts';
import { declareLogRestore } from './ops/log-restore.ts';
import { lookupEvents } from './ops/lookup-events.ts';
import { readChanges } from './ops/read-changes.ts';
import { readDecisions } from './ops/read-decisions.ts';
import { searchStreams } from './ops/search-streams.ts';
import { describeStream, readStream } from './ops/stream.ts';
import { Sequencer } from './sequencer/sequencer.ts';
import { init } from './store/migrations/0001_init.ts';
import { changes } from './store/migrations/0002_changes.ts';
import { decisions } from './store/migrations/0003_decisions.ts';
import { merkleLog } from './store/migrations/0004_log.ts';
import { search } from './store/migrations/0005_search.ts';
import { witness } from './store/migrations/0009_witness.ts';
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
      declareLogRestore,
      proveRecord,
      proveLogGrowth,
      searchStreams,
    ],
    migrations: [init, changes, decisions, merkleLog, search, witness],

    createDeps({ store, hsm, clients, pages, clock, ids, log, metrics, settings }) {
      const sequencer = new Sequencer({ store, log, clock, owner: `audit-${ids.uuidv4()}` });
      observeStream({ store, clock }, metrics.registry);
      const newOrigin = () => newLogOrigin(settings.region, ids);
      const checkpointer = new Checkpointer({
        ...{ store, hsm, sequencer, clock, log, dataFolder: settings.dataFolder },
        newOrigin,
      });
      const witnesses = new Witnesses({
        ...{ store, sequencer, clock, log, witnesses: options.witnesses },
        alarm: witnessAlarm({ store, clock, ids, region: settings.region }),
      });
      observeWitnesses(witnesses, metrics.registry);
      return {
        store,
        sequencer,
        checkpointer,
        witnesses,
        hsm,
        clients,
        pages,
        clock,
        newOrigin,
        dataFolder: settings.dataFolder,
      };
    },
    async prepare({ sequencer, checkpointer, witnesses }) {
      await sequencer.start();
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
