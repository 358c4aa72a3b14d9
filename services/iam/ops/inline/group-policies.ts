import { DeleteGroupPolicy, GetGroupPolicy, ListGroupPolicies, PutGroupPolicy } from '../../api/inline-policies.ts';
import { nameKey } from '../../domain/names.ts';
import { inlinePolicy, inlinePolicyNames } from '../../store/inline-policies.ts';
import { implement } from '../implement.ts';
import { ownerGroup } from '../owners.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutGroup } from '../targets.ts';
import { inlineMissing, putInline, removeInline } from './documents.ts';

export const putGroupPolicy = implement(PutGroupPolicy, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName),
  run: (call, input, group, deps) => putInline(call, deps, ownerGroup(group), input.PolicyName, input.PolicyDocument),
});

export const getGroupPolicy = implement(GetGroupPolicy, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName),
  async run(call, { PolicyName }, group, deps) {
    const policy = await inlinePolicy(deps.store.read, group.group_id, PolicyName);
    if (!policy) throw call.fail('NotFound', inlineMissing('group', PolicyName));
    return { GroupName: group.name, PolicyName: policy.name, PolicyDocument: policy.document };
  },
});

export const deleteGroupPolicy = implement(DeleteGroupPolicy, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName),
  run: (call, input, group, deps) => removeInline(call, deps, ownerGroup(group), input.PolicyName),
});

export const listGroupPolicies = implement(ListGroupPolicies, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName),
  async run(call, input, group, deps) {
    const page = openPage(deps, call, input, group.group_id);
    const found = await inlinePolicyNames(deps.store.read, group.group_id, page.range);
    const { rows, output } = closePage(deps, page, found, nameKey);
    return { PolicyNames: rows, ...output };
  },
});
