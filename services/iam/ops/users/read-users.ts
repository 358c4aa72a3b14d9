import { noResource } from '../../../../platform/runtime/call.ts';
import { GetUser, ListUsers } from '../../api/users.ts';
import { rootArn } from '../../domain/names.ts';
import { accountById } from '../../store/accounts.ts';
import { tagsOf } from '../../store/tags.ts';
import { listUsers as listRows } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutUser, scopeOf } from '../targets.ts';
import { showUser } from './view.ts';

export const getUser = implement(GetUser, {
  async resolve(call, input, deps) {
    if (input.UserName === undefined && call.caller.kind === 'root')
      return { targets: [{ resource: rootArn(scopeOf(call, deps)) }], state: undefined };
    return aboutUser(call, deps, input.UserName);
  },
  async run(call, _input, user, deps) {
    if (user) return { User: showUser(deps, user, await tagsOf(deps.store.read, user.user_id)) };
    const scope = scopeOf(call, deps);
    const account = await accountById(deps.store.read, scope.accountId);
    return { User: { UserId: scope.accountId, Arn: rootArn(scope), CreateDate: account?.created_at ?? 0 } };
  },
});

export const listUsers = implement(ListUsers, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const prefix = input.PathPrefix ?? '/';
    const page = openPage(deps, call, input, prefix);
    const found = await listRows(deps.store.read, call.caller.accountId, prefix, page.range);
    const { rows, output } = closePage(deps, page, found, (user) => user.name_key);
    return { Users: rows.map((user) => showUser(deps, user)), ...output };
  },
});
