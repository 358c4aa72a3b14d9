/** Every handler of this service. */
import { describeRenewal } from './describe-renewal.ts';
import { createExport, deleteExport, pauseExport, resumeExport, updateExport } from './export/change-exports.ts';
import { describeExport, listExports } from './export/read-exports.ts';
import { getDecision } from './get-decision.ts';
import { ingestRecords } from './ingest-records.ts';
import { getLogCheckpoint, proveLogGrowth, proveRecord, readLogEntries, readLogTile } from './log.ts';
import { lookupEvents } from './lookup-events.ts';
import { readChanges } from './read-changes.ts';
import { readDecisions } from './read-decisions.ts';
import { declareRestore, describeRestore, getRestoreState } from './restore.ts';
import { searchStreams } from './search-streams.ts';
import { describeStream, readStream } from './stream.ts';
import { followLog } from './tail/follow-log.ts';
import { tailStream } from './tail/tail-stream.ts';

export const auditHandlers = [
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
  tailStream,
  followLog,
  describeRestore,
  declareRestore,
  getRestoreState,
  describeRenewal,
  createExport,
  describeExport,
  listExports,
  updateExport,
  pauseExport,
  resumeExport,
  deleteExport,
];
