import { expect, it } from 'vitest';
import { iamApi } from '../../../iam/api/index.ts';
import { orgApi } from '../../api/index.ts';
import { detectiveOnBothEngines } from '../../testing/detective-engines.ts';
import { found, member } from '../../testing/harness.ts';

const DAY = 86_400_000;
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const trust = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' },
  });

detectiveOnBothEngines('roles', (room) => {
  const { account, iamArn, get, history, verdictOf, forward } = room;
  const ask = (operation: Parameters<typeof room.world.iam.as>[1], input: object) =>
    room.world.iam.as(room.world.management, operation, input);

  it('have a timeline from their making to their end, and their rules follow it', async () => {
    await room.world.settle();
    const RoleName = 'Deploy';
    const arn = iamArn('role/Deploy');
    await ask(iamApi.CreateRole, { RoleName, AssumeRolePolicyDocument: trust(account()) });
    await room.world.settle();
    expect([await verdictOf(arn, 'G-D-07'), await verdictOf(arn, 'G-D-13')]).toEqual(['COMPLIANT', 'COMPLIANT']);
    const stranger = await room.world.iam.as(room.world.management, iamApi.CreateAccount, {
      Name: 'stranger',
      AdministratorUserName: 'chief',
    });
    const PolicyDocument = trust(stranger.Account.AccountId);
    await ask(iamApi.UpdateAssumeRolePolicy, { RoleName, PolicyDocument });
    await room.world.settle();
    expect(await verdictOf(arn, 'G-D-13')).toBe('NON_COMPLIANT');
    await ask(iamApi.AttachRolePolicy, { RoleName, PolicyArn: ADMINISTRATOR });
    await room.world.settle();
    expect(await verdictOf(arn, 'G-D-07')).toBe('NON_COMPLIANT');
    await ask(iamApi.TagRole, { RoleName, Tags: [{ Key: 'owner', Value: 'x' }] });
    await room.world.settle();
    await ask(iamApi.DetachRolePolicy, { RoleName, PolicyArn: ADMINISTRATOR });
    await room.world.settle();
    expect(await verdictOf(arn, 'G-D-07')).toBe('COMPLIANT');
    await ask(iamApi.DeleteRole, { RoleName });
    await room.world.settle();
    const { Versions } = await history(arn);
    expect(Versions.map(({ Cause, Status }) => [Cause?.EventName, Status])).toEqual([
      ['DeleteRole', 'DELETED'],
      ['DetachRolePolicy', 'OK'],
      ['TagRole', 'OK'],
      ['AttachRolePolicy', 'OK'],
      ['UpdateAssumeRolePolicy', 'OK'],
      ['CreateRole', 'OK'],
    ]);
    expect(Versions.every(({ Cause }) => Cause?.ActorArn === room.world.management.arn)).toBe(true);
    expect(Versions[4]!.Changes.map(({ Path }) => Path)).toEqual(
      ['trustDigest', 'trustPolicy', 'trustedAccounts/0'].map((name) => `/configuration/${name}`),
    );
  });

  it('make no version when they are used, and are missed when nobody does for long', async () => {
    await room.world.put(orgApi.PutConfigPack, { PackName: 'strict' });
    const { Role } = await ask(iamApi.CreateRole, {
      RoleName: 'Deploy',
      AssumeRolePolicyDocument: trust(account()),
    });
    await forward(181 * DAY);
    expect(await verdictOf(iamArn('role/Deploy'), 'G-D-45')).toBe('NON_COMPLIANT');
    const { iam, clock } = room.world;
    const use = { RoleId: Role.RoleId, At: clock.time, Service: 'kms', Region: 'local-1' };
    await iam.internal.NoteUses({ AccessKeys: [], Roles: [use] });
    await iam.deps.roleUses.flush(iam.store);
    await forward(3_600_001);
    expect(await verdictOf(iamArn('role/Deploy'), 'G-D-45')).toBe('COMPLIANT');
    expect((await get(iamArn('role/Deploy'))).Item.Version).toBe(1);
  });

  it('are known by name to their account: the one for incidents is there or not', async () => {
    await room.world.put(orgApi.PutConfigPack, { PackName: 'strict' });
    await room.world.settle();
    expect(await verdictOf(iamArn('root'), 'G-D-15')).toBe('NON_COMPLIANT');
    const made = { RoleName: 'IncidentResponse', AssumeRolePolicyDocument: trust(account()) };
    await ask(iamApi.CreateRole, made);
    await room.world.settle();
    expect(await verdictOf(iamArn('root'), 'G-D-15')).toBe('COMPLIANT');
    const { Versions } = await history(iamArn('root'));
    expect(Versions[0]).toMatchObject({
      Cause: { EventName: 'CreateRole', ActorArn: room.world.management.arn },
      Changes: [{ Path: '/configuration/roles/0', After: '"IncidentResponse"' }],
    });
    await ask(iamApi.DeleteRole, { RoleName: 'IncidentResponse' });
    await room.world.settle();
    expect(await verdictOf(iamArn('root'), 'G-D-15')).toBe('NON_COMPLIANT');
  });

  it('that let the management account into its members may be administrators', async () => {
    await found(room.world);
    const id = await member(room.world, 'shop');
    await room.world.settle();
    const arn = `arn:aws:iam::${id}:role/OrganizationAccountAccessRole`;
    expect([await verdictOf(arn, 'G-D-07'), await verdictOf(arn, 'G-D-13')]).toEqual(['COMPLIANT', 'COMPLIANT']);
  });

  it('hold one office each, and a boundary when they manage identities', async () => {
    await room.world.put(orgApi.PutConfigPack, { PackName: 'strict' });
    const attach = (name: string) =>
      ask(iamApi.AttachRolePolicy, { RoleName: 'Both', PolicyArn: `arn:aws:iam::aws:policy/${name}` });
    await ask(iamApi.CreateRole, { RoleName: 'Both', AssumeRolePolicyDocument: trust(account()) });
    await attach('IAMFullAccess');
    await forward(3_600_001);
    expect([await verdictOf(iamArn('role/Both'), 'G-D-08'), await verdictOf(iamArn('role/Both'), 'G-D-14')]).toEqual([
      'COMPLIANT',
      'NON_COMPLIANT',
    ]);
    await attach('SecurityAudit');
    const PermissionsBoundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    await ask(iamApi.PutRolePermissionsBoundary, { RoleName: 'Both', PermissionsBoundary });
    await room.world.settle();
    expect([await verdictOf(iamArn('role/Both'), 'G-D-08'), await verdictOf(iamArn('role/Both'), 'G-D-14')]).toEqual([
      'NON_COMPLIANT',
      'COMPLIANT',
    ]);
  });
});

