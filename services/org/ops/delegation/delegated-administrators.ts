import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import {
  DeregisterDelegatedAdministrator,
  ListDelegatedAdministrators,
  ListDelegatedServicesForAccount,
  RegisterDelegatedAdministrator,
} from '../../api/delegation.ts';
import type { OrgDeps } from '../../deps.ts';
import { membersById } from '../../store/accounts.ts';
import { delegationsOf, listDelegations } from '../../store/delegation.ts';
import { memberNow } from '../accounts/account-changes.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { accountMembers } from '../show.ts';
import { inOrganization, wholeOrganization } from '../standing.ts';
import { aboutAccount } from '../targets.ts';
import { deregisterDelegate, registerDelegate } from './delegation-changes.ts';
import { aboutService } from './service-access.ts';

type Input = { AccountId: string; ServicePrincipal: string };

function about(call: Call<AnyOperation>, input: Input, deps: OrgDeps) {
  return inOrganization(call, deps, async (standing) => {
    const account = await aboutAccount(call, deps, standing, input.AccountId);
    const { context } = aboutService(input.ServicePrincipal);
    return { ...account, targets: account.targets.map((target) => ({ ...target, context })) };
  });
}

export const registerDelegatedAdministrator = implement(RegisterDelegatedAdministrator, {
  resolve: about,
  run(call, input, { organization }, deps) {
    return plainChange(deps, call, organization, input.AccountId, async (at) => {
      await registerDelegate(at, await memberNow(at, input.AccountId), input.ServicePrincipal);
      return undefined;
    });
  },
});

export const deregisterDelegatedAdministrator = implement(DeregisterDelegatedAdministrator, {
  resolve: about,
  run(call, input, { organization, found }, deps) {
    return plainChange(deps, call, organization, input.AccountId, async (at) => {
      await deregisterDelegate(at, found.account_id, input.ServicePrincipal);
      return undefined;
    });
  },
});

export const listDelegatedAdministrators = implement(ListDelegatedAdministrators, {
  resolve: (call, input, deps) =>
    wholeOrganization(
      call,
      deps,
      input.ServicePrincipal === undefined ? { resource: '*' } : aboutService(input.ServicePrincipal),
    ),
  async run(call, input, { organization, scope }, deps) {
    const { organization_id } = organization;
    const page = openPage(deps, call, input, input.ServicePrincipal);
    const db = deps.store.read;
    const found = await listDelegations(db, organization_id, input.ServicePrincipal, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.account_id);
    const accounts = await membersById(
      db,
      organization_id,
      rows.map((row) => row.account_id),
    );
    const byId = new Map(accounts.map((account) => [account.account_id, account]));
    const DelegatedAdministrators = rows.flatMap((row) => {
      const account = byId.get(row.account_id);
      return account ? [{ ...accountMembers(scope, account), DelegationEnabledDate: row.enabled_at }] : [];
    });
    return { DelegatedAdministrators, ...output };
  },
});

export const listDelegatedServicesForAccount = implement(ListDelegatedServicesForAccount, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutAccount(call, deps, standing, input.AccountId)),
  async run(call, input, { found }, deps) {
    const page = openPage(deps, call, input, found.account_id);
    const services = await delegationsOf(deps.store.read, found.account_id, page.range);
    if (services.length === 0 && page.range.after === undefined)
      throw call.fail('AccountNotRegistered', `account ${found.account_id} administers no service`);
    const { rows, output } = closePage(deps, page, services, (row) => row.service_principal);
    return {
      DelegatedServices: rows.map((row) => ({
        ServicePrincipal: row.service_principal,
        DelegationEnabledDate: row.enabled_at,
      })),
      ...output,
    };
  },
});
