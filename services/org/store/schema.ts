/**
 * Tables of org. The invariants of the tree are constraints here and not only in the code: one organization, one root,
 * one parent, no cycles (a child stands exactly one below its parent), sibling names, one attachment of a policy per
 * node, one open invitation per account.
 */
import type { ACCOUNT_STATES } from '../api/internal.ts';
import type { HandshakeState } from '../domain/handshake.ts';
import type { GuardrailType } from '../domain/shipped.ts';
import type { DetectiveTables } from './detective/tables.ts';
import type { LandingZoneTables } from './landing-zone/schema.ts';

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

export interface OrgDb extends DetectiveTables, LandingZoneTables {
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
  change_log: { v: number; kind: string; object_id: string };
}
