/**
 * The part of a new member account that iam owns: the row that makes principals possible, its tenant key, and the role
 * by which the management account reaches it. The org service asks for it until it has heard that it is done, so a
 * repetition finds everything in place and changes nothing.
 */
import { change, noResource } from '../../../../platform/runtime/call.ts';
import { ProvisionAccount } from '../../api/internal.ts';
import { tenantBinding } from '../../domain/access-key-format.ts';
import { accountById, countAccounts, insertAccount, lockAccount } from '../../store/accounts.ts';
import type { Tx } from '../../store/db.ts';
import { insertTenantKey } from '../../store/tenant-keys.ts';
import { implement } from '../implement.ts';
import { insertAccessRole } from '../roles/access-role.ts';

export const provisionAccount = implement(ProvisionAccount, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const { AccountId, AccountName, ManagementAccountId } = input;
    // Before the transaction, so that none waits for the HSM; not at all for a repetition.
    const known = await accountById(deps.store.read, AccountId);
    const tenant = known ? undefined : await deps.hsm.createTenantKey(tenantBinding(AccountId));
    return change(
      async (tx) => {
        await lockAccount(tx as Tx, ManagementAccountId);
        const existing = await accountById(tx as Tx, AccountId);
        if (existing && existing.name !== AccountName)
          throw call.fail('Conflict', `account ${AccountId} is another account`);
        if (existing || !tenant) return {};
        const limit = deps.limits.accounts;
        if ((await countAccounts(tx as Tx)) >= limit)
          throw call.fail('LimitExceeded', `Cannot exceed quota for Accounts: ${limit}`);
        await insertAccount(tx as Tx, {
          account_id: AccountId,
          name: AccountName,
          email: null,
          kind: 'member',
          created_at: call.now,
        });
        await insertTenantKey(tx as Tx, AccountId, tenant, call.now);
        await insertAccessRole(tx as Tx, deps, {
          accountId: AccountId,
          roleName: input.RoleName,
          managementAccountId: ManagementAccountId,
          now: call.now,
        });
        await deps.store.bumpVersion(tx, { kind: 'account', objectId: AccountId, accountId: AccountId });
        return {};
      },
      () => deps.hub.publish(AccountId),
    );
  },
});
