/** The private keys that are kept with certificates, for those who may have them: of what was issued here, and from elsewhere. */
import { type Change, change, implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import { DeleteCertificateKey, ExportPrivateKey } from '../../api/keys/export.ts';
import type { PcaDeps } from '../../deps.ts';
import { issuedKeyName, type KeyName } from '../../domain/keys/rows.ts';
import { serialText } from '../../domain/x509/certificate.ts';
import { deleteKeyRow } from '../../store/keys/key-queries.ts';
import { type AnyCall, conflict, requireState } from '../authority-access.ts';
import { authorityOf, type InventoryRecord, resolveCertificate } from '../scm/inventory-access.ts';
import { changeKept, keyName } from '../scm/keep.ts';
import { missingCertificate, requireKept } from '../scm/kept-access.ts';
import { chainOf } from '../scm/read-certificates.ts';
import { answer, requireFile } from './key-file.ts';
import { keptKey, withKey } from './sealed-keys.ts';

const implement = implementFor<PcaDeps>();

interface Named {
  CertificateAuthorityArn?: string | undefined;
  CertificateArn: string;
}

async function resolveNamed(call: AnyCall, input: Named, deps: PcaDeps): Promise<Resolved<InventoryRecord>> {
  const { CertificateAuthorityArn: authority, CertificateArn: arn } = input;
  const resolved = await resolveCertificate(call, deps, arn);
  if (authority === undefined || authority === authorityOf(arn)) return resolved;
  return { targets: resolved.targets, state: undefined as never, absent: missingCertificate(call, arn) };
}

export const exportPrivateKey = implement(ExportPrivateKey, {
  resolve: resolveNamed,
  async run(call, input, record, deps) {
    try {
      requireFile(call, input);
      if (record.kind === 'kept') requireKept(call, 'Download', record);
      else requireState(call, 'GetIssued', record.authority);
      const kept = await requireKey(call, deps, record);
      const { certificate, arn } = record;
      const issued = { arn, certificate: certificate.bytes, chain: chainOf(record) };
      return await withKey(deps, kept, (pkcs8) => answer(issued, pkcs8, input));
    } finally {
      input.Passphrase?.fill(0);
    }
  },
});

export const deleteCertificateKey = implement(DeleteCertificateKey, {
  resolve: resolveNamed,
  async run(call, input, record, deps): Promise<Change<undefined>> {
    const name = keyNameOf(record, deps);
    await requireKey(call, deps, record);
    const confirmation = `delete the key of ${serialText(record.certificate.serial)}`;
    if (input.Confirmation !== confirmation)
      throw call.fail('InvalidRequest', 'the deletion of a key is final and has to be confirmed', {
        hint: `Confirmation: ${confirmation}`,
      });
    if (record.kind === 'kept')
      return changeKept(call, deps, record, {
        ...{ action: 'Update', edit: { has_key: 0 }, output: undefined },
        also: (tx) => deleteKeyRow(tx, name),
      });
    return change(async (tx) => {
      if (!(await deleteKeyRow(tx, name))) throw conflict(call, record.authority);
      return undefined;
    });
  },
});

function keyNameOf(record: InventoryRecord, { settings }: PcaDeps): KeyName {
  return record.kind === 'kept'
    ? keyName(record.row, record.row.certificate_version)
    : issuedKeyName(record.row, settings);
}

async function requireKey(call: AnyCall, deps: PcaDeps, record: InventoryRecord) {
  const kept = await keptKey(deps, keyNameOf(record, deps));
  if (!kept)
    throw call.fail('NotFound', `the private key of ${record.arn} is not kept`, {
      hint: 'only IssueCertificateWithKey with KeepKey keeps it, or an upload that brings it',
    });
  return kept;
}
