import type {
  AuditReportRow,
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
  audit_report: AuditReportRow;
  blocked_key: BlockedKeyRow;
}
