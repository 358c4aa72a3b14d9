/** The rows of outside CAs and what the MAC of each covers. */
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';

/** A CA outside, with our account there. */
export interface OutsideAuthorityRow {
  outside_authority_id: string;
  account_id: string;
  name: string;
  directory_url: string;
  /** JSON, see `OutsideSettings`. */
  settings: string;
  /** The external account key, sealed under the tenant key; empty: there is none. */
  sealed_binding: Buffer;
  /** Of the key of the account (RFC 7638). */
  thumbprint: string;
  /** SubjectPublicKeyInfo. */
  public_key: Buffer;
  tenant_id: string;
  /** The key of the account, wrapped by the tenant key. */
  wrapped: Buffer;
  binding: Buffer;
  key_mac: Buffer;
  root_version: number;
  /** JSON, see `Registration`; empty: the CA does not know us yet. */
  registered: string;
  created_at: number;
  version: number;
  row_mac: Buffer;
}

export interface OutsideSettings {
  contacts: readonly string[];
  termsAgreed: boolean;
  bindingKeyId: string | null;
  /** PEM; null: the authorities of the system. */
  trust: string | null;
}

export interface Registration {
  accountUrl: string;
  /** As the CA was told them. */
  contacts: readonly string[];
}

export interface OutsideOrderRow {
  order_id: string;
  account_id: string;
  outside_authority_id: string;
  /** The one it makes, or renews. */
  certificate_id: string;
  status: string;
  /** JSON, see `OutsideOrder`. */
  body: string;
  /** JSON, see `Requester`; empty: this service, because a certificate is to be renewed. */
  requested_by: string;
  created_at: number;
  /** When a job has to look at it; null: never again. */
  due_at: number | null;
  version: number;
  row_mac: Buffer;
}

/** Who asked. */
export interface Requester {
  kind: 'root' | 'user' | 'role' | 'federated' | 'service' | 'anonymous';
  arn: string;
  principalId: string;
  entityId?: string;
  userName?: string;
}

/** Finds the order that answers a token. Without MAC: what it finds is asked again. */
export interface OutsideProofRow {
  token: string;
  order_id: string;
}

export interface OutsideCertificateRow {
  certificate_id: string;
  account_id: string;
  outside_authority_id: string;
  certificate_version: number;
  state: string;
  /** JSON, see `OutsideCertificate`. */
  body: string;
  /** DER, of the newest version. */
  certificate: Buffer;
  /** JSON, see `Requester`: of the request that made it, or of the last wish. */
  requested_by: string;
  created_at: number;
  due_at: number | null;
  version: number;
  row_mac: Buffer;
}

type Unsealed<Row> = Omit<Row, 'row_mac'>;

export function outsideAuthorityRowBytes(row: Unsealed<OutsideAuthorityRow>): Buffer {
  const { outside_authority_id, account_id, name, directory_url, settings, sealed_binding, thumbprint } = row;
  const { public_key, tenant_id, wrapped, binding, key_mac, root_version, registered, created_at, version } = row;
  return canonicalRow('outside-authority', [
    ...[outside_authority_id, account_id, name, directory_url, settings, sealed_binding, thumbprint, public_key],
    ...[tenant_id, wrapped, binding, key_mac, root_version, registered, created_at, version],
  ]);
}

export function outsideOrderRowBytes(row: Unsealed<OutsideOrderRow>): Buffer {
  const { order_id, account_id, outside_authority_id, certificate_id, status, body, requested_by } = row;
  return canonicalRow('outside-order', [
    ...[order_id, account_id, outside_authority_id, certificate_id, status, body, requested_by],
    ...[row.created_at, row.due_at, row.version],
  ]);
}

export function outsideCertificateRowBytes(row: Unsealed<OutsideCertificateRow>): Buffer {
  const { certificate_id, account_id, outside_authority_id, certificate_version, state, body, certificate } = row;
  return canonicalRow('outside-certificate', [
    ...[certificate_id, account_id, outside_authority_id, certificate_version, state, body, certificate],
    ...[row.requested_by, row.created_at, row.due_at, row.version],
  ]);
}

/** What the HSM binds the key of an account to. */
export function outsideKeyBinding(key: { accountId: string; tenantId: string; outsideAuthorityId: string }): Buffer {
  return canonicalRow('parapet/pca/outside-account-key', [1, key.accountId, key.tenantId, key.outsideAuthorityId]);
}

/** What an external account key is sealed for. */
export function outsideBindingAad(of: { accountId: string; outsideAuthorityId: string; keyId: string }): Buffer {
  return canonicalRow('parapet/pca/outside-binding', [1, of.accountId, of.outsideAuthorityId, of.keyId]);
}
