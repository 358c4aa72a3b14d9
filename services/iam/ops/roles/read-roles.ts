import { noResource } from '../../../../platform/runtime/call.ts';
import { GetRole, ListRoles } from '../../api/roles.ts';
import { listRoles as listRows } from '../../store/roles.ts';
import { tagsOf } from '../../store/tags.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutRole } from '../targets.ts';
import { lastUseOf, showRole } from './view.ts';

export const getRole = implement(GetRole, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  async run(call, _input, role, deps) {
    const shown = showRole(deps, role, await tagsOf(deps.store.read, role.role_id));
    return { Role: { ...shown, RoleLastUsed: lastUseOf(deps, role, call.now) } };
  },
});

export const listRoles = implement(ListRoles, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const prefix = input.PathPrefix ?? '/';
    const page = openPage(deps, call, input, prefix);
    const found = await listRows(deps.store.read, call.caller.accountId, prefix, page.range);
    const { rows, output } = closePage(deps, page, found, (role) => role.name_key);
    return { Roles: rows.map((role) => showRole(deps, role)), ...output };
  },
});
