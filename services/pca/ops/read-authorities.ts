import type { z } from 'zod';
import { toPem } from '../../../platform/contract/der.ts';
import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import {
  DescribeCertificateAuthority,
  GetCertificateAuthorityCertificate,
  GetCertificateAuthorityCsr,
  ListCertificateAuthorities,
} from '../api/authorities.ts';
import type { AuthorityConfiguration } from '../api/shapes.ts';
import type { PcaDeps } from '../deps.ts';
import { statusOf } from '../domain/authority-state.ts';
import { readSettings } from '../domain/revocation/settings.ts';
import type { Certificate } from '../domain/x509/certificate.ts';
import { serialText } from '../domain/x509/certificate.ts';
import { type AuthorityRecord, guardedAuthority } from '../store/authorities.ts';
import { listAuthorities } from '../store/authority-queries.ts';
import { requireState, resolveAuthority } from './authority-access.ts';
import { openPage } from './page.ts';

const implement = implementFor<PcaDeps>();

export function showAuthority({ row, arn, issuer }: AuthorityRecord, now: number) {
  const [certificate] = issuer.chain;
  return {
    Arn: arn,
    OwnerAccount: row.account_id,
    CreatedAt: row.created_at,
    LastStateChangeAt: row.state_changed_at,
    Type: row.type,
    ...(certificate && {
      Serial: serialText(certificate.serial).match(/../g)!.join(':'),
      NotBefore: certificate.notBefore,
      NotAfter: certificate.notAfter,
    }),
    Status: statusOf(row, now),
    CertificateAuthorityConfiguration: JSON.parse(row.configuration) as z.output<typeof AuthorityConfiguration>,
    RevocationConfiguration: shownConfiguration(row.revocation),
    ...(row.restorable_until !== null && { RestorableUntil: row.restorable_until }),
    KeyStorageSecurityStandard: row.key_storage,
    UsageMode: row.usage_mode,
    EnterpriseProjectId: row.enterprise_project_id,
  };
}

/** AWS answers both members, whatever was asked for. */
function shownConfiguration(column: string | null) {
  const { CrlConfiguration, OcspConfiguration } = readSettings(column)?.configuration ?? {};
  return {
    CrlConfiguration: CrlConfiguration ?? { Enabled: false },
    OcspConfiguration: OcspConfiguration ?? { Enabled: false },
  };
}

export const certificatePem = (bytes: Buffer) => toPem('CERTIFICATE', bytes);

/** From the issuer to the root. */
export function chainPem(chain: readonly Certificate[]): { CertificateChain?: string } {
  return chain.length === 0 ? {} : { CertificateChain: chain.map(({ bytes }) => certificatePem(bytes)).join('') };
}

export const describeCertificateAuthority = implement(DescribeCertificateAuthority, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  run: (call, _input, record) => ({ CertificateAuthority: showAuthority(record, call.now) }),
});

export const listCertificateAuthorities = implement(ListCertificateAuthorities, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const page = openPage(call, deps, input, input.ResourceOwner ?? null);
    if (input.ResourceOwner === 'OTHER_ACCOUNTS') return { CertificateAuthorities: [] };
    const { accountId } = call.caller;
    const found = await listAuthorities(deps.store.read, { accountId, after: page.after, limit: page.limit + 1 });
    await deps.guard.verify(found.map(guardedAuthority));
    const { rows, ...end } = page.end(found, (row) => row.authority_id);
    const records = rows.flatMap((row) => deps.authorities.recordOf(row) ?? []);
    return { CertificateAuthorities: records.map((record) => showAuthority(record, call.now)), ...end };
  },
});

export const getCertificateAuthorityCsr = implement(GetCertificateAuthorityCsr, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  run(call, _input, record) {
    requireState(call, 'GetCsr', record);
    return { Csr: toPem('CERTIFICATE REQUEST', record.row.csr) };
  },
});

export const getCertificateAuthorityCertificate = implement(GetCertificateAuthorityCertificate, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  run(call, _input, record) {
    requireState(call, 'GetCertificate', record);
    const [certificate, ...above] = record.issuer.chain;
    if (!certificate) throw call.fail('InvalidState', `certificate authority ${record.arn} has no certificate`);
    return { Certificate: certificatePem(certificate.bytes), ...chainPem(above) };
  },
});
