import { parseArn } from '../../../../platform/contract/arn.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import {
  ListAttachedGroupPolicies,
  ListAttachedRolePolicies,
  ListAttachedUserPolicies,
} from '../../api/attachments.ts';
import type { IamDeps } from '../../deps.ts';
import { attachedArns } from '../../store/attachments.ts';
import { implement } from '../implement.ts';
import { closePage, openPage, type PageInput } from '../pages.ts';
import { aboutGroup, aboutRole, aboutUser } from '../targets.ts';

const MOST = { after: undefined, limit: 10_000 };

/** An owner has few attachments, so the path filter runs here. */
async function attached(
  call: Call<AnyOperation>,
  deps: IamDeps,
  ownerId: string,
  input: PageInput & { PathPrefix?: string | undefined },
) {
  const prefix = `policy${input.PathPrefix ?? '/'}`;
  const page = openPage(deps, call, input, [ownerId, prefix]);
  const arns = (await attachedArns(deps.store.read, ownerId, MOST)).filter(
    (arn) => arn > (page.range.after ?? '') && parseArn(arn)?.resource.startsWith(prefix),
  );
  const { rows, output } = closePage(deps, page, arns.slice(0, page.range.limit), (arn) => arn);
  const AttachedPolicies = rows.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }));
  return { AttachedPolicies, ...output };
}

export const listAttachedUserPolicies = implement(ListAttachedUserPolicies, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName),
  run: (call, input, user, deps) => attached(call, deps, user.user_id, input),
});

export const listAttachedGroupPolicies = implement(ListAttachedGroupPolicies, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName),
  run: (call, input, group, deps) => attached(call, deps, group.group_id, input),
});

export const listAttachedRolePolicies = implement(ListAttachedRolePolicies, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  run: (call, input, role, deps) => attached(call, deps, role.role_id, input),
});
