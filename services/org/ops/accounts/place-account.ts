/** Where an account stands and what it is called. */
import { MoveAccount, RenameAccount } from '../../api/accounts.ts';
import type { AccountState } from '../../domain/account-state.ts';
import { permits } from '../../domain/account-state.ts';
import { memberById, updateAccount } from '../../store/accounts.ts';
import type { AccountRow, Tx } from '../../store/db.ts';
import { nodeById } from '../../store/nodes.ts';
import { organizationChange, plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { showAccount } from '../show.ts';
import { type AnyCall, inOrganization, type Standing } from '../standing.ts';
import { aboutAccount, aboutNode, missing } from '../targets.ts';

/** The account as it is under the lock. */
export async function lockedMember(
  call: AnyCall,
  tx: Tx,
  { organization }: Pick<Standing, 'organization'>,
  accountId: string,
): Promise<AccountRow> {
  const account = await memberById(tx, organization.organization_id, accountId);
  if (!account) throw missing(call, 'AccountNotFound', accountId);
  return account;
}

const WHY: Partial<Record<AccountState, string>> = {
  PENDING_ACTIVATION: 'is still being made',
  PENDING_CLOSURE: 'is being closed',
};

/** Account, source and destination are all asked about. */
export const moveAccount = implement(MoveAccount, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async (standing) => {
      const account = await aboutAccount(call, deps, standing, input.AccountId);
      const from = await aboutNode(call, deps, standing, input.SourceParentId, 'SourceParentNotFound');
      const to = await aboutNode(call, deps, standing, input.DestinationParentId, 'DestinationParentNotFound');
      return {
        targets: [...account.targets, ...from.targets, ...to.targets],
        state: { account: account.state, from: from.state, to: to.state },
        absent: account.absent ?? from.absent ?? to.absent,
      };
    }),
  run(call, _input, standing, deps) {
    const { organization, found } = standing;
    const id = found.account.account_id;
    return organizationChange(deps, call, organization, { kind: 'account', objectId: id }, async (tx) => {
      const account = await lockedMember(call, tx, standing, id);
      const destination = await nodeById(tx, organization.organization_id, found.to.node_id);
      if (!destination) throw missing(call, 'DestinationParentNotFound', found.to.node_id);
      if (account.parent_id !== found.from.node_id)
        throw call.fail('SourceParentNotFound', `account ${id} is not under ${found.from.node_id}`, {
          hint: 'somebody may have moved it: ask ListParents',
        });
      if (account.parent_id === destination.node_id)
        throw call.fail('DuplicateAccount', `account ${id} is under ${destination.node_id} already`);
      if (!permits(account.state, 'move'))
        throw call.fail('ConcurrentModification', `account ${id} ${WHY[account.state] ?? 'cannot move'}`, {
          hint: 'try again when it is done',
        });
      await updateAccount(tx, id, { parent_id: destination.node_id });
      return undefined;
    });
  },
});

export const renameAccount = implement(RenameAccount, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutAccount(call, deps, standing, input.AccountId)),
  run(call, input, standing) {
    const { organization, scope, found } = standing;
    return plainChange(call, organization, found.account_id, async (tx) => {
      const account = await lockedMember(call, tx, standing, found.account_id);
      await updateAccount(tx, account.account_id, { name: input.AccountName });
      return { Account: await showAccount(tx, scope, { ...account, name: input.AccountName }) };
    });
  },
});
