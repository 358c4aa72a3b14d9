import { noResource } from '../../../../platform/runtime/call.ts';
import { DescribeAccounts } from '../../api/internal.ts';
import { accountsByIdOrEmail, managementAccount } from '../../store/accounts.ts';
import { implement } from '../implement.ts';

const MAX_ACCOUNTS = 200;

export const describeAccounts = implement(DescribeAccounts, {
  resolve: noResource,
  async run(_call, { AccountIds, Emails }, _state, deps) {
    const db = deps.store.read;
    const management = await managementAccount(db);
    const rows = await accountsByIdOrEmail(db, AccountIds, Emails, MAX_ACCOUNTS);
    return {
      ...(management && { ManagementAccountId: management.account_id }),
      Accounts: rows.map((row) => ({
        AccountId: row.account_id,
        Name: row.name,
        ...(row.email !== null && { Email: row.email }),
      })),
    };
  },
});
