import { tagList } from '../../../platform/contract/tags.ts';
import { implementFor } from '../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import {
  DEFAULT_DELETION_DAYS,
  DeleteCertificateAuthority,
  ImportCertificateAuthorityCertificate,
  RestoreCertificateAuthority,
  UpdateCertificateAuthority,
} from '../api/authorities.ts';
import { ListTags, TagCertificateAuthority, UntagCertificateAuthority } from '../api/tags.ts';
import type { PcaDeps } from '../deps.ts';
import { checkImport } from '../domain/authority-certificate.ts';
import { restoredState } from '../domain/authority-state.ts';
import { DAY_MS } from '../domain/validity.ts';
import { type AuthorityRecord, joinChain } from '../store/authorities.ts';
import { requireState, resolveAuthority, targetOf } from './authority-access.ts';
import { changeAuthority } from './authority-change.ts';
import { aboutAdded, aboutRemoved, changesOfTags } from './change-tags.ts';
import { openPage } from './page.ts';
import { followSettings, settingsColumn } from './revocation/settings.ts';
import { requireTrustedChain, revokedAbove } from './revocation/trusted-chain.ts';

const implement = implementFor<PcaDeps>();

export const importCertificateAuthorityCertificate = implement(ImportCertificateAuthorityCertificate, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    requireState(call, 'ImportCertificate', record);
    const { row, issuer } = record;
    const authority = { type: row.type, publicKey: row.public_key, subject: issuer.subject.bytes };
    const checked = checkImport(input.Certificate, input.CertificateChain, authority, call.now);
    if (!checked.ok) throw call.fail(checked.problem.code, checked.problem.message);
    const { certificate, chain } = checked.imported;
    if (await revokedAbove(deps, [certificate, ...chain]))
      throw call.fail('InvalidRequest', 'the certificate, or one in the chain above it, was revoked', {
        hint: 'issue a new one',
      });
    const edit = {
      // Somebody has disabled it: a new certificate does not enable it.
      state: row.state === 'DISABLED' ? ('DISABLED' as const) : ('ACTIVE' as const),
      certificate: certificate.bytes,
      chain: joinChain(chain),
      not_before: certificate.notBefore,
      not_after: certificate.notAfter,
      state_changed_at: call.now,
    };
    const along = (tx: AnyTransaction) => followSettings(tx, { ...row, ...edit }, call.now);
    return changeAuthority(call, deps, record, { action: 'ImportCertificate', edit, output: undefined, along });
  },
});

export const updateCertificateAuthority = implement(UpdateCertificateAuthority, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, { Status, RevocationConfiguration }, record, deps) {
    if (Status !== undefined && Status !== 'ACTIVE' && Status !== 'DISABLED')
      throw call.fail('InvalidArgs', `a certificate authority cannot be put into state ${Status}`, {
        hint: 'give ACTIVE or DISABLED',
      });
    const { row } = record;
    if (Status === 'ACTIVE') await requireTrustedChain(call, deps, record);
    const revocation = settingsColumn(call, deps, RevocationConfiguration, row.revocation);
    const edit = { revocation, ...(Status !== undefined && { state: Status, state_changed_at: call.now }) };
    const action = Status === undefined ? 'Tag' : Status === 'ACTIVE' ? 'Enable' : 'Disable';
    const along = async (tx: AnyTransaction) => {
      if (RevocationConfiguration) await followSettings(tx, { ...row, revocation }, call.now);
    };
    return changeAuthority(call, deps, record, { action, edit, output: undefined, along });
  },
});

export const deleteCertificateAuthority = implement(DeleteCertificateAuthority, {
  resolve(call, input, deps) {
    const days = input.PermanentDeletionTimeInDays ?? DEFAULT_DELETION_DAYS;
    const conditions = [['acm-pca:PermanentDeletionTimeInDays', String(days)]] as const;
    return resolveAuthority(call, deps, input.CertificateAuthorityArn, { conditions });
  },
  async run(call, input, record, deps) {
    const days = input.PermanentDeletionTimeInDays ?? DEFAULT_DELETION_DAYS;
    const edit = {
      state: 'DELETED' as const,
      state_changed_at: call.now,
      restorable_until: call.now + days * DAY_MS,
    };
    return changeAuthority(call, deps, record, { action: 'Delete', edit, output: undefined });
  },
});

export const restoreCertificateAuthority = implement(RestoreCertificateAuthority, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, _input, record, deps) {
    const state = restoredState(record.row.certificate !== null);
    const edit = { state, state_changed_at: call.now, restorable_until: null };
    return changeAuthority(call, deps, record, { action: 'Restore', edit, output: undefined });
  },
});

const tags = changesOfTags<AuthorityRecord>({
  noun: 'certificate authority',
  target: targetOf,
  write: (call, deps, record, column) =>
    changeAuthority(call, deps, record, { action: 'Tag', edit: { tags: column }, output: undefined }),
});

export const tagCertificateAuthority = implement(TagCertificateAuthority, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn, aboutAdded(input)),
  run: tags.add,
});

export const untagCertificateAuthority = implement(UntagCertificateAuthority, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn, aboutRemoved(input)),
  run: tags.remove,
});

export const listTags = implement(ListTags, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  run(call, input, record, deps) {
    requireState(call, 'Tag', record);
    const page = openPage(call, deps, input, record.arn);
    const { rows, ...end } = page.end(
      tagList(record.tags).filter(({ Key }) => page.after === '' || Key > page.after),
      ({ Key }) => Key,
    );
    return { Tags: rows, ...end };
  },
});
