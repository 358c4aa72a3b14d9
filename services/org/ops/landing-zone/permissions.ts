/**
 * What whoever applies a plan must be permitted: for every act, the action of the operation that would do the same, on
 * the same resources. An apply is no way around a policy.
 */
import type { AuthorizationTarget } from '../../../../platform/runtime/call.ts';
import type { OrgDeps } from '../../deps.ts';
import type { Act, ActOf } from '../../domain/landing-zone/acts.ts';
import { FULL_ACCESS, type Ref, ROOT } from '../../domain/landing-zone/model.ts';
import { nodeArn } from '../../domain/names.ts';
import { guardrailArn, shippedPolicy } from '../../domain/shipped.ts';
import { tagRecord } from '../../domain/tags.ts';
import { policyById } from '../../store/policies.ts';
import { tagsOf } from '../../store/tags.ts';
import type { Standing } from '../standing.ts';
import { idOf } from './acting.ts';
import type { PlanBody } from './stored-plan.ts';

type Question = Omit<AuthorizationTarget, 'accountId' | 'policy' | 'trust'>;

interface Asked {
  action: string;
  /** Undefined: not about one object. */
  about?: Ref;
  /** The policy whose type is the condition key `organizations:PolicyType`. */
  policy?: Ref;
  context?: NonNullable<Question['context']>;
  requestTags?: Record<string, string>;
}

export async function questionsOf(
  deps: OrgDeps,
  { organization, scope }: Standing,
  plan: PlanBody,
  acts: readonly Act[],
): Promise<Question[]> {
  const asked = new Map(acts.flatMap(askedBy).map((question) => [JSON.stringify(question), question]));
  const made = new Map(acts.flatMap(madeBy));
  const objects = new Objects(deps, { organization, plan, made });
  const questions: Question[] = [];
  for (const { action, about, policy, context = [], requestTags } of asked.values()) {
    const type = policy === undefined ? undefined : (await objects.look(policy)).type;
    const object = about === undefined ? undefined : await objects.look(about);
    questions.push({
      action: `organizations:${action}`,
      resource: object ? (object.type ? guardrailArn(scope, object.type, object.id) : nodeArn(scope, object.id)) : '*',
      ...(object && { resourceTags: object.tags }),
      context: type === undefined ? context : [...context, ['organizations:PolicyType', type]],
      ...(requestTags && { requestTags }),
    });
  }
  return questions;
}

/** What is made by the plan has no id yet: only a pattern with a wildcard can be about it. */
const NEW = { unit: 'ou-new', account: '000000000000', policy: 'p-new' } as const;

interface Made {
  id: string;
  /** Of a policy. */
  type?: string;
}

function madeBy(act: Act): [Ref, Made][] {
  if (act.kind === 'create-unit') return [[act.unit, { id: NEW.unit }]];
  if (act.kind === 'create-account') return [[act.account, { id: NEW.account }]];
  return act.kind === 'create-policy' ? [[act.policy, { id: NEW.policy, type: act.type }]] : [];
}

interface Looked extends Made {
  tags: Record<string, string>;
}

/** The objects that acts are about, each looked up once. */
class Objects {
  private readonly deps: OrgDeps;
  private readonly at: Pick<Standing, 'organization'> & { plan: PlanBody; made: ReadonlyMap<Ref, Made> };
  private readonly known = new Map<Ref, Looked>();

  constructor(deps: OrgDeps, at: Objects['at']) {
    this.deps = deps;
    this.at = at;
  }

  async look(ref: Ref): Promise<Looked> {
    const known = this.known.get(ref);
    if (known) return known;
    const made = this.at.made.get(ref);
    const looked = made ? { ...made, tags: {} } : await this.existing(ref);
    this.known.set(ref, looked);
    return looked;
  }

