/** The rows of the ACME server and what the MAC of each covers. */
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';

/** Whom an account acts for. */
export interface PrincipalColumns {
  principal_id: string;
  principal_arn: string;
  principal_kind: 'root' | 'user' | 'role';
}

export interface DirectoryRow {
  directory_id: string;
  account_id: string;
  authority_id: string;
  name: string;
  state: 'active' | 'deleted';
  /** JSON, see `DirectoryRules`. */
  rules: string;
  /** For accounts without a binding; empty: there are none. */
  principal_id: string;
  principal_arn: string;
  principal_kind: PrincipalColumns['principal_kind'];
  created_at: number;
  version: number;
  row_mac: Buffer;
}

export interface BindingKeyRow extends PrincipalColumns {
  key_id: string;
  directory_id: string;
  account_id: string;
  state: 'open' | 'used' | 'revoked';
  /** The MAC key, sealed under the tenant key. */
  sealed: Buffer;
  expires_at: number;
  created_at: number;
  /** The ACME account it bound. */
  used_by: string | null;
  version: number;
  row_mac: Buffer;
}

export interface AcmeAccountRow extends PrincipalColumns {
  acme_account_id: string;
  directory_id: string;
  account_id: string;
  state: 'valid' | 'deactivated' | 'revoked';
  /** JSON. */
  jwk: string;
  /** Unique within the directory. */
  thumbprint: string;
  /** JSON list. */
  contacts: string;
  binding_key_id: string | null;
  created_at: number;
  version: number;
  row_mac: Buffer;
}

export interface OrderRow {
  order_id: string;
  acme_account_id: string;
  directory_id: string;
  account_id: string;
  status: string;
  /** JSON, see `Order`. */
  body: string;
  /** The certificate it replaces (RFC 9773). */
  replaces: string | null;
  /** Of its certificate. */
  serial: string | null;
  created_at: number;
  /** When a job has to look at it; null: never again. */
  due_at: number | null;
  version: number;
  row_mac: Buffer;
}

/**
 * A nonce that was used, for as long as it could be used again. Without MAC: a row that is missing cannot be seen, and
 * whoever can remove one still needs a request that its account signed.
 */
export interface NonceRow {
  nonce: string;
  expires_at: number;
}

type Unsealed<Row> = Omit<Row, 'row_mac'>;
const principal = (row: PrincipalColumns) => [row.principal_id, row.principal_arn, row.principal_kind] as const;

export function directoryRowBytes(row: Unsealed<DirectoryRow>): Buffer {
  const { directory_id, account_id, authority_id, name, state, rules, created_at, version } = row;
  const values = [directory_id, account_id, authority_id, name, state, rules, ...principal(row), created_at, version];
  return canonicalRow('acme-directory', values);
}

export function bindingKeyRowBytes(row: Unsealed<BindingKeyRow>): Buffer {
  const { key_id, directory_id, account_id, state, sealed, expires_at, created_at, used_by, version } = row;
  const values = [key_id, directory_id, account_id, state, sealed, expires_at, created_at, used_by, version];
  return canonicalRow('acme-binding-key', [...values, ...principal(row)]);
}

export function acmeAccountRowBytes(row: Unsealed<AcmeAccountRow>): Buffer {
  const { acme_account_id, directory_id, account_id, state, jwk, thumbprint, contacts } = row;
  const values = [acme_account_id, directory_id, account_id, state, jwk, thumbprint, contacts, row.binding_key_id];
  return canonicalRow('acme-account', [...values, row.created_at, row.version, ...principal(row)]);
}

export function orderRowBytes(row: Unsealed<OrderRow>): Buffer {
  const { order_id, acme_account_id, directory_id, account_id, status, body, replaces, serial } = row;
  const values = [order_id, acme_account_id, directory_id, account_id, status, body, replaces, serial];
  return canonicalRow('acme-order', [...values, row.created_at, row.due_at, row.version]);
}

/** What the secret of a binding key is sealed for. */
export function bindingSecretAad(key: { accountId: string; directoryId: string; keyId: string }): Buffer {
  return canonicalRow('parapet/pca/acme-binding-key', [1, key.accountId, key.directoryId, key.keyId]);
}
