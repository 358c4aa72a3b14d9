import type { PauseRow } from '../domain/deletion-pause.ts';
import type { GrantRow } from '../domain/grant.ts';
import type { RootVersionRow } from '../domain/root-rotation.ts';
import type { AliasRow, KeyRow, MaterialRow, TenantRow } from '../domain/rows.ts';

export interface KmsTables {
  kms_key: KeyRow;
  key_material: MaterialRow;
  tenant_key: TenantRow;
  key_alias: AliasRow;
  kms_grant: GrantRow;
  deletion_pause: PauseRow;
  root_version: RootVersionRow;
}
