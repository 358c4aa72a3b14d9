/** Tables of the audit database. Times are integer milliseconds, hashes lower-case hexadecimal. */
import type { ExportRow, TenantRow } from '../domain/export/rows.ts';

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
  /** Layer that denied, and enterprise project; null: none, or from before they were search columns. */
  layer: string | null;
  project: string | null;
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
  /** When its newest record was written, as it says. */
  seen_at: number | null;
  /** 1: it reports on itself, so that its silence and its holes mean something. */
  reports: number | null;
  /** 1: it stopped, another came after it, or it was closed, and nothing was heard of it since. */
  ended: number | null;
  /** How long it writes nothing at the most, as it says; null: it does not say. */
  every_ms: number | null;
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
  /** JSON of `PreviousLog`; null for the first name. */
  previous: string | null;
  /** The restore whose declaration opened it: that of the mark in the data folder, or the name itself. Null: the first name. */
  restore_id: string | null;
  /** Null: not restored from a backup of ours. */
  backup_id: string | null;
}

/** What the log was before it was put back: the link from one name to the one before. */
export interface PreviousLog {
  origin: string;
  /** The last that was signed under that name; absent: nothing was. */
  signed?: { size: number; root: string };
  /** The longest beginning that both are known to have in common. Roots are hexadecimal. */
  common: { size: number; root: string };
  reason: string;
}

/** A line of a signed note by which a witness cosigned a checkpoint. */
export interface CosignatureTable {
  epoch: number;
  size: number;
  witness: string;
  line: string;
  signed_at: number;
}

export interface CheckpointTable {
  epoch: number;
  size: number;
  root: Buffer;
  /** The signed note. */
  note: string;
  signed_at: number;
}

/** How far an export is, and who is at work on it. Positions: of an account sequences, of an organization places in the log. */
export interface ExportProgressTable {
  export_id: string;
  /** Where it began. */
  first: number;
  /** What is sent next: everything before it was delivered or refused. */
  position: number;
  delivered: number;
  refused: number;
  delivered_at: number | null;
  /** Failed ones since the last delivery. */
  attempts: number;
  next_at: number;
  problem: string | null;
  problem_at: number | null;
  lease_until: number;
  /** Grows with every lease; what was begun under an older one is not kept. */
  fence: number;
  /** Archive: where the file ends that is being written, so that a second attempt writes the same one. */
  planned: number | null;
  /** Archive: when the next digest is due. */
  digest_at: number | null;
}

/** A record that a receiver never took. */
export interface ExportRefusalTable {
  export_id: string;
  position: number;
  event_id: string;
  reason: string;
  refused_at: number;
}

/** A file of an archive, until a digest lists it. */
export interface ExportFileTable {
  export_id: string;
  path: string;
  /** Of the file uncompressed. */
  sha256: string;
  oldest: number;
  newest: number;
  written_at: number;
}

export interface ExportDigestTable {
  export_id: string;
  ends_at: number;
  path: string;
  sha256: string;
  signature: string;
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
  cosignature: CosignatureTable;
  tenant_key: TenantRow;
  export: ExportRow;
  export_progress: ExportProgressTable;
  export_refusal: ExportRefusalTable;
  export_file: ExportFileTable;
  export_digest: ExportDigestTable;
}
