import type { AcmeAccountRow, BindingKeyRow, DirectoryRow, NonceRow, OrderRow } from '../domain/acme/rows.ts';
import type { CertificateKeyRow } from '../domain/keys/rows.ts';
import type {
  OutsideAuthorityRow,
  OutsideCertificateRow,
  OutsideOrderRow,
  OutsideProofRow,
} from '../domain/outside/rows.ts';
import type { ListRow, ResponderRow, RevocationRow } from '../domain/revocation/rows.ts';
import type {
  AuditReportRow,
  AuthorityRow,
  BlockedKeyRow,
  CertificateNameRow,
  CertificateRow,
  PermissionRow,
  TenantRow,
} from '../domain/rows.ts';
import type { ExpiryWalkRow, KeptCertificateRow, KeptVersionRow, ReissueRow } from '../domain/scm/rows.ts';

export interface PcaTables {
  acme_directory: DirectoryRow;
  acme_binding_key: BindingKeyRow;
  acme_account: AcmeAccountRow;
  acme_order: OrderRow;
  acme_nonce: NonceRow;
  outside_authority: OutsideAuthorityRow;
  outside_order: OutsideOrderRow;
  outside_proof: OutsideProofRow;
  outside_certificate: OutsideCertificateRow;
  tenant_key: TenantRow;
  authority: AuthorityRow;
  certificate: CertificateRow;
  certificate_key: CertificateKeyRow;
  certificate_name: CertificateNameRow;
  kept_certificate: KeptCertificateRow;
  kept_version: KeptVersionRow;
  reissue: ReissueRow;
  expiry_walk: ExpiryWalkRow;
  permission: PermissionRow;
  audit_report: AuditReportRow;
  blocked_key: BlockedKeyRow;
  revocation: RevocationRow;
  revocation_list: ListRow;
  ocsp_responder: ResponderRow;
}
