/**
 * The audit service: takes the records of all services, chains them per account, answers searches and proves that
 * nothing was changed. It never updates or deletes a record, and shows nobody a record of another account.
 */
import { defineService } from '../../platform/runtime/service.ts';
import { auditOperations } from './api/index.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import { Restores } from './checkpoint/restores.ts';
import type { AuditClients, AuditDeps } from './deps.ts';
import { observeStream } from './observe.ts';
import { getDecision } from './ops/get-decision.ts';
import { ingestRecords } from './ops/ingest-records.ts';
import { getLogCheckpoint, proveLogGrowth, proveRecord, readLogTile } from './ops/log.ts';
import { lookupEvents } from './ops/lookup-events.ts';
import { readChanges } from './ops/read-changes.ts';
import { readDecisions } from './ops/read-decisions.ts';
import { declareRestore, describeRestore, getRestoreState } from './ops/restore.ts';
import { describeStream, readStream } from './ops/stream.ts';
import { Sequencer } from './sequencer/sequencer.ts';
import { init } from './store/migrations/0001_init.ts';
import { changes } from './store/migrations/0002_changes.ts';
import { decisions } from './store/migrations/0003_decisions.ts';
import { merkleLog } from './store/migrations/0004_log.ts';
import { restores } from './store/migrations/0009_restores.ts';
import type { AuditDatabase } from './store/schema.ts';

export const auditService = defineService<AuditDatabase, AuditClients, AuditDeps>({
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
    proveRecord,
    proveLogGrowth,
    describeRestore,
    declareRestore,
    getRestoreState,
  ],
  migrations: [init, changes, decisions, merkleLog, restores],

  createDeps({ store, hsm, pages, clock, ids, log, metrics, settings, clients }) {
    const sequencer = new Sequencer({ store, log, clock, owner: `audit-${ids.uuidv4()}` });
    observeStream({ store, clock }, metrics.registry);
    const restores = new Restores(store, settings.dataFolder);
    const checkpointer = new Checkpointer({
      ...{ store, hsm, sequencer, clock, log, restores, dataFolder: settings.dataFolder },
      newOrigin: () => `audit.${settings.region}.${ids.uuidv4()}`,
    });
    const newId = () => ids.uuidv4();
    return { store, sequencer, checkpointer, restores, hsm, pages, clock, clients, newId };
  },
  async prepare({ sequencer, checkpointer }) {
    await sequencer.start();
    // Before the first request: a database that was put back serves no write.
    await checkpointer.look();
    checkpointer.start();
  },
  async close({ sequencer, checkpointer }) {
    await checkpointer.stop();
    await sequencer.stop();
  },
});
