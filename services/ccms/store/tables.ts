import type { FunctionRow, RotationRow, RunRow } from '../domain/rotation/rows.ts';
import type { AccessRow, SecretRow, TombstoneRow, VersionRow } from '../domain/rows.ts';
import type { TargetRow } from '../domain/target-row.ts';

export interface CcmsTables {
  secret: SecretRow;
  secret_version: VersionRow;
  secret_tombstone: TombstoneRow;
  version_access: AccessRow;
  target: TargetRow;
  secret_rotation: RotationRow;
  rotation_run: RunRow;
  rotation_function: FunctionRow;
}