detectiveOnBothEngines('devices, projects and namespaces', (room) => {
  const { account, iamArn, history } = room;
  const ask = (operation: Parameters<typeof room.world.iam.as>[1], input: object) =>
    room.world.iam.as(room.world.management, operation, input);

  it('have timelines too', async () => {
    await room.world.settle();
    await ask(iamApi.CreateVirtualMFADevice, { VirtualMFADeviceName: 'phone' });
    await ask(iamApi.RegisterNamespace, { Name: 'billing', Actions: [{ Name: 'Pay' }] });
    const { EnterpriseProject } = await room.world.iam.as(room.world.management, iamApi.CreateEnterpriseProject, {
      Name: 'research',
    });
    const { Arn, EnterpriseProjectId } = EnterpriseProject;
    await room.world.settle();
    await ask(iamApi.DisableEnterpriseProject, { EnterpriseProjectId });
    await ask(iamApi.DeleteVirtualMFADevice, { SerialNumber: iamArn('mfa/phone') });
    await ask(iamApi.DeleteNamespace, { Name: 'billing' });
    await room.world.settle();
    const causes = async (arn: string) => (await history(arn)).Versions.map(({ Cause }) => Cause?.EventName);
    expect(await causes(Arn)).toEqual(['DisableEnterpriseProject', 'CreateEnterpriseProject']);
    expect(await causes(iamArn('mfa/phone'))).toEqual(['DeleteVirtualMFADevice', 'CreateVirtualMFADevice']);
    expect(await causes(`arn:aws:authz:local-1:${account()}:namespace/billing`)).toEqual([
      'DeleteNamespace',
      'RegisterNamespace',
    ]);
  });
});
