import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call, Resolved } from '../../../../platform/runtime/call.ts';
import { AddUserToGroup, RemoveUserFromGroup } from '../../api/groups.ts';
import type { IamDeps } from '../../deps.ts';
import { userArn } from '../../domain/names.ts';
import type { GroupRow, Tx, UserRow } from '../../store/db.ts';
import { addMember, groupsOfUser, lockGroup, removeMember } from '../../store/groups.ts';
import { lockUser, userByName } from '../../store/users.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutGroup, groupMissing, scopeOf, userMissing } from '../targets.ts';

interface Names {
  GroupName: string;
  UserName: string;
}

interface Membership {
  group: GroupRow;
  user: UserRow;
}

/** The group is what is authorized (as at AWS); the user is looked for after that. */
async function aboutMember(call: Call<AnyOperation>, input: Names, deps: IamDeps): Promise<Resolved<Membership>> {
  const { targets, state, absent } = await aboutGroup(call, deps, input.GroupName);
  const user = await userByName(deps.store.read, call.caller.accountId, input.UserName);
  if (user) call.touches(userArn(scopeOf(call, deps), user.path, user.name), 'AWS::IAM::User', user.account_id);
  const missing = absent ?? (user ? undefined : call.fail('NotFound', userMissing(input.UserName)));
  return { targets, state: { group: state, user: user as UserRow }, ...(missing && { absent: missing }) };
}

/** Always in this order, so that two requests never wait for each other. */
async function lockBoth(tx: Tx, call: Call<AnyOperation>, { group, user }: Membership): Promise<void> {
  if (!(await lockGroup(tx, group.group_id))) throw call.fail('NotFound', groupMissing(group.name));
  if (!(await lockUser(tx, user.user_id))) throw call.fail('NotFound', userMissing(user.name));
}

export const addUserToGroup = implement(AddUserToGroup, {
  resolve: (call, input, deps) => aboutMember(call, input, deps),
  run(call, _input, membership, deps) {
    const { group, user } = membership;
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      await lockBoth(tx, call, membership);
      const limit = deps.limits.groupsPerUser;
      const before = await groupsOfUser(tx, user.user_id, { after: undefined, limit: limit + 1 });
      const added = await addMember(tx, group.group_id, user.user_id);
      if (added && before.length >= limit)
        throw call.fail('LimitExceeded', `Cannot exceed quota for GroupsPerUser: ${limit}`);
      return undefined;
    });
  },
});

export const removeUserFromGroup = implement(RemoveUserFromGroup, {
  resolve: (call, input, deps) => aboutMember(call, input, deps),
  run(call, _input, { group, user }, deps) {
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      if (!(await removeMember(tx, group.group_id, user.user_id)))
        throw call.fail('NotFound', `User ${user.name} is not a member of group ${group.name}`);
      return undefined;
    });
  },
});
