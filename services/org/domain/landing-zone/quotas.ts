/** Limits of the organization, at the end of a plan and at every step on the way. */
import type { Act } from './acts.ts';
import type { Issue } from './decide/draft.ts';
import { bytesOf } from './documents.ts';
import type { LandingZoneLimits } from './file/limits.ts';
import { attachedTo, chainOf, type Model, POLICY_TYPES, type Ref, topDown } from './model.ts';

/** What a step has touched, measured after it. */
export function stepIssues(model: Model, acts: readonly Act[], limits: LandingZoneLimits): Issue[] {
  return acts.flatMap((act): Issue[] => {
    switch (act.kind) {
      case 'create-unit':
        return [...depthIssues(model, act.unit, limits), ...count('units', model.units.size, limits.units, act.unit)];
      case 'move-unit':
        return topDown(model)
          .filter((ref) => chainOf(model, ref).includes(act.unit))
          .flatMap((ref) => depthIssues(model, ref, limits));
      case 'create-account':
        return [
          ...count('accounts', model.accounts.size, limits.accounts, act.account),
          ...attachmentIssues(model, act.account, limits),
        ];
      case 'attach':
        return attachmentIssues(model, act.target, limits);
      case 'create-policy':
      case 'update-policy':
        return policyIssues(model, act, limits);
      default:
        return [];
    }
  });
}

function count(what: string, is: number, limit: number, key: Ref): Issue[] {
  return is <= limit ? [] : [{ code: 'limit', key, message: `there would be ${is} ${what}, the limit is ${limit}` }];
}

function depthIssues(model: Model, unit: Ref, { unitDepth }: LandingZoneLimits): Issue[] {
  const depth = chainOf(model, unit).length - 1;
  if (depth <= unitDepth) return [];
  return [
    {
      code: 'limit',
      key: unit,
      message: `unit ${unit} would stand ${depth} levels below the root, the limit is ${unitDepth}`,
    },
  ];
}

function attachmentIssues(model: Model, target: Ref, { attachmentsPerNode }: LandingZoneLimits): Issue[] {
  return POLICY_TYPES.flatMap((type): Issue[] => {
    const held = [...attachedTo(model, target).keys()].filter((policy) => model.policies.get(policy)?.type === type);
    if (held.length <= attachmentsPerNode) return [];
    const message = `${target} would have ${held.length} policies of type ${type}, the limit is ${attachmentsPerNode}`;
    return [{ code: 'limit', key: target, message }];
  });
}

function policyIssues(
  model: Model,
  { policy, content }: { policy: Ref; content: string },
  { policiesPerType, policyBytes }: LandingZoneLimits,
): Issue[] {
  const type = model.policies.get(policy)?.type;
  const others = [...model.policies.values()].filter((one) => one.type === type && !one.shipped).length;
  const bytes = bytesOf(content);
  return [
    ...count(`policies of type ${type}`, others, policiesPerType, policy),
    ...(bytes <= policyBytes
      ? []
      : [
          {
            code: 'limit',
            key: policy,
            message: `policy ${policy} would have ${bytes} bytes, the limit is ${policyBytes}`,
          },
        ]),
  ];
}
