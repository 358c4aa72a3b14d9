import type { AuthorityRow, BlockedKeyRow, CertificateRow, TenantRow } from '../domain/rows.ts';

export interface PcaTables {
  tenant_key: TenantRow;
  authority: AuthorityRow;
  certificate: CertificateRow;
  blocked_key: BlockedKeyRow;
}
