/** Tables of landing zones, and the log of who changed what that drift is explained by. */

/** Who changed an object of the organization, and by which operation: one row per object and record. */
export interface ChangeNoteTable {
  /** Of the audit record. */
  event_id: string;
  /** Id of a root, unit, account or policy; `target/policy` of an attachment; name of a type or service. */
  object_id: string;
  at: number;
  operation: string;
  actor: string;
}

/** The landing zone as it was last applied. */
export interface LandingZoneTable {
  organization_id: string;
  name: string;
  /** JSON, as it was sent. */
  document: string;
  apply_id: string;
  applied_at: number;
}

/** What the landing zone made of an object: what drift and the next plan are measured by. */
export interface LandingZoneObjectTable {
  organization_id: string;
  kind: string;
  key: string;
  object_id: string | null;
  /** JSON: field to value. */
  state: string;
}

export interface LandingZonePlanTable {
  plan_id: string;
  organization_id: string;
  name: string;
  sha256: string;
  revision: number;
  /** JSON of the landing zone. */
  document: string;
  /** JSON of the plan without its steps. */
  body: string;
  created_by: string;
  created_at: number;
  expires_at: number;
}

export interface LandingZoneStepTable {
  plan_id: string;
  position: number;
  /** JSON of a step. */
  body: string;
}

export type ApplyState = 'RUNNING' | 'SUCCEEDED' | 'FAILED';

export interface LandingZoneApplyTable {
  apply_id: string;
  organization_id: string;
  plan_id: string;
  state: ApplyState;
  total: number;
  /** Steps that are done: the next one has this position. */
  done: number;
  /** JSON of who applies it: the records of its steps name them. */
  caller: string;
  request_id: string;
  started_at: number;
  ended_at: number | null;
  /** JSON: why it stopped. */
  failure: string | null;
}

/** WAITING: begun, and waiting for another service. */
export type JournalState = 'WAITING' | 'DONE' | 'FAILED';

export interface LandingZoneJournalTable {
  apply_id: string;
  position: number;
  state: JournalState;
  at: number;
  detail: string | null;
}

export interface LandingZoneTables {
  change_note: ChangeNoteTable;
  landing_zone: LandingZoneTable;
  landing_zone_object: LandingZoneObjectTable;
  landing_zone_plan: LandingZonePlanTable;
  landing_zone_step: LandingZoneStepTable;
  landing_zone_apply: LandingZoneApplyTable;
  landing_zone_journal: LandingZoneJournalTable;
}
