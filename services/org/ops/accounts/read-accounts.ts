import { DescribeAccount, ListAccounts, ListAccountsForParent } from '../../api/accounts.ts';
import { accountsUnder, listMembers } from '../../store/accounts.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { showAccount, showAccounts } from '../show.ts';
import { inOrganization, wholeOrganization } from '../standing.ts';
import { aboutAccount, aboutNode } from '../targets.ts';

export const describeAccount = implement(DescribeAccount, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutAccount(call, deps, standing, input.AccountId)),
  run: async (_call, _input, { scope, found }, deps) => ({
    Account: await showAccount(deps.store.read, scope, found),
  }),
});

export const listAccounts = implement(ListAccounts, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(call, input, { organization, scope }, deps) {
    const page = openPage(deps, call, input);
    const db = deps.store.read;
    const found = await listMembers(db, organization.organization_id, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.account_id);
    return { Accounts: await showAccounts(db, scope, rows), ...output };
  },
});

export const listAccountsForParent = implement(ListAccountsForParent, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutNode(call, deps, standing, input.ParentId, 'ParentNotFound')),
  async run(call, input, { scope, found }, deps) {
    const page = openPage(deps, call, input, found.node_id);
    const db = deps.store.read;
    const accounts = await accountsUnder(db, found.node_id, page.range);
    const { rows, output } = closePage(deps, page, accounts, (row) => row.account_id);
    return { Accounts: await showAccounts(db, scope, rows), ...output };
  },
});
