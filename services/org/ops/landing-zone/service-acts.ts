import {
  DeregisterDelegatedAdministrator,
  DisableAWSServiceAccess,
  EnableAWSServiceAccess,
  RegisterDelegatedAdministrator,
} from '../../api/delegation.ts';
import { permits } from '../../domain/account-state.ts';
import { isServicePrincipal } from '../../domain/service-principals.ts';
import { memberById } from '../../store/accounts.ts';
import {
  countDelegations,
  delegationsOf,
  deleteDelegation,
  distrustService,
  insertDelegation,
  trustService,
} from '../../store/delegation.ts';
import { type ActHandler, idOf, StepRefused } from './acting.ts';

function requireService(service: string): void {
  if (!isServicePrincipal(service)) throw new StepRefused('InvalidInput', `${service} is no service of this product`);
}

export const trust: ActHandler<'trust-service'> = async ({ tx, organization, now }, { service }) => {
  requireService(service);
  await trustService(tx, organization.organization_id, service, now);
  return { operation: EnableAWSServiceAccess, input: { ServicePrincipal: service }, objects: [service] };
};

export const distrust: ActHandler<'distrust-service'> = async ({ tx, organization }, { service }) => {
  await distrustService(tx, organization.organization_id, service);
  return { operation: DisableAWSServiceAccess, input: { ServicePrincipal: service }, objects: [service] };
};

export const register: ActHandler<'register-delegate'> = async (acting, { service, account }) => {
  const { deps, tx, organization, now } = acting;
  const { organization_id, management_account_id } = organization;
  requireService(service);
  const id = await idOf(acting, account);
  const row = await memberById(tx, organization_id, id);
  if (!row || id === management_account_id || !permits(row.state, 'delegate'))
    throw new StepRefused('ConstraintViolation', `account ${account} cannot administer ${service}`);
  if ((await delegationsOf(tx, id)).some((held) => held.service_principal === service)) return undefined;
  const limit = deps.limits.delegatedAdministratorsPerService;
  if ((await countDelegations(tx, organization_id, service)) >= limit)
    throw new StepRefused('ConstraintViolation', `${service} has at most ${limit} delegated administrators`);
  await insertDelegation(tx, { service_principal: service, account_id: id, organization_id, enabled_at: now });
  return {
    operation: RegisterDelegatedAdministrator,
    input: { AccountId: id, ServicePrincipal: service },
    objects: [id, service],
  };
};

export const deregister: ActHandler<'deregister-delegate'> = async (acting, { service, account }) => {
  const id = await idOf(acting, account);
  if (!(await deleteDelegation(acting.tx, id, service))) return undefined;
  return {
    operation: DeregisterDelegatedAdministrator,
    input: { AccountId: id, ServicePrincipal: service },
    objects: [id, service],
  };
};
