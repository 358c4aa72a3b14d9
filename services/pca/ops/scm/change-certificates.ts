import { policiesLetIn } from '../../../../platform/authz/ask.ts';
import { addTags, type TagMap, tagMap, tagsColumn, withoutTags } from '../../../../platform/contract/tags.ts';
import { implementFor } from '../../../../platform/runtime/call.ts';
import {
  DEFAULT_RECOVERY_DAYS,
  DeleteCertificate,
  MarkCertificateRevoked,
  RestoreCertificate,
  TagCertificate,
  UntagCertificate,
  UpdateCertificate,
} from '../../api/scm/uploads.ts';
import type { PcaDeps } from '../../deps.ts';
import { DAY_MS } from '../../domain/validity.ts';
import type { AnyCall, Question } from '../authority-access.ts';
import { tagsOf } from '../wire-tags.ts';
import { changeKept } from './keep.ts';
import { type KeptRecord, keptTarget, requireKept, resolveKept } from './kept-access.ts';

const implement = implementFor<PcaDeps>();

export const updateCertificate = implement(UpdateCertificate, {
  resolve: (call, input, deps) => resolveKept(call, deps, input.CertificateArn),
  async run(call, { Name, Description }, record, deps) {
    if (Name === undefined && Description === undefined)
      throw call.fail('InvalidArgs', 'there is nothing to change', { hint: 'give Name or Description' });
    const edit = {
      ...(Name !== undefined && { name: Name }),
      ...(Description !== undefined && { description: Description }),
    };
    return changeKept(call, deps, record, { action: 'Update', edit, output: undefined });
  },
});

export const markCertificateRevoked = implement(MarkCertificateRevoked, {
  resolve: (call, input, deps) => resolveKept(call, deps, input.CertificateArn),
  async run(call, input, record, deps) {
    const at = input.RevokedAt ?? call.now;
    if (at > call.now || at < record.row.not_before)
      throw call.fail('InvalidArgs', 'RevokedAt is in the future, or before the certificate was valid');
    requireKept(call, 'Revoke', record);
    const edit = { state: 'REVOKED' as const, revoked_at: at, revocation_reason: input.RevocationReason };
    return changeKept(call, deps, record, { action: 'Revoke', edit, output: undefined });
  },
});

export const deleteCertificate = implement(DeleteCertificate, {
  resolve(call, input, deps) {
    const days = input.RecoveryWindowInDays ?? DEFAULT_RECOVERY_DAYS;
    const conditions = [['acm-pca:RecoveryWindowInDays', String(days)]] as const;
    return resolveKept(call, deps, input.CertificateArn, { conditions });
  },
  async run(call, input, record, deps) {
    const RestorableUntil = call.now + (input.RecoveryWindowInDays ?? DEFAULT_RECOVERY_DAYS) * DAY_MS;
    const edit = { restorable_until: RestorableUntil };
    return changeKept(call, deps, record, { action: 'Delete', edit, output: { RestorableUntil } });
  },
});

export const restoreCertificate = implement(RestoreCertificate, {
  resolve: (call, input, deps) => resolveKept(call, deps, input.CertificateArn),
  run: (call, _input, record, deps) =>
    changeKept(call, deps, record, { action: 'Restore', edit: { restorable_until: null }, output: undefined }),
});

export const tagCertificate = implement(TagCertificate, {
  resolve: (call, input, deps) =>
    resolveKept(call, deps, input.CertificateArn, { requestTags: tagMap(tagsOf(input.Tags)) }),
  async run(call, input, record, deps) {
    const tagged = addTags(record.tags, tagsOf(input.Tags), 'a certificate');
    if (!tagged.ok) throw call.fail(tagged.tooMany ? 'TooManyTags' : 'InvalidTags', tagged.message);
    return changeTags(call, deps, record, tagged.tags, { requestTags: tagMap(tagsOf(input.Tags)) });
  },
});

export const untagCertificate = implement(UntagCertificate, {
  resolve: (call, input, deps) => resolveKept(call, deps, input.CertificateArn, { conditions: tagKeys(input.Tags) }),
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
async function changeTags(call: AnyCall, deps: PcaDeps, record: KeptRecord, tags: TagMap, question: Question) {
  if (!(await policiesLetIn(call, deps, keptTarget({ ...record, tags }, question))))
    throw call.fail('AccessDenied', 'the change of tags would take your own access to the certificate away', {
      hint: 'let somebody change them whose access does not depend on them',
    });
  return changeKept(call, deps, record, { action: 'Update', edit: { tags: tagsColumn(tags) }, output: undefined });
}
