import type {
  AuthorityRow,
  BlockedKeyRow,
  CertificateNameRow,
  CertificateRow,
  PermissionRow,
  TenantRow,
} from '../domain/rows.ts';

export interface PcaTables {
  tenant_key: TenantRow;
  authority: AuthorityRow;
  certificate: CertificateRow;
  certificate_name: CertificateNameRow;
  permission: PermissionRow;
  blocked_key: BlockedKeyRow;
}
