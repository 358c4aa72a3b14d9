import type { Kysely, Selectable, Transaction } from 'kysely';
import type {
  AccessKeyTable,
  AccountTable,
  EnterpriseProjectTable,
  GroupTable,
  IamDb,
  ManagedPolicyTable,
  MfaDeviceTable,
  PolicyVersionTable,
  ProjectGrantTable,
  RoleTable,
  SessionTable,
  UserTable,
} from './schema.ts';

/** Reads work on committed rows and inside a transaction alike. */
export type Db = Kysely<IamDb>;
export type Tx = Transaction<IamDb>;

export type AccountRow = Selectable<AccountTable>;
export type UserRow = Selectable<UserTable>;
/** Of an access key or a role, by its id. */
export interface Use {
  id: string;
  at: number;
  service: string;
  region: string;
}

export type RoleRow = Selectable<RoleTable>;
/** Not used yet. */
export type NewRole = Omit<RoleRow, 'last_used_at' | 'last_used_region'>;
export type SessionRow = Selectable<SessionTable>;
export type MfaDeviceRow = Selectable<MfaDeviceTable>;
export type GroupRow = Selectable<GroupTable>;
export type PolicyRow = Selectable<ManagedPolicyTable>;
export type PolicyVersionRow = Selectable<PolicyVersionTable>;
export type ProjectRow = Selectable<EnterpriseProjectTable>;
export type GrantRow = Selectable<ProjectGrantTable>;
export type AccessKeyRow = Selectable<AccessKeyTable>;

/** One page of a list: rows above `after` in the order of its key, one more than asked for when there are more. */
export interface Range {
  after: string | undefined;
  limit: number;
}
