/** Where an account stands and what it is called. */
import { MoveAccount, RenameAccount } from '../../api/accounts.ts';
import { updateAccount } from '../../store/accounts.ts';
import { organizationChange, plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { showAccount } from '../show.ts';
import { inOrganization } from '../standing.ts';
import { aboutAccount, aboutNode } from '../targets.ts';
import { nodeNow } from '../units/unit-changes.ts';
import { memberNow, moveAccountTo } from './account-changes.ts';

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
  run(call, _input, { organization, found }, deps) {
    const id = found.account.account_id;
    return organizationChange(deps, call, organization, { kind: 'account', objectId: id }, async (at) => {
      const account = await memberNow(at, id);
      const destination = await nodeNow(at, found.to.node_id, 'DestinationParentNotFound');
      if (account.parent_id !== found.from.node_id)
        throw call.fail('SourceParentNotFound', `account ${id} is not under ${found.from.node_id}`, {
          hint: 'somebody may have moved it: ask ListParents',
        });
      if (account.parent_id === destination.node_id)
        throw call.fail('DuplicateAccount', `account ${id} is under ${destination.node_id} already`);
      await moveAccountTo(at, account, destination);
      return undefined;
    });
  },
});

export const renameAccount = implement(RenameAccount, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutAccount(call, deps, standing, input.AccountId)),
  run(call, input, { organization, scope, found }, deps) {
    return plainChange(deps, call, organization, found.account_id, async (at) => {
      const account = { ...(await memberNow(at, found.account_id)), name: input.AccountName };
      await updateAccount(at.tx, account.account_id, { name: account.name });
      return { Account: await showAccount(at.tx, scope, account) };
    });
  },
});
