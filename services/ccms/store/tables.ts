import type { GrantRow } from '../domain/grant.ts';
import type { CredentialRoleRow, LeaseRow, OrphanRow } from '../domain/leases/rows.ts';
import type { ReaderRow } from '../domain/rotation/readers.ts';
import type { FunctionRow, RotationRow, RunRow } from '../domain/rotation/rows.ts';
import type { AccessRow, SecretRow, TombstoneRow, VersionRow } from '../domain/rows.ts';
import type { TargetRow } from '../domain/target-row.ts';
import type { WrappingRow } from '../domain/wrapping.ts';

export interface CcmsTables {
  secret: SecretRow;
  secret_version: VersionRow;
  secret_tombstone: TombstoneRow;
  version_access: AccessRow;
  version_reader: ReaderRow;
  target: TargetRow;
  secret_grant: GrantRow;
  secret_wrapping: WrappingRow;
  credential_role: CredentialRoleRow;
  lease: LeaseRow;
  lease_orphan: OrphanRow;
  secret_rotation: RotationRow;
  rotation_run: RunRow;
  rotation_function: FunctionRow;
}
