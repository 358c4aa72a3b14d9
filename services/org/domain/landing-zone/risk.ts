/** How dangerous a step is: what it takes away for good, whom it binds less, whom it binds more. */
import type { Act } from './acts.ts';
import { type Anatomy, anatomyOf, covers } from './documents.ts';
import { attachedTo, boundAccounts, chainOf, FULL_ACCESS, type Mode, type Model, type Ref } from './model.ts';

/** From harmless to grave. */
export const RISKS = ['safe', 'narrowing', 'widening', 'destructive'] as const;
export type Risk = (typeof RISKS)[number];

export const graver = (a: Risk, b: Risk): Risk => (RISKS.indexOf(a) > RISKS.indexOf(b) ? a : b);

export class RiskJudge {
  private bound: Map<Ref, Set<Ref>> | undefined;

  /** Of an act about to be done; `model` is the organization before it. */
  judge(model: Model, act: Act): Risk {
    switch (act.kind) {
      case 'delete-unit':
      case 'delete-policy':
      case 'close-account':
        return 'destructive';
      case 'suspend-account':
        return 'narrowing';
      case 'resume-account':
        return 'widening';
      case 'move-unit':
      case 'move-account':
        return this.bindsSomebody(model, act.kind === 'move-unit' ? act.unit : act.account)
          ? moveRisk(model, act.from, act.to)
          : 'safe';
      case 'update-policy':
        return this.updateRisk(model, act.policy, act.content);
      case 'attach':
      case 'set-mode':
        return this.bindsSomebody(model, act.target) ? attachRisk(model, act.target, act.policy, act.mode) : 'safe';
      case 'detach':
        return this.bindsSomebody(model, act.target) ? attachRisk(model, act.target, act.policy, undefined) : 'safe';
      default:
        return 'safe';
    }
  }

  /** To be told of every act that was done. */
  done(act: Act): void {
    if (act.kind.endsWith('-unit') || act.kind.endsWith('-account')) this.bound = undefined;
  }

  private bindsSomebody(model: Model, target: Ref): boolean {
    this.bound ??= boundAccounts(model);
    return (this.bound.get(target)?.size ?? 0) > 0;
  }

  private updateRisk(model: Model, policy: Ref, content: string): Risk {
    const enforced = [...model.attachments].filter(([, attached]) => attached.get(policy) === 'enforce');
    const targets = enforced.filter(([target]) => this.bindsSomebody(model, target));
    if (targets.length === 0) return 'safe';
    const type = model.policies.get(policy)?.type ?? 'SERVICE_CONTROL_POLICY';
    const idle = targets.every(([, attached]) => attached.get(FULL_ACCESS[type]) === 'enforce');
    return changeRisk(anatomyOf(model.policies.get(policy)?.content ?? EMPTY), anatomyOf(content), idle);
  }
}

const EMPTY = '{"Statement":[]}';

/** `idle`: what is allowed makes no difference, everything is allowed beside it. */
function changeRisk(was: Anatomy, willBe: Anatomy, idle: boolean): Risk {
  const looser = !covers(willBe.denies, was.denies) || (!idle && !covers(was.allows, willBe.allows));
  if (looser) return 'widening';
  const stricter = !covers(was.denies, willBe.denies) || (!idle && !covers(willBe.allows, was.allows));
  return stricter ? 'narrowing' : 'safe';
}

function attachRisk(model: Model, target: Ref, policy: Ref, mode: Mode | undefined): Risk {
  const attached = attachedTo(model, target);
  const was = attached.get(policy) === 'enforce';
  const willBe = mode === 'enforce';
  if (was === willBe) return 'safe';
  const found = model.policies.get(policy);
  if (!found) return 'safe';
  const full = FULL_ACCESS[found.type];
  if (policy === full) return willBe ? 'widening' : 'narrowing';
  const nothing: Anatomy = { allows: [], denies: [] };
  const anatomy = anatomyOf(found.content);
  const idle = attached.get(full) === 'enforce';
  return willBe ? changeRisk(nothing, anatomy, idle) : changeRisk(anatomy, nothing, idle);
}

interface Load {
  denies: Anatomy['denies'];
  /** What the levels without full access allow. */
  lists: string[];
}

function loadOf(model: Model, parent: Ref): Load {
  const load: { denies: Anatomy['denies'][number][]; lists: string[] } = { denies: [], lists: [] };
  for (const target of chainOf(model, parent)) {
    const allows: string[] = [];
    for (const [policy, mode] of attachedTo(model, target)) {
      const found = mode === 'enforce' ? model.policies.get(policy) : undefined;
      if (!found) continue;
      const anatomy = anatomyOf(found.content);
      load.denies.push(...anatomy.denies);
      if (found.type === 'SERVICE_CONTROL_POLICY') allows.push(...anatomy.allows.map((one) => JSON.stringify(one)));
    }
    if (attachedTo(model, target).get(FULL_ACCESS.SERVICE_CONTROL_POLICY) !== 'enforce')
      load.lists.push(allows.sort().join());
  }
  return load;
}

function moveRisk(model: Model, from: Ref, to: Ref): Risk {
  const [was, willBe] = [loadOf(model, from), loadOf(model, to)];
  const within = (a: Load, b: Load) => covers(b.denies, a.denies) && a.lists.every((list) => b.lists.includes(list));
  if (!within(was, willBe)) return 'widening';
  return within(willBe, was) ? 'safe' : 'narrowing';
}
