/** Tables of the audit database. Times are integer milliseconds, hashes lower-case hexadecimal. */

/** INVARIANT: insert-only. No statement of this service updates or deletes a row. */
export interface RecordTable {
  event_id: string;
  account_id: string;
  sequence: number;
  time: number;
  name: string;
  source: string;
  principal: string | null;
  actor: string | null;
  access_key: string | null;
  outcome: string;
  request_id: string | null;
  hash: string;
  record: string;
  /** Short form of its decisions; empty: it has none; null: from before there were short forms. */
  decisions: string | null;
}

/** What the decisions of many records have in common, by its hash. Insert-only like `record`. */
export interface DecisionSettingTable {
  id: string;
  text: string;
}

/** Resources of a record, for search. Insert-only like `record`. */
export interface RecordResourceTable {
  account_id: string;
  arn: string;
  time: number;
  sequence: number;
}

/** Arrived and not yet numbered; emptied by the sequencer in the commit that fills `record`. */
export interface PendingTable {
  event_id: string;
  position: number;
  account_id: string;
  created_at: number;
  record: string;
}

export interface StreamHeadTable {
  account_id: string;
  sequence: number;
  hash: string;
  first_time: number;
  last_time: number;
}

export interface WriterTable {
  boot: string;
  node: string;
  highest: number;
}

export interface WriterHoleTable {
  boot: string;
  first: number;
  last: number;
  noticed_at: number;
}

/** A successful write, by its place among those of all accounts. Insert-only like `record`. */
export interface WriteOrderTable {
  position: number;
  account_id: string;
  sequence: number;
}

/** A record in the Merkle log, by its place. Insert-only like `record`. */
export interface LogEntryTable {
  position: number;
  account_id: string;
  sequence: number;
  /** Hash of the leaf, 32 bytes. */
  leaf: Buffer;
}

/** A full tile of the Merkle log: 256 hashes, and their root. Insert-only like `record`. */
export interface LogTileTable {
  level: number;
  tile: number;
  root: Buffer;
  hashes: Buffer;
}

/** The name under which checkpoints are signed. Another one when the database was put back to an earlier state. */
export interface LogOriginTable {
  epoch: number;
  origin: string;
  opened_at: number;
}

export interface CheckpointTable {
  epoch: number;
  size: number;
  root: Buffer;
  /** The signed note. */
  note: string;
  signed_at: number;
}

/** A restore that somebody declared. Insert-only. */
export interface LogRestoreTable {
  /** The one that it opened. */
  epoch: number;
  /** Of the mark in the data folder, or made when it was declared. */
  restore_id: string;
  backup_id: string | null;
  reason: string;
  declared_at: number;
  /** How many records the log had, and their root. */
  size: number;
  root: Buffer;
  /** How many were signed before, as far as was known. */
  signed_before: number;
}

export interface AuditDatabase {
  record: RecordTable;
  record_resource: RecordResourceTable;
  decision_setting: DecisionSettingTable;
  pending: PendingTable;
  stream_head: StreamHeadTable;
  writer: WriterTable;
  writer_hole: WriterHoleTable;
  write_order: WriteOrderTable;
  log_entry: LogEntryTable;
  log_tile: LogTileTable;
  log_origin: LogOriginTable;
  checkpoint: CheckpointTable;
  log_restore: LogRestoreTable;
}
