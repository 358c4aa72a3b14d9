/**
 * Acts that replace documents of policies. A document that only denies more comes early, one that only denies less comes
 * late. One that does both goes through a document that denies what either denies; where there is no room for that, or
 * where allow lists change, it is an exchange.
 */
import type { Act } from '../acts.ts';
import { anatomyOf, bytesOf, covers, unionOf } from '../documents.ts';
import type { Model, Ref } from '../model.ts';
import type { Timed } from './attachment-acts.ts';
import type { Places } from './places.ts';

export function documentActs(places: Places, policyBytes: number): Timed {
  const out: Timed = { early: [], late: [], exchanges: [] };
  for (const [policy, { content }] of places.before.policies) {
    const wanted = places.after.policies.get(policy)?.content;
    if (wanted !== undefined && wanted !== content) schedule(places, policy, content, wanted, policyBytes, out);
  }
  return out;
}

function schedule(places: Places, policy: Ref, was: string, wanted: string, policyBytes: number, out: Timed): void {
  const update = (content: string): Act => ({ kind: 'update-policy', policy, content });
  const before = enforcedAt(places.before, policy);
  const after = enforcedAt(places.after, policy);
  // Where nobody is bound by it yet, or will be any more, the document is free.
  if (!before.some((target) => places.boundAt(target).size > 0)) {
    out.early.push(update(wanted));
    return;
  }
  if (!after.some(places.bindsAfterwards)) {
    out.late.push(update(wanted));
    return;
  }
  const [a, b] = [anatomyOf(was), anatomyOf(wanted)];
  const type = (places.before.policies.get(policy) as { type: 'SERVICE_CONTROL_POLICY' }).type;
  // What a document allows is of no account while everything is allowed beside it.
  const idle = {
    early: before.every((target) => places.full(places.before, target, type)),
    late: after.every((target) => places.full(places.after, target, type)),
  };
  const sameAllows = covers(a.allows, b.allows) && covers(b.allows, a.allows);
  const stricter = covers(b.denies, a.denies) && (idle.early || covers(a.allows, b.allows));
  const looser = covers(a.denies, b.denies) && (idle.late || covers(b.allows, a.allows));
  if (stricter) {
    out.early.push(update(wanted));
    return;
  }
  if (looser) {
    out.late.push(update(wanted));
    return;
  }
  const union = unionOf(was, wanted);
  if ((sameAllows || (idle.early && idle.late)) && bytesOf(union) <= policyBytes) {
    out.early.push(update(union));
    out.late.push(update(wanted));
    return;
  }
  const accounts = new Set([...before, ...after].flatMap((target) => [...places.boundAt(target)]));
  out.exchanges.push({ accounts, acts: [update(wanted)] });
}

function enforcedAt(model: Model, policy: Ref): Ref[] {
  return [...model.attachments].flatMap(([target, attached]) => (attached.get(policy) === 'enforce' ? [target] : []));
}
