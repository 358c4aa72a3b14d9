import {
  DeregisterDelegatedAdministrator,
  DisableAWSServiceAccess,
  EnableAWSServiceAccess,
  RegisterDelegatedAdministrator,
} from '../../api/delegation.ts';
import { delegationsOf } from '../../store/delegation.ts';
import { memberNow } from '../accounts/account-changes.ts';
import * as changes from '../delegation/delegation-changes.ts';
import { type ActHandler, type Acting, idOf } from './acting.ts';

export const trust: ActHandler<'trust-service'> = async (acting, { service }) => {
  await changes.trust(acting, service);
  return { operation: EnableAWSServiceAccess, input: { ServicePrincipal: service }, objects: [service] };
};

export const distrust: ActHandler<'distrust-service'> = async (acting, { service }) => {
  await changes.distrust(acting, service);
  return { operation: DisableAWSServiceAccess, input: { ServicePrincipal: service }, objects: [service] };
};

export const register: ActHandler<'register-delegate'> = async (acting, { service, account }) => {
  const row = await memberNow(acting, await idOf(acting, account));
  const id = row.account_id;
  if (await administers(acting, id, service)) return undefined;
  await changes.registerDelegate(acting, row, service);
  return {
    operation: RegisterDelegatedAdministrator,
    input: { AccountId: id, ServicePrincipal: service },
    objects: [id, service],
  };
};

export const deregister: ActHandler<'deregister-delegate'> = async (acting, { service, account }) => {
  const id = await idOf(acting, account);
  if (!(await administers(acting, id, service))) return undefined;
  await changes.deregisterDelegate(acting, id, service);
  return {
    operation: DeregisterDelegatedAdministrator,
    input: { AccountId: id, ServicePrincipal: service },
    objects: [id, service],
  };
};

async function administers({ tx }: Acting, accountId: string, service: string): Promise<boolean> {
  return (await delegationsOf(tx, accountId)).some((row) => row.service_principal === service);
}
