import { createHash } from 'node:crypto';
import { attachedTo, FULL_ACCESS, type Mode, type PolicyType, type Ref, ROOT } from '../model.ts';
import { appliedTo, type Draft, forget, remember, settle } from './draft.ts';

/** Documents are remembered by their hash. */
export function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Policies of the file, the packed sets among them. */
export function decidePolicies(draft: Draft): void {
  const { desired, binding, before, after, conflicts, policy } = draft;
  const gone = new Set(binding.missing.filter(({ kind }) => kind === 'policy').map(({ key }) => key));
  for (const [key, { name, description, type, content }] of desired.policies) {
    const live = binding.idOf.has(key) ? before.policies.get(key) : undefined;
    if (!live) {
      const restored = policy.prefer === 'file' || (policy.prefer === undefined && policy.repair === 'all');
      if (!gone.has(key) || restored) after.policies.set(key, { name, description, type, content, shipped: false });
      else if (policy.prefer === undefined)
        conflicts.push({ code: 'conflict', key, message: `policy ${key} was deleted outside the file` });
      continue;
    }
    if (live.type !== type) {
      conflicts.push({
        code: 'other-type',
        key,
        message: `policy ${key} is a ${live.type}: give the new one a key of its own`,
      });
      continue;
    }
    const one = (field: string, wanted: string, is: string) =>
      settle(draft, { kind: 'policy', key, field, wanted, live: is, of: `policy ${key}` });
    const hash = one('content', contentHash(content), contentHash(live.content));
    after.policies.set(key, {
      ...live,
      name: one('name', name, live.name).value as string,
      description: one('description', description, live.description).value as string,
      content: hash.value === contentHash(content) ? content : live.content,
    });
  }
}

/** Policies that were applied and are not in the file any more. One that is attached outside the file stays. */
export function removePolicies(draft: Draft): void {
  const { desired, before, after, binding, warnings } = draft;
  const attached = new Set([...after.attachments.values()].flatMap((held) => [...held.keys()]));
  for (const { kind, key } of binding.records.values()) {
    if (kind !== 'policy' || desired.policies.has(key)) continue;
    if (!before.policies.has(key)) forget(draft, 'policy', key);
    else if (!attached.has(key)) after.policies.delete(key);
    else
      warnings.push({
        code: 'policy-kept',
        key,
        message: `policy ${key} is not in the file any more and stays: it is attached where the file does not reach`,
      });
  }
}

export const typeField = (type: PolicyType) => `type:${type}`;

/** Types in force. One that was applied and is off by now is drift, and takes every attachment with it. */
export function decideTypes(draft: Draft): void {
  const { desired, before, after, policy, conflicts } = draft;
  for (const type of desired.types) {
    const applied = appliedTo(draft, 'root', ROOT)?.state[typeField(type)] === true;
    if (before.types.has(type)) {
      if (!applied) remember(draft, 'root', ROOT, { [typeField(type)]: true });
    } else if (!applied || policy.prefer === 'file' || (policy.prefer === undefined && policy.repair === 'all')) {
      after.types.add(type);
    } else if (policy.prefer === undefined)
      conflicts.push({
        code: 'conflict',
        key: ROOT,
        message: `policies of type ${type} were disabled outside the file`,
      });
  }
}

/** What every node has when a type is in force, as the organization itself attaches it. */
export function fillFullAccess({ before, after }: Draft): void {
  const fill = (target: Ref, type: PolicyType) => {
    const held = new Map<Ref, Mode>(attachedTo(after, target));
    const enforced = [...held].some(
      ([policy, mode]) => mode === 'enforce' && after.policies.get(policy)?.type === type,
    );
    if (type === 'RESOURCE_CONTROL_POLICY' || !enforced) held.set(FULL_ACCESS[type], 'enforce');
    after.attachments.set(target, held);
  };
  for (const type of after.types) {
    if (before.types.has(type) && type === 'SERVICE_CONTROL_POLICY') continue;
    for (const target of [ROOT, ...after.units.keys(), ...after.accounts.keys()]) fill(target, type);
  }
}
