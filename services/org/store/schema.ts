/**
 * Tables of org. The invariants of the tree are constraints here and not only in the code: one organization, one root,
 * one parent, no cycles (a child stands exactly one below its parent), sibling names, one attachment of a policy per
 * node, one open invitation per account.
 */
import type { ACCOUNT_STATES } from '../api/internal.ts';
import type { HandshakeState } from '../domain/handshake.ts';
import type { GuardrailType } from '../domain/shipped.ts';

export interface OrganizationTable {
  organization_id: string;
  /** Always 1: there can be one row. */
  slot: number;
  management_account_id: string;
  root_id: string;
  created_at: number;
}

/** The root and the units. */
export interface NodeTable {
  node_id: string;
  organization_id: string;
  kind: 'root' | 'unit';
  /** Null for the root alone. */
  parent_id: string | null;
  parent_depth: number | null;
  depth: number;
  /** Ids from the root down to this one, joined by `/`. */
  path: string;
  name: string;
  name_key: string;
  created_at: number;
}

/** Every account the organization has ever had: ids are never used again. */
export interface AccountTable {
  account_id: string;
  /** Null for an account that has left; its state stays. */
  organization_id: string | null;
  parent_id: string | null;
  name: string;
  email: string | null;
  /** Holds the address against others; null for an invited account whose address was taken. */
  email_key: string | null;
  state: (typeof ACCOUNT_STATES)[number];
  keep_cross_account_use: number;
  joined_method: 'INVITED' | 'CREATED';
  joined_at: number;
  closed_at: number | null;
}

export interface CreationTable {
  request_id: string;
  organization_id: string;
  /** Reserved with the request, told when the account is ready. */
  account_id: string;
  account_name: string;
  role_name: string | null;
  state: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED';
  failure_reason: string | null;
  requested_at: number;
  completed_at: number | null;
}

export interface PolicyTypeTable {
  organization_id: string;
  type: GuardrailType;
  enabled_at: number;
}

export interface PolicyTable {
  policy_id: string;
  organization_id: string;
  type: GuardrailType;
  name: string;
  name_key: string;
  description: string;
  content: string;
  /** Grows with every new document. */
  version: number;
  updated_at: number;
}

export type AttachmentMode = 'enforce' | 'observe';

export interface AttachmentTable {
  /** Root, unit or account. */
  target_id: string;
  policy_id: string;
  type: GuardrailType;
  mode: AttachmentMode;
  /** The same as target_id, in the column of its kind; the other is null. */
  node_id: string | null;
  account_id: string | null;
  /** Null for shipped policies. */
  own_policy_id: string | null;
  attached_at: number;
}

export interface HandshakeTable {
  handshake_id: string;
  organization_id: string;
  /** The recipient, however it was named. */
  account_id: string;
  target_type: 'ACCOUNT' | 'EMAIL';
  target_value: string;
  state: HandshakeState;
  notes: string | null;
  /** JSON: tags the account gets when it joins. */
  tags: string;
  requested_at: number;
  expires_at: number;
  ended_at: number | null;
}

export interface ServiceAccessTable {
  organization_id: string;
  service_principal: string;
  enabled_at: number;
}

export interface DelegatedAdministratorTable {
  service_principal: string;
  account_id: string;
  organization_id: string;
  enabled_at: number;
}

export interface ResourcePolicyTable {
  organization_id: string;
  policy_id: string;
  content: string;
  updated_at: number;
}

export interface TagTable {
  /** Id of a root, unit, account, policy or resource policy. */
  owner_id: string;
  key_key: string;
  key: string;
  value: string;
}

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

export interface OrgDb {
  change_note: ChangeNoteTable;
  landing_zone: LandingZoneTable;
  landing_zone_object: LandingZoneObjectTable;
  landing_zone_plan: LandingZonePlanTable;
  landing_zone_step: LandingZoneStepTable;
  landing_zone_apply: LandingZoneApplyTable;
  landing_zone_journal: LandingZoneJournalTable;
  organization: OrganizationTable;
  node: NodeTable;
  account: AccountTable;
  creation: CreationTable;
  policy_type: PolicyTypeTable;
  policy: PolicyTable;
  attachment: AttachmentTable;
  handshake: HandshakeTable;
  service_access: ServiceAccessTable;
  delegated_administrator: DelegatedAdministratorTable;
  resource_policy: ResourcePolicyTable;
  tag: TagTable;
  /** The platform's own: its `v` is the revision of the organization. */
  global_version: { id: number; v: number };
}
