/**
 * Tables of iam. Names are unique through `name_key` (ASCII lower case) and compared by their exact bytes. Everything
 * hangs on unique ids, never on names: a user made anew under an old name inherits nothing.
 */
export interface AccountTable {
  account_id: string;
  name: string;
  email: string | null;
  /** At most one row is `management`. */
  kind: 'management' | 'member';
  created_at: number;
}

/** The key of one account that its access-key secrets and session tokens are sealed with; opens only inside the HSM. */
export interface TenantKeyTable {
  account_id: string;
  wrapped: Buffer;
  binding: Buffer;
  mac: Buffer;
  root_version: number;
  created_at: number;
}

export interface UserTable {
  user_id: string;
  account_id: string;
  name: string;
  name_key: string;
  path: string;
  boundary_arn: string | null;
  /** Row of the boundary when it is a policy of the account; null for shipped ones. */
  boundary_policy_id: string | null;
  created_at: number;
}

export interface GroupTable {
  group_id: string;
  account_id: string;
  name: string;
  name_key: string;
  path: string;
  created_at: number;
}

export interface GroupMemberTable {
  group_id: string;
  user_id: string;
}

export interface ManagedPolicyTable {
  policy_id: string;
  account_id: string;
  name: string;
  name_key: string;
  path: string;
  description: string | null;
  default_version: number;
  /** Number of the newest version ever made: numbers are not used again. */
  last_version: number;
  created_at: number;
  updated_at: number;
}

export interface PolicyVersionTable {
  policy_id: string;
  version: number;
  document: string;
  created_at: number;
}

export type OwnerKind = 'user' | 'group';

export interface AttachmentTable {
  account_id: string;
  owner_kind: OwnerKind;
  owner_id: string;
  policy_arn: string;
  /** Null for shipped policies. */
  policy_id: string | null;
}

export interface InlinePolicyTable {
  owner_kind: OwnerKind;
  owner_id: string;
  name: string;
  name_key: string;
  document: string;
  /** First 16 hex digits of SHA-256 of the document: its version in decision records. */
  digest: string;
}

export interface AccessKeyTable {
  access_key_id: string;
  account_id: string;
  user_id: string;
  sealed: Buffer;
  status: 'Active' | 'Inactive';
  created_at: number;
  last_used_at: number | null;
  last_used_service: string | null;
  last_used_region: string | null;
}

export interface TagTable {
  /** Unique id of a user or a policy. */
  owner_id: string;
  key_key: string;
  key: string;
  value: string;
}

export interface NamespaceTable {
  account_id: string;
  name: string;
  /** JSON of the actions and condition keys as declared. */
  definition: string;
  created_at: number;
}

/** One row: how far the first run has come, so that a crash in it ends with a working administrator. */
export interface InstallationTable {
  id: number;
  /** `issued`: the administrator's key may not have reached its file yet; `done`: it has. */
  state: 'issued' | 'done';
  account_id: string;
  user_id: string;
  access_key_id: string;
}

export interface IamDb {
  account: AccountTable;
  tenant_key: TenantKeyTable;
  iam_user: UserTable;
  iam_group: GroupTable;
  group_member: GroupMemberTable;
  managed_policy: ManagedPolicyTable;
  policy_version: PolicyVersionTable;
  attachment: AttachmentTable;
  inline_policy: InlinePolicyTable;
  access_key: AccessKeyTable;
  tag: TagTable;
  namespace: NamespaceTable;
  installation: InstallationTable;
  /** The platform's own, read in the same snapshot as the data it describes. */
  global_version: { id: number; v: number };
}
