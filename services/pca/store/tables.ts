import type { ListRow, ResponderRow, RevocationRow } from '../domain/revocation/rows.ts';
import type { AuthorityRow, BlockedKeyRow, CertificateRow, TenantRow } from '../domain/rows.ts';

export interface PcaTables {
  tenant_key: TenantRow;
  authority: AuthorityRow;
  certificate: CertificateRow;
  blocked_key: BlockedKeyRow;
  revocation: RevocationRow;
  revocation_list: ListRow;
  ocsp_responder: ResponderRow;
}
