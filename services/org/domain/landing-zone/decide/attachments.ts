/** What is attached to the root, the units and the accounts of the file. */

import { choose } from '../choose.ts';
import { type AppliedRecord, attachmentKey, recordName } from '../live.ts';
import { FULL_ACCESS, type Mode, type Ref, ROOT } from '../model.ts';
import { appliedTo, type Draft, forget, remember } from './draft.ts';

const SCP_FULL = FULL_ACCESS.SERVICE_CONTROL_POLICY;
/** Comes and goes with its type; never detached. */
const RCP_FULL = FULL_ACCESS.RESOURCE_CONTROL_POLICY;

export function decideAttachments(draft: Draft): void {
  const applied = appliedByTarget(draft);
  for (const [target, wanted] of draft.desired.attachments) {
    const account = draft.after.accounts.get(target);
    // What is attached to the management account binds nobody; closed accounts are left alone.
    if (account?.management || account?.state === 'CLOSED' || account?.state === 'PENDING_CLOSURE') continue;
    if (target !== ROOT && !account && !draft.after.units.has(target)) continue;
    decideTarget(draft, target, wanted, applied.get(target) ?? new Map());
  }
  forgetTargets(draft);
}

function appliedByTarget({ binding }: Draft): Map<Ref, Map<Ref, AppliedRecord>> {
  const byTarget = new Map<Ref, Map<Ref, AppliedRecord>>();
  for (const record of binding.records.values()) {
    if (record.kind !== 'attachment') continue;
    const [target = '', policy = ''] = record.key.split(' ');
    const held = byTarget.get(target);
    if (held) held.set(policy, record);
    else byTarget.set(target, new Map([[policy, record]]));
  }
  return byTarget;
}

function decideTarget(
  draft: Draft,
  target: Ref,
  wanted: ReadonlyMap<Ref, Mode>,
  applied: ReadonlyMap<Ref, AppliedRecord>,
): void {
  const live = draft.before.attachments.get(target) ?? new Map<Ref, Mode>();
  const decided = new Map(draft.after.attachments.get(target) ?? live);
  const known = appliedTo(draft, kindOf(draft, target), target) !== undefined;
  for (const policy of new Set([...wanted.keys(), ...live.keys(), ...applied.keys()])) {
    if (policy === RCP_FULL) continue;
    const want = draft.after.policies.has(policy) ? wanted.get(policy) : undefined;
    const is = live.get(policy);
    const record = applied.get(policy);
    // An attachment of others, on a target that is taken over only now, is left to them.
    if (!known && !record && want === undefined && policy !== SCP_FULL) continue;
    const was =
      (record ? (record.state.mode as Mode | null) : policy === SCP_FULL ? 'enforce' : undefined) ?? undefined;
    const choice = choose({ wanted: want, live: is, applied: was, known }, draft.policy);
    if (choice.outcome === 'conflict')
      draft.conflicts.push({
        code: 'conflict',
        key: target,
        message: `policy ${policy} on ${target}: the file says ${want ?? 'detached'}, it is ${is ?? 'detached'}, ${was ?? 'detached'} was applied`,
      });
    if (choice.value === undefined) decided.delete(policy);
    else decided.set(policy, choice.value as Mode);
    if (choice.outcome === 'same' && was !== want) rememberMode(draft, target, policy, want);
  }
  draft.after.attachments.set(target, decided);
}

/** Full access is what everything begins with: only its absence is remembered. */
function rememberMode(draft: Draft, target: Ref, policy: Ref, mode: Mode | undefined): void {
  const key = attachmentKey(target, policy);
  const usual = policy === SCP_FULL ? 'enforce' : undefined;
  if (mode !== usual) remember(draft, 'attachment', key, { mode: mode ?? null });
  else if (draft.binding.records.has(recordName('attachment', key))) forget(draft, 'attachment', key);
}

function kindOf({ desired }: Draft, target: Ref): 'root' | 'unit' | 'account' {
  if (target === ROOT) return 'root';
  return desired.units.has(target) ? 'unit' : 'account';
}

/** With its target, what was attached to it is forgotten. */
function forgetTargets(draft: Draft): void {
  for (const { kind, key } of draft.binding.records.values()) {
    if (kind !== 'attachment') continue;
    const [target = ''] = key.split(' ');
    if (!draft.desired.attachments.has(target)) forget(draft, 'attachment', key);
  }
}
