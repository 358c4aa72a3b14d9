/**
 * What the audit service answers: records in, searches, the stream for verification, decisions. Every public
 * operation is limited to the account of the caller; nothing here changes or deletes a record.
 */
import { exportOperations } from './export/exports.ts';
import { GetDecision } from './get-decision.ts';
import { IngestRecords } from './ingest.ts';
import { GetLogCheckpoint, ProveLogGrowth, ProveRecord, ReadLogEntries, ReadLogTile } from './log.ts';
import { LookupEvents } from './lookup-events.ts';
import { ReadChanges } from './read-changes.ts';
import { ReadDecisions } from './read-decisions.ts';
import { DescribeRenewal } from './renewal.ts';
import { DeclareRestore, DescribeRestore, GetRestoreState } from './restore.ts';
import { SearchStreams } from './search-streams.ts';
import { DescribeStream, ReadStream } from './stream.ts';
import { FollowLog, TailStream } from './tail.ts';

export { DescribeStream, GetDecision, IngestRecords, LookupEvents, ReadChanges, ReadDecisions, ReadStream };

export const auditOperations = {
  IngestRecords,
  ReadDecisions,
  LookupEvents,
  ReadStream,
  DescribeStream,
  GetDecision,
  ReadChanges,
  GetLogCheckpoint,
  ReadLogTile,
  ReadLogEntries,
  ProveRecord,
  ProveLogGrowth,
  SearchStreams,
  TailStream,
  FollowLog,
  DescribeRestore,
  DeclareRestore,
  GetRestoreState,
  DescribeRenewal,
  ...exportOperations,
};
