/** What is remembered of each act, in the commit of the act: so what was applied is known at any moment. */
import type { Act } from './acts.ts';
import { typeField } from './decide/policies.ts';
import { contentHash } from './documents.ts';
import { attachmentKey, delegateKey, type RecordChange, tagField, type Value } from './live.ts';
import { FULL_ACCESS, isManaged, type Mode, type Ref, ROOT } from './model.ts';

export function recordsOf(act: Act): RecordChange[] {
  switch (act.kind) {
    case 'create-unit':
      return about('unit', act.unit, { name: act.name, parent: act.parent });
    case 'rename-unit':
      return about('unit', act.unit, { name: act.to });
    case 'move-unit':
      return about('unit', act.unit, { parent: act.to });
    case 'delete-unit':
      return without('unit', act.unit);
    case 'create-account':
      return [
        ...about('account', act.account, {
          name: act.name,
          parent: act.parent,
          suspended: false,
          ...tagPatch(act.tags),
        }),
        ...act.attached.flatMap(({ policy, mode }) => attached(act.account, policy, mode)),
        ...(act.attached.some(({ policy }) => policy === SCP_FULL) ? [] : attached(act.account, SCP_FULL, undefined)),
      ];
    case 'rename-account':
      return about('account', act.account, { name: act.to });
    case 'move-account':
      return about('account', act.account, { parent: act.to });
    case 'tag-account':
      return about('account', act.account, tagPatch(act.tags));
    case 'untag-account':
      return about('account', act.account, Object.fromEntries(act.keys.map((key) => [tagField(key), null])));
    case 'suspend-account':
      return about('account', act.account, { suspended: true });
    case 'resume-account':
      return about('account', act.account, { suspended: false });
    case 'close-account':
      return without('account', act.account);
    default:
      return recordsOfPolicies(act);
  }
}

function recordsOfPolicies(act: Act): RecordChange[] {
  switch (act.kind) {
    case 'enable-type':
      return [{ kind: 'root', key: ROOT, patch: { [typeField(act.type)]: true } }];
    case 'create-policy':
      return about('policy', act.policy, {
        name: act.name,
        description: act.description,
        content: contentHash(act.content),
      });
    case 'describe-policy':
      return about('policy', act.policy, { name: act.name, description: act.description });
    case 'update-policy':
      return about('policy', act.policy, { content: contentHash(act.content) });
    case 'delete-policy':
      return without('policy', act.policy);
    case 'attach':
    case 'set-mode':
      return attached(act.target, act.policy, act.mode);
    case 'detach':
      return attached(act.target, act.policy, undefined);
    case 'trust-service':
      return [{ kind: 'service', key: act.service, patch: {} }];
    case 'distrust-service':
      return [{ kind: 'service', key: act.service, gone: true }];
    case 'register-delegate':
      return [{ kind: 'delegate', key: delegateKey(act.service, act.account), patch: {} }];
    case 'deregister-delegate':
      return [{ kind: 'delegate', key: delegateKey(act.service, act.account), gone: true }];
    default:
      return [];
  }
}

const SCP_FULL = FULL_ACCESS.SERVICE_CONTROL_POLICY;

function about(kind: RecordChange['kind'], key: Ref, patch: Readonly<Record<string, Value>>): RecordChange[] {
  return isManaged(key) ? [{ kind, key, patch }] : [];
}

function without(kind: RecordChange['kind'], key: Ref): RecordChange[] {
  return isManaged(key) ? [{ kind, key, gone: true }] : [];
}

function tagPatch(tags: Readonly<Record<string, string>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [tagField(key), value]));
}

/** Of full access only the absence is remembered; of policies that no file manages, nothing. */
function attached(target: Ref, policy: Ref, mode: Mode | undefined): RecordChange[] {
  if (!isManaged(target)) return [];
  const key = attachmentKey(target, policy);
  const gone: RecordChange = { kind: 'attachment', key, gone: true };
  if (policy === SCP_FULL)
    return [mode === 'enforce' ? gone : { kind: 'attachment', key, patch: { mode: mode ?? null } }];
  if (!isManaged(policy) || mode === undefined) return [gone];
  return [{ kind: 'attachment', key, patch: { mode } }];
}
