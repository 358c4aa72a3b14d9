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
import { aboutAdded, aboutRemoved, changesOfTags } from '../change-tags.ts';
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

const tags = changesOfTags<KeptRecord>({
  noun: 'certificate',
  target: keptTarget,
  write: (call, deps, record, column) =>
    changeKept(call, deps, record, { action: 'Update', edit: { tags: column }, output: undefined }),
});

export const tagCertificate = implement(TagCertificate, {
  resolve: (call, input, deps) => resolveKept(call, deps, input.CertificateArn, aboutAdded(input)),
  run: tags.add,
});

export const untagCertificate = implement(UntagCertificate, {
  resolve: (call, input, deps) => resolveKept(call, deps, input.CertificateArn, aboutRemoved(input)),
  run: tags.remove,
});
