/** Every handler of this service. */
import { describeRenewal } from './describe-renewal.ts';
import { createExport, deleteExport, pauseExport, resumeExport, updateExport } from './export/change-exports.ts';
import { describeExport, listExports } from './export/read-exports.ts';
import { getDecision } from './get-decision.ts';
import { ingestRecords } from './ingest-records.ts';
import { getLogCheckpoint, proveLogGrowth, proveRecord, readLogEntries, readLogTile } from './log.ts';
import { declareLogRestore } from './log-restore.ts';
import { lookupEvents } from './lookup-events.ts';
import { readChanges } from './read-changes.ts';
import { readDecisions } from './read-decisions.ts';
import { searchStreams } from './search-streams.ts';
import { describeStream, readStream } from './stream.ts';

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
  declareLogRestore,
  proveRecord,
  proveLogGrowth,
  searchStreams,
  describeRenewal,
  createExport,
  describeExport,
  listExports,
  updateExport,
  pauseExport,
  resumeExport,
  deleteExport,
];
