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
  /** Sessions that were issued earlier are void. */
  sessions_not_before: number;
  /** Project it is in as a resource. */
  enterprise_project_id: string;
  created_at: number;
}

export interface RoleTable {
  role_id: string;
  account_id: string;
  name: string;
  name_key: string;
  path: string;
  description: string | null;
  /** The trust policy as it was written. */
  trust: string;
  /** JSON: ARN and unique id of each principal it names, as they were when it was written. */
  trust_principals: string;
  max_session_seconds: number;
  boundary_arn: string | null;
  boundary_policy_id: string | null;
  sessions_not_before: number;
  /** Project it is in as a resource. */
  enterprise_project_id: string;
  created_at: number;
  last_used_at: number | null;
  last_used_region: string | null;
}

export type SessionKind = 'root' | 'user' | 'role' | 'federated';

/** Temporary credentials and bearer tokens, from their making until they expire. Holds no secret. */
export interface SessionTable {
  /** Temporary access key id, or the id of a bearer token. */
  session_id: string;
  account_id: string;
  /** Unique id of the user or role whose policies it has, or the account id for the root user. */
  entity_id: string;
  kind: SessionKind;
  /** Of a role session or federated user. */
  name: string | null;
  /** The long-term access key everything began with: the session ends with it. Or the service of ours that opened it. */
  origin_key_id: string;
  origin_account_id: string;
  /** The session that assumed the role, if it was one. */
  parent_session_id: string | null;
  source_identity: string | null;
  /** JSON: list of Key and Value. */
  tags: string;
  /** JSON: list of tag keys that a further role session takes over. */
  transitive_keys: string;
  /** Inline session policy. */
  policy: string | null;
  /** JSON: managed session policies, as `ManagedSessionPolicy`; null when none were given. */
  managed_policies: string | null;
  mfa_at: number | null;
  issued_at: number;
  expires_at: number;
  revoked_at: number | null;
}

/** A time-based one-time password device (RFC 6238). */
export interface MfaDeviceTable {
  /** ARN. */
  serial: string;
  account_id: string;
  name_key: string;
  /** The seed, sealed like the secret of an access key. */
  sealed: Buffer;
  /** User id, or the account id for the root user; null while it is assigned to nobody. */
  owner_id: string | null;
  enabled_at: number | null;
  /** How many steps its clock runs ahead of ours, as of its last synchronisation. */
  drift: number;
  /** Time step (of its clock) of the last code that was accepted: it and earlier ones are never accepted again. */
  last_step: number;
  /** Wrong codes since the last right one. */
  failures: number;
  locked_until: number;
  /** Project it is in as a resource, whoever it is assigned to. */
  enterprise_project_id: string;
  created_at: number;
}

/** The one claim of a root user that may be open. */
export interface RootClaimTable {
  account_id: string;
  /** SHA-256 of the token. */
  digest: Buffer;
  expires_at: number;
}

export interface GroupTable {
  group_id: string;
  account_id: string;
  name: string;
  name_key: string;
  path: string;
  /** Project it is in as a resource. */
  enterprise_project_id: string;
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
  /** Project it is in as a resource. */
  enterprise_project_id: string;
  created_at: number;
  updated_at: number;
}

export interface PolicyVersionTable {
  policy_id: string;
  version: number;
  document: string;
  created_at: number;
}

export type OwnerKind = 'user' | 'group' | 'role';

/** The default project of an account has no row. */
export interface EnterpriseProjectTable {
  project_id: string;
  account_id: string;
  name: string;
  name_key: string;
  description: string;
  /** 0 or 1. A disabled one takes no resources and is not changed; it is never deleted. */
  enabled: number;
  created_at: number;
  updated_at: number;
}

/** A managed policy that an owner has for the resources of one project. */
export interface ProjectGrantTable {
  account_id: string;
  project_id: string;
  owner_kind: OwnerKind;
  owner_id: string;
  policy_arn: string;
  /** Null for shipped policies. */
  policy_id: string | null;
  created_at: number;
}

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
  /** User id, or the account id for the root user. */
  owner_id: string;
  sealed: Buffer;
  status: 'Active' | 'Inactive';
  created_at: number;
  last_used_at: number | null;
  last_used_service: string | null;
  last_used_region: string | null;
}

export interface TagTable {
  /** Unique id of a user, role or policy, or serial number of an MFA device. */
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
  /** Project it is in as a resource. */
  enterprise_project_id: string;
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
  iam_role: RoleTable;
  session: SessionTable;
  mfa_device: MfaDeviceTable;
  root_claim: RootClaimTable;
  iam_group: GroupTable;
  group_member: GroupMemberTable;
  managed_policy: ManagedPolicyTable;
  policy_version: PolicyVersionTable;
  attachment: AttachmentTable;
  enterprise_project: EnterpriseProjectTable;
  project_grant: ProjectGrantTable;
  inline_policy: InlinePolicyTable;
  access_key: AccessKeyTable;
  tag: TagTable;
  namespace: NamespaceTable;
  installation: InstallationTable;
  /** The platform's own, read in the same snapshot as the data it describes. */
  global_version: { id: number; v: number };
}
