/** Second factors: whose a device is, which codes count, and what they are worth in a policy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { iamApi as api } from '../api/index.ts';
import {
  allow,
  assume,
  callerOf,
  enableDevice,
  errorOf,
  type IamWorld,
  makeDevice,
  makeRole,
  makeUser,
  openIam,
  otherAdmin,
  trust,
} from '../testing/harness.ts';

let world: IamWorld;
beforeAll(async () => {
  world = await openIam();
});
afterAll(() => world.close());

const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
let count = 0;
const unique = (prefix: string) => `${prefix}-${++count}`;
const MINUTES_15 = 15 * 60_000;

async function withDevice(statements?: object[]) {
  const UserName = unique('user');
  const user = await makeUser(world, UserName, statements);
  const app = await enableDevice(world, UserName, UserName);
  const login = async (TokenCode: string) => {
    const made = await world.as(user, api.GetSessionToken, { SerialNumber: app.serial, TokenCode });
    return callerOf(world, made.Credentials.AccessKeyId, made.Credentials.SessionToken);
  };
  return { UserName, user, app, login };
}

describe('a device', () => {
  it('belongs to nobody until two consecutive codes are given, and then to one', async () => {
    const UserName = unique('user');
    await makeUser(world, UserName);
    const app = await makeDevice(world, UserName);
    expect(app.serial).toBe(`arn:aws:iam::${world.admin.accountId}:mfa/${UserName}`);
    const enable = (first: string, second: string) =>
      asAdmin(api.EnableMFADevice, {
        UserName,
        SerialNumber: app.serial,
        AuthenticationCode1: first,
        AuthenticationCode2: second,
      });
    expect(await errorOf(enable(app.code(-1), app.code(1)))).toMatchObject({ code: 'InvalidAuthenticationCode' });
    await enable(app.code(-1), app.code());
    expect(await errorOf(enable(app.code(), app.code(1)))).toMatchObject({ code: 'EntityAlreadyExists' });
    const { MFADevices } = await asAdmin(api.ListMFADevices, { UserName });
    expect(MFADevices).toEqual([{ UserName, SerialNumber: app.serial, EnableDate: world.clock.time }]);
  });

  it('shows its seed once, as text and as a picture, and keeps it sealed', async () => {
    const made = await asAdmin(api.CreateVirtualMFADevice, { VirtualMFADeviceName: unique('device') });
    const { Base32StringSeed, QRCodePNG, SerialNumber } = made.VirtualMFADevice;
    expect(Base32StringSeed?.toString('latin1')).toMatch(/^[A-Z2-7]{32}$/);
    expect(QRCodePNG?.subarray(1, 4).toString('latin1')).toBe('PNG');
    const row = await world.store.read
      .selectFrom('mfa_device')
      .select('sealed')
      .where('serial', '=', SerialNumber)
      .executeTakeFirstOrThrow();
    expect(row.sealed.length).toBe(20 + 44);
    expect(JSON.stringify(await world.records())).not.toContain(Base32StringSeed?.toString('latin1'));
    const { VirtualMFADevices } = await asAdmin(api.ListVirtualMFADevices, { AssignmentStatus: 'Unassigned' });
    expect(VirtualMFADevices).toContainEqual({ SerialNumber, EnterpriseProjectId: '0' });
  });

  it('that was moved to another row does not open', async () => {
    const { UserName, app, login } = await withDevice();
    const twin = await makeDevice(world, unique('twin'));
    const sealedOf = async (serial: string) =>
      (
        await world.store.read
          .selectFrom('mfa_device')
          .select('sealed')
          .where('serial', '=', serial)
          .executeTakeFirstOrThrow()
      ).sealed;
    const sealed = await sealedOf(twin.serial);
    await world.store.transaction((tx) =>
      tx.updateTable('mfa_device').set({ sealed }).where('serial', '=', app.serial).execute(),
    );
    expect((await errorOf(login(twin.code()))).code).toBe('Internal');
    expect(UserName).toBeDefined();
  });

  it('is taken away before it or its user is deleted', async () => {
    const { UserName, user, app, login } = await withDevice();
    const SerialNumber = app.serial;
    expect(await errorOf(asAdmin(api.DeleteVirtualMFADevice, { SerialNumber }))).toMatchObject({
      code: 'DeleteConflict',
    });
    await asAdmin(api.DeleteAccessKey, { UserName, AccessKeyId: user.accessKeyId });
    expect(await errorOf(asAdmin(api.DeleteUser, { UserName }))).toMatchObject({
      message: 'Cannot delete entity, must delete MFA device first.',
    });
    await asAdmin(api.DeactivateMFADevice, { UserName, SerialNumber });
    expect(await errorOf(login(app.code()))).toMatchObject({ code: 'AccessDenied' });
    await asAdmin(api.DeleteVirtualMFADevice, { SerialNumber });
    await asAdmin(api.DeleteUser, { UserName });
  });

  it('of another account is a missing one', async () => {
    const other = await otherAdmin(world, unique('other'));
    const { app } = await withDevice();
    const missing = `${app.serial}-missing`;
    for (const operation of [api.DeactivateMFADevice, api.DeleteVirtualMFADevice]) {
      const name = operation === api.DeactivateMFADevice ? { UserName: 'boss' } : {};
      const seen = await errorOf(world.as(other, operation, { ...name, SerialNumber: app.serial }));
      const absent = await errorOf(world.as(other, operation, { ...name, SerialNumber: missing }));
      expect(seen.message).toBe(absent.message.replace(missing, app.serial));
    }
    const input = { SerialNumber: app.serial, TokenCode: app.code() };
    expect(await errorOf(world.as(other, api.GetSessionToken, input))).toMatchObject({ code: 'AccessDenied' });
    expect((await world.as(other, api.ListVirtualMFADevices, {})).VirtualMFADevices).toEqual([]);
  });
});

describe('a code', () => {
  it('is accepted once', async () => {
    const { app, login } = await withDevice();
    const code = app.code();
    await login(code);
    expect(await errorOf(login(code))).toMatchObject({ code: 'AccessDenied' });
    world.clock.time += 30_000;
    await login(app.code());
  });

  it('is accepted from one of two requests at the same time', async () => {
    const { app, login } = await withDevice();
    const code = app.code();
    const results = await Promise.allSettled([login(code), login(code), login(code)]);
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
  });

  it('that was used to enable the device is used up', async () => {
    const UserName = unique('user');
    const user = await makeUser(world, UserName);
    const app = await enableDevice(world, UserName, UserName);
    const input = { SerialNumber: app.serial, TokenCode: app.code(-1) };
    expect(await errorOf(world.as(user, api.GetSessionToken, input))).toMatchObject({ code: 'AccessDenied' });
  });

  it('that is wrong locks the device at the fifth, right ones included, for a quarter of an hour', async () => {
    const { app, login } = await withDevice();
    for (let i = 0; i < 5; i++) await errorOf(login('000000'));
    world.clock.time += 30_000;
    expect(await errorOf(login(app.code()))).toMatchObject({ code: 'AccessDenied' });
    world.clock.time += MINUTES_15;
    await login(app.code());
  });

  it('that is wrong is counted however many come at once', async () => {
    const { app, login } = await withDevice();
    await Promise.allSettled(Array.from({ length: 12 }, () => login('000000')));
    const row = await world.store.read
      .selectFrom('mfa_device')
      .select(['failures', 'locked_until'])
      .where('serial', '=', app.serial)
      .executeTakeFirstOrThrow();
    expect(row.failures).toBe(5);
    expect(row.locked_until).toBe(world.clock.time + MINUTES_15);
  });

  it('of a device whose clock runs away counts again after two consecutive ones', async () => {
    const { UserName, app, login } = await withDevice();
    expect(await errorOf(login(app.code(20)))).toMatchObject({ code: 'AccessDenied' });
    await asAdmin(api.ResyncMFADevice, {
      UserName,
      SerialNumber: app.serial,
      AuthenticationCode1: app.code(20),
      AuthenticationCode2: app.code(21),
    });
    world.clock.time += 30_000;
    await login(app.code(21));
    expect(await errorOf(login(app.code()))).toMatchObject({ code: 'AccessDenied' });
  });

  it("of somebody else's device is refused, right as it is", async () => {
    const mine = await withDevice();
    const theirs = await withDevice();
    const input = { SerialNumber: theirs.app.serial, TokenCode: theirs.app.code() };
    const refused = await errorOf(world.as(mine.user, api.GetSessionToken, input));
    const missing = await errorOf(
      world.as(mine.user, api.GetSessionToken, { ...input, SerialNumber: `${input.SerialNumber}x` }),
    );
    expect(refused.message).toBe(missing.message);
  });
});

describe('in a policy', () => {
  const strong = {
    Bool: { 'aws:MultiFactorAuthPresent': 'true' },
    NumericLessThan: { 'aws:MultiFactorAuthAge': '900' },
  };

  it('a session with a second factor may what one without may not, while the factor is fresh', async () => {
    const { user, app, login } = await withDevice([allow('iam:ListUsers', '*', strong)]);
    const session = await login(app.code());
    await world.as(session, api.ListUsers, {});
    const { Credentials } = await world.as(user, api.GetSessionToken, {});
    const weak = await callerOf(world, Credentials.AccessKeyId, Credentials.SessionToken);
    for (const caller of [user, weak])
      expect(await errorOf(world.as(caller, api.ListUsers, {}))).toMatchObject({ code: 'AccessDenied' });
    world.clock.time += 900_000;
    expect(await errorOf(world.as(session, api.ListUsers, {}))).toMatchObject({ code: 'AccessDenied' });
  });

  it('a role that asks for it is assumed with a code, or from a session that has it', async () => {
    const { user, app, login } = await withDevice([allow('sts:AssumeRole')]);
    const arn = await makeRole(world, unique('role'), [allow('iam:ListUsers', '*', strong)], {
      trust: trust(world.admin.accountId, strong),
    });
    expect(await errorOf(assume(world, user, arn))).toMatchObject({ code: 'AccessDenied' });
    const code = { SerialNumber: app.serial, TokenCode: app.code() };
    const direct = await assume(world, user, arn, code);
    await world.as(direct, api.ListUsers, {});
    expect(await errorOf(assume(world, user, arn, code))).toMatchObject({ code: 'AccessDenied' });
    world.clock.time += 30_000;
    const session = await login(app.code());
    world.clock.time += 600_000;
    const role = await assume(world, session, arn);
    await world.as(role, api.ListUsers, {});
    world.clock.time += 301_000;
    expect(await errorOf(world.as(role, api.ListUsers, {}))).toMatchObject({ code: 'AccessDenied' });
    expect(await errorOf(assume(world, session, arn))).toMatchObject({ code: 'AccessDenied' });
  });

  it('a code that a denied request brought is not used up', async () => {
    const { user, app, login } = await withDevice();
    const arn = await makeRole(world, unique('role'));
    const code = { SerialNumber: app.serial, TokenCode: app.code() };
    expect(await errorOf(assume(world, user, arn, code))).toMatchObject({ code: 'AccessDenied' });
    await login(app.code());
  });

  it('a chain of roles does not hand it on', async () => {
    const { user, app } = await withDevice([allow('sts:AssumeRole')]);
    const first = await makeRole(world, unique('role'), [allow('sts:AssumeRole')]);
    const second = await makeRole(world, unique('role'), [allow('sts:AssumeRole')], {
      trust: trust(world.admin.accountId, strong),
    });
    const parent = await assume(world, user, first, { SerialNumber: app.serial, TokenCode: app.code() });
    expect(parent.session?.mfaAt).toBe(world.clock.time);
    const child = await assume(world, parent, second);
    expect(child.session).not.toHaveProperty('mfaAt');
    expect(await errorOf(assume(world, child, second))).toMatchObject({ code: 'AccessDenied' });
  });
});
