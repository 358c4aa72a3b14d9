import { noResource } from '../../../../platform/runtime/call.ts';
import { GetGroup, ListGroups, ListGroupsForUser } from '../../api/groups.ts';
import { groupsOfUser, listGroups as listRows, usersOfGroup } from '../../store/groups.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutGroup, aboutUser } from '../targets.ts';
import { showUser } from '../users/view.ts';
import { showGroup } from './view.ts';

export const getGroup = implement(GetGroup, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName),
  async run(call, input, group, deps) {
    const page = openPage(deps, call, input, group.group_id);
    const found = await usersOfGroup(deps.store.read, group.group_id, page.range);
    const { rows, output } = closePage(deps, page, found, (user) => user.name_key);
    return { Group: showGroup(deps, group), Users: rows.map((user) => showUser(deps, user)), ...output };
  },
});

export const listGroups = implement(ListGroups, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const prefix = input.PathPrefix ?? '/';
    const page = openPage(deps, call, input, prefix);
    const found = await listRows(deps.store.read, call.caller.accountId, prefix, page.range);
    const { rows, output } = closePage(deps, page, found, (group) => group.name_key);
    return { Groups: rows.map((group) => showGroup(deps, group)), ...output };
  },
});

export const listGroupsForUser = implement(ListGroupsForUser, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName),
  async run(call, input, user, deps) {
    const page = openPage(deps, call, input, user.user_id);
    const found = await groupsOfUser(deps.store.read, user.user_id, page.range);
    const { rows, output } = closePage(deps, page, found, (group) => group.name_key);
    return { Groups: rows.map((group) => showGroup(deps, group)), ...output };
  },
});
