/** Certificates as files, with their private keys for those who may have them. */
import { toPem } from '../../../../platform/contract/der.ts';
import { change, implementFor } from '../../../../platform/runtime/call.ts';
import { DeleteCertificateKey, ExportCertificate, ExportPrivateKey } from '../../api/keys/export.ts';
import type { PcaDeps } from '../../deps.ts';
import { issuedKeyName } from '../../domain/keys/rows.ts';
import { certsOnly } from '../../domain/x509/certs-only.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import { deleteKeyRow } from '../../store/keys/key-queries.ts';
import { type AnyCall, conflict, resolveAuthority } from '../authority-access.ts';
import { requireCertificate } from '../issuing/get-certificate.ts';
import { answer, requireFile } from './key-file.ts';
import { keptKey, withKey } from './sealed-keys.ts';

const implement = implementFor<PcaDeps>();

export const exportCertificate = implement(ExportCertificate, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const { certificate, chain } = await found(call, deps, record, input.CertificateArn);
    const all = [certificate, ...chain.map(({ bytes }) => bytes)];
    switch (input.Format ?? 'PEM') {
      case 'PEM':
        return { File: Buffer.from(all.map((bytes) => toPem('CERTIFICATE', bytes)).join('')) };
      case 'PKCS7':
        return { File: certsOnly(all) };
      case 'DER':
        return { File: certificate };
    }
  },
});

export const exportPrivateKey = implement(ExportPrivateKey, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    try {
      requireFile(call, input);
      const { row, certificate, chain } = await found(call, deps, record, input.CertificateArn);
      const kept = await requireKept(call, deps, row, input.CertificateArn);
      const issued = { serial: row.serial, certificate, chain };
      return await withKey(deps, kept, (pkcs8) => answer(record, issued, pkcs8, input));
    } finally {
      input.Passphrase?.fill(0);
    }
  },
});

export const deleteCertificateKey = implement(DeleteCertificateKey, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const { row } = await found(call, deps, record, input.CertificateArn);
    await requireKept(call, deps, row, input.CertificateArn);
    const confirmation = `delete the key of ${row.serial}`;
    if (input.Confirmation !== confirmation)
      throw call.fail('InvalidRequest', 'the deletion of a key is final and has to be confirmed', {
        hint: `Confirmation: ${confirmation}`,
      });
    return change(async (tx) => {
      if (!(await deleteKeyRow(tx, issuedKeyName(row, deps.settings)))) throw conflict(call, record);
      return undefined;
    });
  },
});

async function found(call: AnyCall, deps: PcaDeps, record: AuthorityRecord, arn: string) {
  const certificate = await requireCertificate(call, deps, record, arn);
  call.touches(arn, 'AWS::ACMPCA::Certificate', certificate.row.account_id);
  return certificate;
}

async function requireKept(call: AnyCall, deps: PcaDeps, row: Parameters<typeof issuedKeyName>[0], arn: string) {
  const kept = await keptKey(deps, issuedKeyName(row, deps.settings));
  if (!kept)
    throw call.fail('NotFound', `the private key of ${arn} is not kept`, {
      hint: 'only IssueCertificateWithKey with KeepKey keeps it',
    });
  return kept;
}
