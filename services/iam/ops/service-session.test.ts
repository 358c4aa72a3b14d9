/** Roles that our own services take on when nobody asks. The service here is kms. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi as api } from '../api/index.ts';
import { errorOf, type IamWorld, makeRole, openIam, otherAdmin, policy } from '../testing/harness.ts';

let world: IamWorld;
let other: Caller;
beforeAll(async () => {
  world = await openIam();
  other = await otherAdmin(world);
});
afterAll(() => world.close());

let count = 0;
const unique = () => `service-${++count}`;
const resourceOf = (accountId: string) => `arn:aws:kms:local-1:${accountId}:key/one`;
const letIn = (Service: string, Condition?: object) =>
  policy({ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole', ...(Condition && { Condition }) });
const KMS = 'kms.amazonaws.com';

const roleFor = (Service = KMS, Condition?: object, by = world.admin) =>
  makeRole(world, unique(), undefined, { trust: letIn(Service, Condition), by });

const open = (RoleArn: string, SourceArn = resourceOf(world.admin.accountId)) =>
  world.internal.OpenServiceSession({ RoleArn, RoleSessionName: 'work', SourceArn });

async function callerIn(RoleArn: string): Promise<Caller> {
  const { Arn, AccountId, PrincipalId, EntityId, SessionId, IssuedAt, ExpiresAt } = await open(RoleArn);
  const session = { id: SessionId, issuedAt: IssuedAt, expiresAt: ExpiresAt };
  return { kind: 'role', arn: Arn, accountId: AccountId, principalId: PrincipalId, entityId: EntityId, session };
}

const works = async (caller: Caller) => (await world.directory.of(caller)) !== undefined;

describe('a session that a service opened', () => {
  it('is one of the role, for a quarter of an hour, and recorded as AssumeRole of the service', async () => {
    const role = await roleFor();
    const caller = await callerIn(role);
    expect(await works(caller)).toBe(true);
    expect(caller.arn).toMatch(/:assumed-role\/service-\d+\/work$/);
    expect(caller.session?.expiresAt).toBeLessThanOrEqual(world.clock.time + 900_000);
    const record = (await world.records()).at(-1);
    expect(record).toMatchObject({
      eventName: 'AssumeRole',
      recipientAccountId: world.admin.accountId,
      requestParameters: { RoleArn: role, RoleSessionName: 'work' },
      userIdentity: { type: 'AWSService' },
      x: { decision: { effect: 'allow' } },
    });
  });

  it('ends with the role, and with a revocation of its sessions', async () => {
    const [revoked, deleted] = [await roleFor(), await roleFor()];
    const [first, second] = [await callerIn(revoked), await callerIn(deleted)];
    world.clock.time += 1000;
    await world.as(world.admin, api.RevokeSessionsBefore, {
      RoleName: revoked.split('/').at(-1),
      Before: world.clock.time,
    });
    await world.as(world.admin, api.DeleteRole, { RoleName: deleted.split('/').at(-1) });
    expect(await works(first)).toBe(false);
    expect(await works(second)).toBe(false);
  });
});

describe('a role is not for a service', () => {
  it('that its trust policy does not name; the refusal is recorded with its decision', async () => {
    const role = await roleFor('secretsmanager.amazonaws.com');
    expect(await errorOf(open(role))).toMatchObject({ code: 'AccessDenied' });
    const record = (await world.records()).at(-1);
    expect(record).toMatchObject({
      eventName: 'AssumeRole',
      errorCode: 'AccessDenied',
      recipientAccountId: world.admin.accountId,
      x: { decision: { effect: 'deny' } },
    });
  });

  it('of a role that trusts its account only', async () => {
    const trustAccount = policy({
      Effect: 'Allow',
      Principal: { AWS: world.admin.accountId },
      Action: 'sts:AssumeRole',
    });
    const role = await makeRole(world, unique(), undefined, { trust: trustAccount });
    expect(await errorOf(open(role))).toMatchObject({ code: 'AccessDenied' });
  });

  it.each([
    [
      'aws:SourceArn',
      (ok: boolean) => ({ ArnLike: { 'aws:SourceArn': ok ? 'arn:aws:kms:*:*:key/one' : 'arn:*:two' } }),
    ],
    [
      'aws:SourceAccount',
      (ok: boolean) => ({ StringEquals: { 'aws:SourceAccount': ok ? world.admin.accountId : '000000000000' } }),
    ],
  ])('whose resource the condition on %s does not allow', async (_key, condition) => {
    const [wrong, right] = [await roleFor(KMS, condition(false)), await roleFor(KMS, condition(true))];
    expect(await errorOf(open(wrong))).toMatchObject({ code: 'AccessDenied' });
    expect(await works(await callerIn(right))).toBe(true);
  });

  it('for a resource of another account: it does not exist there', async () => {
    const theirs = await roleFor(KMS, undefined, other);
    expect(await errorOf(open(theirs))).toMatchObject({ code: 'NotFound' });
    expect(await errorOf(open(await roleFor(), resourceOf(other.accountId)))).toMatchObject({ code: 'NotFound' });
  });

  it('that asks for a resource of another service', async () => {
    const source = `arn:aws:secretsmanager:local-1:${world.admin.accountId}:secret:x-abcdef`;
    expect(await errorOf(open(await roleFor(), source))).toMatchObject({ code: 'Validation' });
  });

  it('and only services ask', async () => {
    const input = { RoleArn: await roleFor(), RoleSessionName: 'work', SourceArn: resourceOf(world.admin.accountId) };
    expect(await errorOf(world.as(world.admin, api.OpenServiceSession, input))).toMatchObject({ code: 'AccessDenied' });
  });
});

it('a role is described with whether the service may take it on', async () => {
  const SourceArn = resourceOf(world.admin.accountId);
  const trusting = await roleFor();
  const describe = async (RoleArn: string) =>
    (await world.internal.DescribeServiceRole({ RoleArn, SourceArn })).Role?.Trusted;
  expect(await describe(trusting)).toBe(true);
  expect(await describe(await roleFor('x.amazonaws.com'))).toBe(false);
  expect(await describe(`${trusting}-missing`)).toBeUndefined();
});
