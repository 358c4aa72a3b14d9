/**
 * Acts that change what is attached to one target. Ceilings that come are put up early, those that go are taken down
 * late; what can be neither (one allow list in place of another, a node that is full) is exchanged in one commit.
 *
 * INVARIANT: an early act never lets anybody do more, a late act never lets anybody do less, whatever else the plan
 * has done by then.
 */
import type { Act } from '../acts.ts';
import { attachedTo, FULL_ACCESS, type Mode, POLICY_TYPES, type PolicyType, type Ref, ROOT } from '../model.ts';
import type { Exchange } from './groups.ts';
import { has, type Places } from './places.ts';

export interface Timed {
  early: Act[];
  late: Act[];
  exchanges: Exchange[];
}

export function attachmentActs(places: Places, attachmentsPerNode: number): Timed {
  const out: Timed = { early: [], late: [], exchanges: [] };
  const { before, after } = places;
  // Accounts that are made are made with everything that is attached to them.
  const targets = [
    ROOT,
    ...after.units.keys(),
    ...[...after.accounts.keys()].filter((ref) => before.accounts.has(ref)),
  ];
  for (const target of targets)
    for (const type of POLICY_TYPES) {
      const changes = changesAt(places, target, type);
      if (changes.arriving.length + changes.leaving.length > 0) schedule(places, changes, attachmentsPerNode, out);
    }
  return out;
}

interface Changes {
  target: Ref;
  type: PolicyType;
  /** Acts by which a policy comes into force there, and what it is. */
  arriving: { policy: Ref; act: Act; inForce: boolean }[];
  leaving: { policy: Ref; act: Act; inForce: boolean }[];
  attachedBefore: number;
}

function changesAt({ before, after }: Places, target: Ref, type: PolicyType): Changes {
  const was = new Map(attachedTo(before, target));
  // A new unit begins with the policies that allow everything.
  if (!before.units.has(target) && after.units.has(target) && after.types.has(type))
    was.set(FULL_ACCESS[type], 'enforce');
  // Enabling a type does the same everywhere.
  if (!before.types.has(type) && after.types.has(type)) was.set(FULL_ACCESS[type], 'enforce');
  const willBe = attachedTo(after, target);
  const of = (policy: Ref) => (before.policies.get(policy) ?? after.policies.get(policy))?.type === type;
  const changes: Changes = { target, type, arriving: [], leaving: [], attachedBefore: 0 };
  for (const policy of was.keys()) if (of(policy)) changes.attachedBefore++;
  for (const [policy, mode] of willBe) {
    const held = was.get(policy);
    if (!of(policy) || held === mode) continue;
    const act: Act =
      held === undefined ? { kind: 'attach', target, policy, mode } : { kind: 'set-mode', target, policy, mode };
    if (mode === 'observe' && held === 'enforce') changes.leaving.push({ policy, act, inForce: true });
    else changes.arriving.push({ policy, act, inForce: mode === 'enforce' });
  }
  for (const [policy, mode] of was)
    if (of(policy) && !willBe.has(policy))
      changes.leaving.push({ policy, act: { kind: 'detach', target, policy }, inForce: isInForce(mode) });
  return changes;
}

const isInForce = (mode: Mode) => mode === 'enforce';

function schedule(places: Places, changes: Changes, limit: number, out: Timed): void {
  const { target, type, arriving, leaving, attachedBefore } = changes;
  const accounts = places.boundAt(target);
  const added = arriving.filter(({ act }) => act.kind === 'attach').length;
  const tight = attachedBefore + added > limit;
  if (accounts.size === 0 && !tight) {
    out.early.push(...arriving.map(({ act }) => act), ...leaving.map(({ act }) => act));
    return;
  }
  const timing = tight ? undefined : timingOf(places, changes);
  if (!timing) {
    const removing = leaving.map(({ act }) => act);
    const adding = arriving.map(({ act }) => act);
    // Within one commit the order matters to limits only: room is made first.
    out.exchanges.push({ accounts, acts: [...removing, ...adding] });
    return;
  }
  for (const change of arriving) (timing.arrives(change.policy) === 'early' ? out.early : out.late).push(change.act);
  for (const change of leaving) {
    const when = change.inForce ? timing.leaves(change.policy) : 'late';
    (when === 'early' ? out.early : out.late).push(change.act);
  }
  // The replacement of the policy that allows everything comes before it goes, and the other way round.
  if (type === 'SERVICE_CONTROL_POLICY') keepFullAccessBetween(out, target, FULL_ACCESS[type]);
}

interface Timing {
  arrives(policy: Ref): 'early' | 'late';
  leaves(policy: Ref): 'early' | 'late';
}

/** Undefined: no order is safe, the changes belong into one commit. */
function timingOf(places: Places, { target, type, arriving, leaving }: Changes): Timing | undefined {
  const { before, after } = places;
  const fullBefore = places.full(before, target, type) || (!before.types.has(type) && after.types.has(type));
  const fullAfter = places.full(after, target, type);
  // With everything allowed before and after, only what is denied counts.
  if (fullBefore && fullAfter) return { arrives: () => 'early', leaves: () => 'late' };
  const allowing = [...arriving, ...leaving].filter(({ policy, inForce }) => inForce && has(places, policy, 'allows'));
  const alsoDenying = allowing.some(({ policy }) => policy !== FULL_ACCESS[type] && has(places, policy, 'denies'));
  const arrivingAllows = arriving.some(({ policy, inForce }) => inForce && has(places, policy, 'allows'));
  const leavingAllows = leaving.some(({ policy, inForce }) => inForce && has(places, policy, 'allows'));
  const allows = (policy: Ref) => has(places, policy, 'allows');
  if (fullBefore) {
    // Allow lists come while everything is allowed, then the rest goes: ever less.
    if (leaving.some(({ policy }) => policy !== FULL_ACCESS[type] && allows(policy) && has(places, policy, 'denies')))
      return undefined;
    return { arrives: () => 'early', leaves: (policy) => (allows(policy) ? 'early' : 'late') };
  }
  if (fullAfter) {
    if (arriving.some(({ policy }) => policy !== FULL_ACCESS[type] && allows(policy) && has(places, policy, 'denies')))
      return undefined;
    return { arrives: (policy) => (allows(policy) ? 'late' : 'early'), leaves: () => 'late' };
  }
  if (alsoDenying || (arrivingAllows && leavingAllows)) return undefined;
  return {
    arrives: (policy) => (allows(policy) ? 'late' : 'early'),
    leaves: (policy) => (allows(policy) ? 'early' : 'late'),
  };
}

/** Among the acts at one target: a detachment of full access comes last, an attachment of it first. */
function keepFullAccessBetween(out: Timed, target: Ref, full: Ref): void {
  const last = out.early.findIndex((act) => act.kind === 'detach' && act.target === target && act.policy === full);
  if (last >= 0) out.early.push(...out.early.splice(last, 1));
  const first = out.late.findIndex((act) => act.kind === 'attach' && act.target === target && act.policy === full);
  if (first >= 0) {
    const at = out.late.findIndex((act) => 'target' in act && act.target === target);
    const [act] = out.late.splice(first, 1);
    out.late.splice(at, 0, act as Act);
  }
}