  private async existing(ref: Ref): Promise<Looked> {
    const tx = this.deps.store.read;
    const id = await idOf({ ...this.at, tx, made: new Map() }, ref);
    const { organization_id } = this.at.organization;
    const policy = id.startsWith('p-') ? (shippedPolicy(id) ?? (await policyById(tx, organization_id, id))) : undefined;
    // A policy that is gone meanwhile is asked about as `aboutPolicy` asks.
    const type = id.startsWith('p-') ? (policy?.type ?? 'SERVICE_CONTROL_POLICY') : undefined;
    return { id, ...(type && { type }), tags: tagRecord(await tagsOf(tx, id)) };
  }
}

function askedBy(act: Act): Asked[] {
  switch (act.kind) {
    case 'create-unit':
      return [{ action: 'CreateOrganizationalUnit', about: act.parent }];
    case 'rename-unit':
      return [{ action: 'UpdateOrganizationalUnit', about: act.unit }];
    case 'move-unit':
      return [act.unit, act.to].map((about) => ({ action: 'MoveOrganizationalUnit', about }));
    case 'delete-unit':
      return [{ action: 'DeleteOrganizationalUnit', about: act.unit }];
    case 'create-account':
      return [{ action: 'CreateAccount', requestTags: { ...act.tags } }, ...askedByAttached(act)];
    case 'rename-account':
      return [{ action: 'RenameAccount', about: act.account }];
    case 'move-account':
      return [act.account, act.from, act.to].map((about) => ({ action: 'MoveAccount', about }));
    case 'tag-account':
      return [{ action: 'TagResource', about: act.account, requestTags: { ...act.tags } }];
    case 'untag-account':
      return [{ action: 'UntagResource', about: act.account, context: [['aws:TagKeys', act.keys]] }];
    case 'suspend-account':
      return [{ action: 'SuspendAccount', about: act.account }];
    case 'resume-account':
      return [{ action: 'ResumeAccount', about: act.account }];
    case 'close-account':
      return [{ action: 'CloseAccount', about: act.account }];
    case 'enable-type':
      return [{ action: 'EnablePolicyType', about: ROOT, context: [['organizations:PolicyType', act.type]] }];
    case 'create-policy':
      return [{ action: 'CreatePolicy', policy: act.policy }];
    case 'describe-policy':
    case 'update-policy':
      return [{ action: 'UpdatePolicy', about: act.policy, policy: act.policy }];
    case 'delete-policy':
      return [{ action: 'DeletePolicy', about: act.policy, policy: act.policy }];
    case 'attach':
      return askedByPair('AttachPolicy', act.policy, act.target);
    case 'set-mode':
      return askedByPair('UpdatePolicyAttachment', act.policy, act.target);
    case 'detach':
      return askedByPair('DetachPolicy', act.policy, act.target);
    default:
      return [askedAboutService(act)];
  }
}

function askedByPair(action: string, policy: Ref, target: Ref): Asked[] {
  return [policy, target].map((about) => ({ action, about, policy }));
}

/** A new account has the full-access policies; every difference from that is an attachment of its own. */
function askedByAttached({ account, attached }: ActOf<'create-account'>): Asked[] {
  const full = FULL_ACCESS.SERVICE_CONTROL_POLICY;
  const given: readonly Ref[] = Object.values(FULL_ACCESS);
  return [
    ...attached.flatMap(({ policy, mode }) => {
      if (!given.includes(policy)) return askedByPair('AttachPolicy', policy, account);
      return mode === 'enforce' ? [] : askedByPair('UpdatePolicyAttachment', policy, account);
    }),
    ...(attached.some(({ policy }) => policy === full) ? [] : askedByPair('DetachPolicy', full, account)),
  ];
}

function askedAboutService(act: Extract<Act, { service: string }>): Asked {
  const context: NonNullable<Asked['context']> = [['organizations:ServicePrincipal', act.service]];
  switch (act.kind) {
    case 'trust-service':
      return { action: 'EnableAWSServiceAccess', context };
    case 'distrust-service':
      return { action: 'DisableAWSServiceAccess', context };
    case 'register-delegate':
      return { action: 'RegisterDelegatedAdministrator', about: act.account, context };
    case 'deregister-delegate':
      return { action: 'DeregisterDelegatedAdministrator', about: act.account, context };
  }
}
