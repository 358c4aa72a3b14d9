import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import {
  DeregisterDelegatedAdministrator,
  ListDelegatedAdministrators,
  ListDelegatedServicesForAccount,
  RegisterDelegatedAdministrator,
} from '../../api/delegation.ts';
import type { OrgDeps } from '../../deps.ts';
import { permits } from '../../domain/account-state.ts';
import { membersById } from '../../store/accounts.ts';
import type { AccountRow, OrganizationRow, Tx } from '../../store/db.ts';
import {
  countDelegations,
  delegationsOf,
  deleteDelegation,
  insertDelegation,
  listDelegations,
  serviceAccess,
} from '../../store/delegation.ts';
import { lockedMember } from '../accounts/place-account.ts';
import { plainChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { accountMembers } from '../show.ts';
import { inOrganization, wholeOrganization } from '../standing.ts';
import { aboutAccount } from '../targets.ts';
import { aboutService, requireService } from './service-access.ts';

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
  run(call, input, standing, deps) {
    const { organization } = standing;
    requireService(call, input.ServicePrincipal);
    return plainChange(call, organization, input.AccountId, async (tx) => {
      const account = await lockedMember(call, tx, standing, input.AccountId);
      await requireDelegable(call, deps, tx, organization, account, input.ServicePrincipal);
      const row = {
        service_principal: input.ServicePrincipal,
        account_id: account.account_id,
        organization_id: organization.organization_id,
        enabled_at: call.now,
      };
      await unlessTaken(insertDelegation(tx, row), () => registered(call, input));
      return undefined;
    });
  },
});

function registered(call: Call<AnyOperation>, { AccountId, ServicePrincipal }: Input) {
  return call.fail('AccountAlreadyRegistered', `account ${AccountId} administers ${ServicePrincipal} already`);
}

async function requireDelegable(
  call: Call<AnyOperation>,
  deps: OrgDeps,
  tx: Tx,
  organization: OrganizationRow,
  { account_id, state }: AccountRow,
  service: string,
): Promise<void> {
  const broken = (reason: string, message: string, hint?: string) =>
    call.fail('ConstraintViolation', message, { details: { reason }, ...(hint !== undefined && { hint }) });
  if (account_id === organization.management_account_id)
    throw broken(
      'CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR',
      'the management account is not delegated to: it may do everything already',
    );
  if (!permits(state, 'delegate'))
    throw broken('CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR', `account ${account_id} is ${state}`);
  if (!(await serviceAccess(tx, organization.organization_id, service)))
    throw broken(
      'SERVICE_ACCESS_NOT_ENABLED',
      `the organization does not trust ${service}`,
      'EnableAWSServiceAccess first',
    );
  const rows = await delegationsOf(tx, account_id);
  if (rows.some((row) => row.service_principal === service))
    throw registered(call, { AccountId: account_id, ServicePrincipal: service });
  const limit = deps.limits.delegatedAdministratorsPerService;
  if ((await countDelegations(tx, organization.organization_id, service)) < limit) return;
  throw limit === 1
    ? broken('DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE', `another account administers ${service}`)
    : broken(
        'MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED',
        `at most ${limit} accounts administer one service`,
      );
}

export const deregisterDelegatedAdministrator = implement(DeregisterDelegatedAdministrator, {
  resolve: about,
  run(call, input, { organization, found }) {
    requireService(call, input.ServicePrincipal);
    return plainChange(call, organization, input.AccountId, async (tx) => {
      if (!(await deleteDelegation(tx, found.account_id, input.ServicePrincipal)))
        throw call.fail(
          'AccountNotRegistered',
          `account ${found.account_id} does not administer ${input.ServicePrincipal}`,
        );
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
