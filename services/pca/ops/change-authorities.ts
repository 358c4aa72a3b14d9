import { policiesLetIn } from '../../../platform/authz/ask.ts';
import { addTags, type TagMap, tagList, tagMap, tagsColumn, withoutTags } from '../../../platform/contract/tags.ts';
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
import { type AnyCall, type Question, requireState, resolveAuthority, targetOf } from './authority-access.ts';
import { changeAuthority } from './authority-change.ts';
import { openPage } from './page.ts';
import { followSettings, settingsColumn } from './revocation/settings.ts';
import { requireTrustedChain, revokedAbove } from './revocation/trusted-chain.ts';
import { tagsOf } from './wire-tags.ts';

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

export const tagCertificateAuthority = implement(TagCertificateAuthority, {
  resolve: (call, input, deps) =>
    resolveAuthority(call, deps, input.CertificateAuthorityArn, { requestTags: tagMap(tagsOf(input.Tags)) }),
  async run(call, input, record, deps) {
    const tagged = addTags(record.tags, tagsOf(input.Tags), 'a certificate authority');
    if (!tagged.ok) throw call.fail(tagged.tooMany ? 'TooManyTags' : 'InvalidTags', tagged.message);
    return changeTags(call, deps, record, tagged.tags, { requestTags: tagMap(tagsOf(input.Tags)) });
  },
});

export const untagCertificateAuthority = implement(UntagCertificateAuthority, {
  resolve: (call, input, deps) =>
    resolveAuthority(call, deps, input.CertificateAuthorityArn, { conditions: tagKeys(input.Tags) }),
  async run(call, input, record, deps) {
    const meant = input.Tags.filter(({ Key, Value }) => Value === undefined || record.tags[Key] === Value);
    const left = withoutTags(
      record.tags,
      meant.map(({ Key }) => Key),
    );
    return changeTags(call, deps, record, left, { conditions: tagKeys(input.Tags) });
  },
});

const tagKeys = (tags: readonly { Key: string }[]) => [['aws:TagKeys', tags.map(({ Key }) => Key)]] as const;

/** Who could not take the change back must not make it. */
async function changeTags(call: AnyCall, deps: PcaDeps, record: AuthorityRecord, tags: TagMap, question: Question) {
  if (!(await policiesLetIn(call, deps, targetOf({ ...record, tags }, question))))
    throw call.fail('AccessDenied', 'the change of tags would take your own access to the authority away', {
      hint: 'let somebody change them whose access does not depend on them',
    });
  return changeAuthority(call, deps, record, { action: 'Tag', edit: { tags: tagsColumn(tags) }, output: undefined });
}

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
