import { DeleteUserPolicy, GetUserPolicy, ListUserPolicies, PutUserPolicy } from '../../api/inline-policies.ts';
import { nameKey } from '../../domain/names.ts';
import type { UserRow } from '../../store/db.ts';
import { inlinePolicy, inlinePolicyNames } from '../../store/inline-policies.ts';
import { implement } from '../implement.ts';
import { boundaryContext, ownerUser } from '../owners.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutUser } from '../targets.ts';
import { inlineMissing, putInline, removeInline } from './documents.ts';

const boundaryKey = (user: UserRow | undefined) => ({ context: boundaryContext(user) });

export const putUserPolicy = implement(PutUserPolicy, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName, boundaryKey),
  run: (call, input, user, deps) => putInline(call, deps, ownerUser(user), input.PolicyName, input.PolicyDocument),
});

export const getUserPolicy = implement(GetUserPolicy, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName),
  async run(call, { PolicyName }, user, deps) {
    const policy = await inlinePolicy(deps.store.read, user.user_id, PolicyName);
    if (!policy) throw call.fail('NotFound', inlineMissing('user', PolicyName));
    return { UserName: user.name, PolicyName: policy.name, PolicyDocument: policy.document };
  },
});

export const deleteUserPolicy = implement(DeleteUserPolicy, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName, boundaryKey),
  run: (call, input, user, deps) => removeInline(call, deps, ownerUser(user), input.PolicyName),
});

export const listUserPolicies = implement(ListUserPolicies, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName),
  async run(call, input, user, deps) {
    const page = openPage(deps, call, input, user.user_id);
    const found = await inlinePolicyNames(deps.store.read, user.user_id, page.range);
    const { rows, output } = closePage(deps, page, found, nameKey);
    return { PolicyNames: rows, ...output };
  },
});
