import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call, Resolved } from '../../../../platform/runtime/call.ts';
import { change } from '../../../../platform/runtime/call.ts';
import { CreateAccount, DescribeAccount, ListAccounts } from '../../api/accounts.ts';
import type { IamDeps } from '../../deps.ts';
import { rootArn } from '../../domain/names.ts';
import {
  accountById,
  countAccounts,
  listAccounts as listRows,
  lockAccount,
  managementAccount,
} from '../../store/accounts.ts';
import type { AccountRow, Tx } from '../../store/db.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { insertPlanned, planAccount } from './new-account.ts';

function showAccount(deps: IamDeps, row: AccountRow) {
  return {
    AccountId: row.account_id,
    Name: row.name,
    ...(row.email !== null && { Email: row.email }),
    Kind: row.kind,
    Arn: rootArn({ partition: deps.settings.partition, accountId: row.account_id }),
    CreateDate: row.created_at,
  };
}

/**
 * The accounts are a resource of the management account: a caller of another account is denied by the cross-account
 * rule (no resource policy allows it), whatever its own policies say, its root user included.
 */
export async function ofManagement(deps: IamDeps): Promise<Resolved<string>> {
  const management = await managementAccount(deps.store.read);
  const accountId = management?.account_id ?? 'none';
  return { targets: [{ resource: '*', accountId }], state: accountId };
}

export const createAccount = implement(CreateAccount, {
  resolve: (_call, _input, deps) => ofManagement(deps),
  async run(call, input, management, deps) {
    const plan = await planAccount(deps, {
      name: input.Name,
      email: input.Email ?? null,
      kind: 'member',
      userName: input.AdministratorUserName,
      now: call.now,
    });
    const secret = plan.key.secret.toString('latin1');
    plan.key.secret.fill(0);
    const created = plan.account.account_id;
    call.touches(rootArn({ partition: deps.settings.partition, accountId: created }), 'AWS::IAM::Account', created);
    return change(
      async (tx) => {
        await lockAccount(tx as Tx, management);
        const limit = deps.limits.accounts;
        if ((await countAccounts(tx as Tx)) >= limit)
          throw call.fail('LimitExceeded', `Cannot exceed quota for Accounts: ${limit}`);
        await insertPlanned(tx as Tx, deps, plan);
        await deps.store.bumpVersion(tx, { kind: 'account', objectId: created, accountId: created });
        return {
          Account: showAccount(deps, plan.account),
          AccessKey: {
            UserName: plan.userName,
            AccessKeyId: plan.key.accessKeyId,
            Status: 'Active' as const,
            SecretAccessKey: secret,
            CreateDate: call.now,
          },
        };
      },
      () => deps.hub.publish(created),
    );
  },
});

export const listAccounts = implement(ListAccounts, {
  resolve: (_call, _input, deps) => ofManagement(deps),
  async run(call, input, _state, deps) {
    const page = openPage(deps, call, input);
    const found = await listRows(deps.store.read, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.account_id);
    return { Accounts: rows.map((row) => showAccount(deps, row)), ...output };
  },
});

export const describeAccount = implement(DescribeAccount, {
  async resolve(call: Call<AnyOperation>, input, deps): Promise<Resolved<AccountRow>> {
    const accountId = input.AccountId ?? call.caller.accountId;
    const row = await accountById(deps.store.read, accountId);
    const targets = accountId === call.caller.accountId ? [{ resource: '*' }] : (await ofManagement(deps)).targets;
    return {
      targets,
      state: row as AccountRow,
      ...(!row && { absent: call.fail('NotFound', `account ${accountId} does not exist`) }),
    };
  },
  run: (_call, _input, row, deps) => ({ Account: showAccount(deps, row) }),
});
