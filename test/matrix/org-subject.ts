/** What a request of the matrix about the organization names: objects made for it, or ids of the same forms of nothing. */
import { randomInt, randomUUID } from 'node:crypto';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import {
  createGuardrail,
  createMember,
  createUnit,
  endedApply,
  ensureOrganization,
  invite,
  type Organization,
  planNothing,
  setPolicyType,
  stoppedApply,
} from '../harness/organization.ts';
import { createAccount, uniqueName } from '../harness/people.ts';
import type { SharedServer } from '../harness/shared.ts';

export interface OrgObjects {
  organization: Organization;
  unit: string;
  otherUnit: string;
  account: string;
  policy: string;
  handshake: string;
  request: string;
  plan: string;
  sha256: string;
  apply: string;
  /** An account that stands alone. */
  guest: string;
}

/** Members of inputs and the object they name. */
const NAMED: Readonly<Record<string, keyof OrgObjects | 'root'>> = {
  OrganizationalUnitId: 'unit',
  DestinationParentId: 'otherUnit',
  SourceParentId: 'root',
  ParentId: 'root',
  RootId: 'root',
  ChildId: 'unit',
  TargetId: 'unit',
  ResourceId: 'unit',
  AccountId: 'account',
  PolicyId: 'policy',
  HandshakeId: 'handshake',
  CreateAccountRequestId: 'request',
  PlanId: 'plan',
  Sha256: 'sha256',
  ApplyId: 'apply',
};

export async function makeOrgObjects(
  server: SharedServer,
  operation: AnyOperation,
  names: (...members: string[]) => boolean,
): Promise<OrgObjects> {
  const organization = await ensureOrganization(server);
  const objects = noOrgObjects(organization);
  if (operation.name === 'EnablePolicyType')
    await setPolicyType(server, organization, 'RESOURCE_CONTROL_POLICY', 'disabled');
  if (operation.name === 'DisablePolicyType')
    await setPolicyType(server, organization, 'RESOURCE_CONTROL_POLICY', 'enabled');
  if (names('OrganizationalUnitId', 'ChildId', 'TargetId', 'ResourceId'))
    objects.unit = await createUnit(server, organization.rootId);
  if (names('DestinationParentId')) objects.otherUnit = await createUnit(server, organization.rootId);
  if (names('AccountId', 'CreateAccountRequestId')) {
    const made = await createMember(server);
    objects.account = made.accountId;
    objects.request = made.requestId;
  }
  if (names('PolicyId'))
    objects.policy = await createGuardrail(server, { Effect: 'Deny', Action: 'kms:Sign', Resource: '*' });
  if (operation.name === 'InviteAccountToOrganization') objects.guest = (await createAccount(server)).accountId;
  if (names('PlanId')) Object.assign(objects, await planNothing(server));
  if (names('ApplyId'))
    objects.apply = await (operation.name === 'ResumeApply' ? stoppedApply(server) : endedApply(server));
  if (names('HandshakeId')) objects.handshake = await invite(server, (await createAccount(server)).accountId);
  return objects;
}

/** Ids with the same forms of names that do not exist. The root is the real one where `organization` is. */
export function noOrgObjects(organization: Organization): OrgObjects {
  const letters = (count: number) =>
    Array.from({ length: count }, () => 'abcdefghijkmnpqrstuvwxyz'[randomInt(24)]).join('');
  const digits = () => String(randomInt(100_000_000_000, 281_474_976_710_655) % 900_000_000_000).padStart(12, '9');
  const unit = () => `ou-${letters(4)}-${letters(8)}`;
  return {
    organization,
    unit: unit(),
    otherUnit: unit(),
    account: digits(),
    policy: `p-${letters(10)}`,
    handshake: `h-${letters(10)}`,
    request: `car-${letters(16)}`,
    plan: `lzp-${randomUUID()}`,
    sha256: 'a'.repeat(64),
    apply: `lza-${randomUUID()}`,
    guest: digits(),
  };
}

export function missingOrgObjects({ organization }: OrgObjects): OrgObjects {
  const missing = noOrgObjects(organization);
  return { ...missing, organization: { ...organization, rootId: `r-${missing.unit.slice(3, 7)}` } };
}

/** The value of a member of an input; undefined where the example stands. */
export function orgValue(objects: OrgObjects, member: string): unknown {
  if (member === 'Name') return uniqueName('name');
  if (member === 'AccountName') return uniqueName('account');
  if (member === 'Email') return `${uniqueName('address')}@example.com`;
  if (member === 'Target') return { Id: objects.guest, Type: 'ACCOUNT' };
  const name = NAMED[member];
  if (name === undefined) return undefined;
  return name === 'root' ? objects.organization.rootId : objects[name];
}

/** Of every id in the input. */
export function orgResources(
  operation: AnyOperation,
  input: Record<string, unknown>,
  { organization }: OrgObjects,
): string[] {
  const { id, managementAccountId } = organization;
  const arn = (kind: string, name: string) => `arn:aws:organizations::${managementAccountId}:${kind}/${id}/${name}`;
  const ids = Object.values(input).filter((value): value is string => typeof value === 'string');
  const found = ids.flatMap((value) => {
    if (/^r-/.test(value)) return [arn('root', value)];
    if (/^ou-/.test(value)) return [arn('ou', value)];
    if (/^\d{12}$/.test(value)) return [arn('account', value)];
    if (/^p-/.test(value)) return [arn('policy', `service_control_policy/${value}`)];
    if (/^h-/.test(value)) return [arn('handshake', `invite/${value}`)];
    return [];
  });
  if (found.length > 0) return found;
  const kind = typeof operation.authz === 'object' ? operation.authz.resource : '*';
  if (kind === 'organizations:organization')
    return [`arn:aws:organizations::${managementAccountId}:organization/${id}`];
  if (kind === 'organizations:resourcepolicy') return [arn('resourcepolicy', '*')];
  return kind === 'organizations:account' ? [arn('account', managementAccountId)] : [];
}
