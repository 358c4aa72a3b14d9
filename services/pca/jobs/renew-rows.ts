/** Brings the keys of authorities, and the MACs of rows, into the form that the HSM has now. */
import { guardedRows } from '../../../platform/renewal/guarded-rows.ts';
import { renewalJob } from '../../../platform/renewal/renewal.ts';
import { renewedUnderTenant, tenantKeys, wrappedKeys } from '../../../platform/renewal/wrapped-keys.ts';
import { wrappedKey } from '../../../platform/store/tenant-keys.ts';
import type { PcaDeps } from '../deps.ts';
import { acmeAccountRowBytes, bindingKeyRowBytes, directoryRowBytes, orderRowBytes } from '../domain/acme/rows.ts';
import { certificateKeyRowBytes } from '../domain/keys/rows.ts';
import {
  type OutsideAuthorityRow,
  outsideAuthorityRowBytes,
  outsideCertificateRowBytes,
  outsideOrderRowBytes,
} from '../domain/outside/rows.ts';
import { type ResponderRow, responderRowBytes, revocationRowBytes } from '../domain/revocation/rows.ts';
import {
  type AuthorityRow,
  auditReportRowBytes,
  authorityRowBytes,
  certificateRowBytes,
  permissionRowBytes,
  ROW_MAC_LABEL,
  tenantRowBytes,
} from '../domain/rows.ts';
import { keptCertificateRowBytes, keptVersionRowBytes, reissueRowBytes } from '../domain/scm/rows.ts';
import { guardedAuthority } from '../store/authorities.ts';
import { replaceAuthorityKey } from '../store/authority-queries.ts';
import { guardedOutsideAuthority, replaceOutsideKey } from '../store/outside/authority-queries.ts';
import { guardedResponder, replaceResponderKey } from '../store/revocation/responder-queries.ts';
import { tenantTable } from '../store/tenant-table.ts';

const label = ROW_MAC_LABEL;

export const renewRows = renewalJob<PcaDeps>('pca-renew-rows', [
  tenantKeys(tenantTable),
  wrappedKeys<PcaDeps, AuthorityRow>({
    step: 'keys of authorities',
    table: 'authority',
    key: ['authority_id'],
    renew: renewAuthority,
    replace: replaceAuthorityKey,
  }),
  guardedRows({ table: 'tenant_key', key: ['account_id'], label, bytes: tenantRowBytes }),
  guardedRows({ table: 'authority', key: ['authority_id'], label, bytes: authorityRowBytes }),
  guardedRows({ table: 'audit_report', key: ['report_id'], label, bytes: auditReportRowBytes }),
  guardedRows({ table: 'certificate', key: ['authority_id', 'serial'], label, bytes: certificateRowBytes }),
  guardedRows({ table: 'certificate_key', key: ['certificate_arn', 'version'], label, bytes: certificateKeyRowBytes }),
  guardedRows({ table: 'kept_certificate', key: ['certificate_id'], label, bytes: keptCertificateRowBytes }),
  guardedRows({
    table: 'kept_version',
    key: ['certificate_id', 'certificate_version'],
    label,
    bytes: keptVersionRowBytes,
  }),
  guardedRows({ table: 'reissue', key: ['authority_id', 'serial'], label, bytes: reissueRowBytes }),
  wrappedKeys<PcaDeps, ResponderRow>({
    step: 'keys of OCSP responders',
    table: 'ocsp_responder',
    key: ['authority_id', 'serial'],
    renew: renewResponder,
    replace: replaceResponderKey,
  }),
  guardedRows({ table: 'ocsp_responder', key: ['authority_id', 'serial'], label, bytes: responderRowBytes }),
  guardedRows({ table: 'revocation', key: ['authority_id', 'serial'], label, bytes: revocationRowBytes }),
  guardedRows({
    table: 'permission',
    key: ['authority_id', 'principal', 'source_account'],
    label,
    bytes: permissionRowBytes,
  }),
  guardedRows({ table: 'acme_directory', key: ['directory_id'], label, bytes: directoryRowBytes }),
  guardedRows({ table: 'acme_binding_key', key: ['key_id'], label, bytes: bindingKeyRowBytes }),
  guardedRows({ table: 'acme_account', key: ['acme_account_id'], label, bytes: acmeAccountRowBytes }),
  guardedRows({ table: 'acme_order', key: ['order_id'], label, bytes: orderRowBytes }),
  wrappedKeys<PcaDeps, OutsideAuthorityRow>({
    step: 'keys of accounts at outside CAs',
    table: 'outside_authority',
    key: ['outside_authority_id'],
    renew: renewOutsideAuthority,
    replace: replaceOutsideKey,
  }),
  guardedRows({ table: 'outside_authority', key: ['outside_authority_id'], label, bytes: outsideAuthorityRowBytes }),
  guardedRows({ table: 'outside_order', key: ['order_id'], label, bytes: outsideOrderRowBytes }),
  guardedRows({ table: 'outside_certificate', key: ['certificate_id'], label, bytes: outsideCertificateRowBytes }),
]);

async function renewResponder(deps: PcaDeps, row: ResponderRow): Promise<ResponderRow | undefined> {
  const guarded = guardedResponder(row);
  await deps.guard.verify([guarded]);
  const material = wrappedKey({ ...row, mac: row.key_mac });
  const { name } = guarded;
  const renewed = await renewedUnderTenant(deps, tenantTable, { name, accountId: row.account_id, material });
  if (renewed === undefined) return undefined;
  const next = { ...row, key_mac: renewed.mac, root_version: renewed.rootVersion };
  const [row_mac] = await deps.guard.seal([responderRowBytes(next)]);
  return { ...next, row_mac: row_mac! };
}

/** The version grows, so that whoever read the row before does not put the key back into the form it had. */
async function renewAuthority(deps: PcaDeps, row: AuthorityRow): Promise<AuthorityRow | undefined> {
  const guarded = guardedAuthority(row);
  await deps.guard.verify([guarded]);
  if (row.state === 'DESTROYED') return undefined;
  const { name } = guarded;
  const material = wrappedKey({ ...row, mac: row.key_mac });
  const renewed = await renewedUnderTenant(deps, tenantTable, { name, accountId: row.account_id, material });
  if (renewed === undefined) return undefined;
  const next = { ...row, key_mac: renewed.mac, root_version: renewed.rootVersion, version: row.version + 1 };
  const [row_mac] = await deps.guard.seal([authorityRowBytes(next)]);
  return { ...next, row_mac: row_mac! };
}

/** The version grows, as for an authority. */
async function renewOutsideAuthority(
  deps: PcaDeps,
  row: OutsideAuthorityRow,
): Promise<OutsideAuthorityRow | undefined> {
  const guarded = guardedOutsideAuthority(row);
  await deps.guard.verify([guarded]);
  const { name } = guarded;
  const material = wrappedKey({ ...row, mac: row.key_mac });
  const renewed = await renewedUnderTenant(deps, tenantTable, { name, accountId: row.account_id, material });
  if (renewed === undefined) return undefined;
  const next = { ...row, key_mac: renewed.mac, root_version: renewed.rootVersion, version: row.version + 1 };
  const [row_mac] = await deps.guard.seal([outsideAuthorityRowBytes(next)]);
  return { ...next, row_mac: row_mac! };
}
