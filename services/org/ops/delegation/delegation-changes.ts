/** What may become of trusted services and their delegated administrators, under the lock of the organization. */
import { permits } from '../../domain/account-state.ts';
import { isServicePrincipal } from '../../domain/service-principals.ts';
import type { AccountRow } from '../../store/db.ts';
import {
  countDelegations,
  delegationsOf,
  deleteDelegation,
  distrustService,
  insertDelegation,
  serviceAccess,
  trustService,
} from '../../store/delegation.ts';
import { bumpRules } from '../../store/detective/rules.ts';
import type { Changing } from '../changes.ts';

export async function trust(at: Changing, service: string): Promise<void> {
  requireService(at, service);
  await trustService(at.tx, at.organization.organization_id, service, at.now);
}

export async function distrust(at: Changing, service: string): Promise<void> {
  requireService(at, service);
  await distrustService(at.tx, at.organization.organization_id, service);
  await bumpRules(at.tx);
}

export async function registerDelegate(at: Changing, account: AccountRow, service: string): Promise<void> {
  requireService(at, service);
  await requireDelegable(at, account, service);
  await insertDelegation(at.tx, {
    service_principal: service,
    account_id: account.account_id,
    organization_id: at.organization.organization_id,
    enabled_at: at.now,
  });
  await bumpRules(at.tx);
}

export async function deregisterDelegate(at: Changing, accountId: string, service: string): Promise<void> {
  requireService(at, service);
  if (!(await deleteDelegation(at.tx, accountId, service)))
    throw at.fail('AccountNotRegistered', `account ${accountId} does not administer ${service}`);
  await bumpRules(at.tx);
}

function requireService({ fail }: Changing, service: string): void {
  if (isServicePrincipal(service)) return;
  throw fail('InvalidInput', `${service} is no service of this product`, {
    details: { reason: 'UNRECOGNIZED_SERVICE_PRINCIPAL' },
  });
}

async function requireDelegable(
  { deps, tx, organization, fail }: Changing,
  { account_id, state }: AccountRow,
  service: string,
): Promise<void> {
  const broken = (reason: string, message: string, hint?: string) =>
    fail('ConstraintViolation', message, { details: { reason }, ...(hint !== undefined && { hint }) });
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
  if ((await delegationsOf(tx, account_id)).some((row) => row.service_principal === service))
    throw fail('AccountAlreadyRegistered', `account ${account_id} administers ${service} already`);
  const limit = deps.limits.delegatedAdministratorsPerService;
  if ((await countDelegations(tx, organization.organization_id, service)) < limit) return;
  throw limit === 1
    ? broken('DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE', `another account administers ${service}`)
    : broken(
        'MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED',
        `at most ${limit} accounts administer one service`,
      );
}
