/**
 * What whoever applies a plan must be permitted: for every act, the action of the operation that would do the same, on
 * the same resources. An apply is no way around a policy.
 */
import type { AuthorizationTarget } from '../../../../platform/runtime/call.ts';
import type { OrgDeps } from '../../deps.ts';
import type { Act } from '../../domain/landing-zone/acts.ts';
import { type Ref, ROOT } from '../../domain/landing-zone/model.ts';
import { type ArnScope, nodeArn, policyArn, shippedPolicyArn } from '../../domain/names.ts';
import { shippedPolicy } from '../../domain/shipped.ts';
import { tagRecord } from '../../domain/tags.ts';
import { tagsOf } from '../../store/tags.ts';
import type { PlanBody } from './stored-plan.ts';

type Question = Omit<AuthorizationTarget, 'accountId' | 'policy' | 'trust'>;
type Context = NonNullable<Question['context']>;

interface Asked {
  action: string;
  resource: '*' | { node: Ref } | { policy: Ref };
  context?: Context;
  requestTags?: Record<string, string>;
}

export async function questionsOf(
  deps: OrgDeps,
  scope: ArnScope,
  rootId: string,
  plan: PlanBody,
  acts: readonly Act[],
): Promise<Question[]> {
  const asked = new Map<string, Asked>();
  const types = new Map(acts.flatMap((act) => (act.kind === 'create-policy' ? [[act.policy, act.type] as const] : [])));
  for (const act of acts)
    for (const question of askedBy(act, (policy) => typeOf(plan, types, policy)))
      asked.set(JSON.stringify(question), question);
  const tags = new Map<string, Record<string, string>>();
  const out: Question[] = [];
  for (const { action, resource, context, requestTags } of asked.values()) {
    const common = {
      action: `organizations:${action}`,
      ...(context && { context }),
      ...(requestTags && { requestTags }),
    };
    if (resource === '*') {
      out.push({ ...common, resource });
      continue;
    }
    const ref = 'node' in resource ? resource.node : resource.policy;
    const id = ref === ROOT ? rootId : ref.startsWith('@') ? ref.slice(1) : plan.ids[ref];
    let resourceTags = id === undefined ? {} : tags.get(id);
    if (!resourceTags) {
      resourceTags = tagRecord(await tagsOf(deps.store.read, id as string));
      tags.set(id as string, resourceTags);
    }
    out.push({ ...common, resource: arnOf(scope, resource, id, typeOf(plan, types, ref)), resourceTags });
  }
  return out;
}

/** What is made by the plan has no id yet; no pattern but one with a wildcard can be about it. */
const NEW = { node: 'ou-new', policy: 'p-new' };

function arnOf(
  scope: ArnScope,
  resource: { node: Ref } | { policy: Ref },
  id: string | undefined,
  type: string,
): string {
  if ('node' in resource) return nodeArn(scope, id ?? NEW.node);
  const shipped = id === undefined ? undefined : shippedPolicy(id);
  return shipped
    ? shippedPolicyArn(scope.partition, shipped.type, shipped.id)
    : policyArn(scope, type, id ?? NEW.policy);
}

function typeOf(plan: PlanBody, made: ReadonlyMap<Ref, string>, policy: Ref): string {
  const shipped = policy.startsWith('@') ? shippedPolicy(policy.slice(1)) : undefined;
  return shipped?.type ?? made.get(policy) ?? plan.undo.policies[policy]?.type ?? 'SERVICE_CONTROL_POLICY';
}

function askedBy(act: Act, type: (policy: Ref) => string): Asked[] {
  const one = (action: string, resource: Asked['resource'], more: Partial<Asked> = {}): Asked => ({
    action,
    resource,
    ...more,
  });
  const about = (policy: Ref): Context => [['organizations:PolicyType', type(policy)]];
  switch (act.kind) {
    case 'create-unit':
      return [one('CreateOrganizationalUnit', { node: act.parent })];
    case 'rename-unit':
      return [one('UpdateOrganizationalUnit', { node: act.unit })];
    case 'move-unit':
      return [one('MoveOrganizationalUnit', { node: act.unit }), one('MoveOrganizationalUnit', { node: act.to })];
    case 'delete-unit':
      return [one('DeleteOrganizationalUnit', { node: act.unit })];
    case 'create-account':
      return [one('CreateAccount', '*', { requestTags: { ...act.tags } })];
    case 'rename-account':
      return [one('RenameAccount', { node: act.account })];
    case 'move-account':
      return [act.account, act.from, act.to].map((node) => one('MoveAccount', { node }));
    case 'tag-account':
      return [
        one('TagResource', { node: act.account }, { requestTags: { ...act.set } }),
        ...(act.remove.length > 0
          ? [one('UntagResource', { node: act.account }, { context: [['aws:TagKeys', act.remove]] })]
          : []),
      ];
    case 'suspend-account':
      return [one('SuspendAccount', { node: act.account })];
    case 'resume-account':
      return [one('ResumeAccount', { node: act.account })];
    case 'close-account':
      return [one('CloseAccount', { node: act.account })];
    case 'enable-type':
      return [one('EnablePolicyType', { node: ROOT }, { context: [['organizations:PolicyType', act.type]] })];
    case 'create-policy':
      return [one('CreatePolicy', '*', { context: about(act.policy) })];
    case 'describe-policy':
    case 'update-policy':
      return [one('UpdatePolicy', { policy: act.policy }, { context: about(act.policy) })];
    case 'delete-policy':
      return [one('DeletePolicy', { policy: act.policy }, { context: about(act.policy) })];
    case 'attach':
    case 'set-mode':
    case 'detach': {
      const action = { attach: 'AttachPolicy', 'set-mode': 'UpdatePolicyAttachment', detach: 'DetachPolicy' }[act.kind];
      const context = about(act.policy);
      return [one(action, { policy: act.policy }, { context }), one(action, { node: act.target }, { context })];
    }
    default:
      return [askedAboutService(act)];
  }
}

function askedAboutService(act: Extract<Act, { service: string }>): Asked {
  const context: Context = [['organizations:ServicePrincipal', act.service]];
  switch (act.kind) {
    case 'trust-service':
      return { action: 'EnableAWSServiceAccess', resource: '*', context };
    case 'distrust-service':
      return { action: 'DisableAWSServiceAccess', resource: '*', context };
    case 'register-delegate':
      return { action: 'RegisterDelegatedAdministrator', resource: { node: act.account }, context };
    case 'deregister-delegate':
      return { action: 'DeregisterDelegatedAdministrator', resource: { node: act.account }, context };
  }
}
