import type { AuthorityRow, BlockedKeyRow, CertificateNameRow, CertificateRow, TenantRow } from '../domain/rows.ts';

export interface PcaTables {
  tenant_key: TenantRow;
  authority: AuthorityRow;
  certificate: CertificateRow;
  certificate_name: CertificateNameRow;
  blocked_key: BlockedKeyRow;
}
