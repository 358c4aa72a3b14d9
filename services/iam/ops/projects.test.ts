import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iamApi as api } from '../api/index.ts';
import { errorOf, type IamWorld, makeUser, openIam } from '../testing/harness.ts';
import { ADMIN, projectsOf, unique } from '../testing/projects.ts';

let world: IamWorld;
let { as, project, grant, account }: ReturnType<typeof projectsOf> = {} as never;
beforeAll(async () => {
  world = await openIam();
  ({ as, project, grant, account } = projectsOf(world));
});
afterAll(() => world.close());

describe('an enterprise project', () => {
  it('is made, described, renamed', async () => {
    const { EnterpriseProject } = await as(api.CreateEnterpriseProject, { Name: 'A-Research_1', Description: 'of A' });
    const { EnterpriseProjectId } = EnterpriseProject;
    expect(EnterpriseProject).toEqual({
      EnterpriseProjectId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      Arn: `arn:aws:iam::${world.admin.accountId}:enterprise-project/${EnterpriseProjectId}`,
      Name: 'A-Research_1',
      Description: 'of A',
      Status: 'Enabled',
      CreateDate: world.clock.now(),
      UpdateDate: world.clock.now(),
    });
    expect(await as(api.DescribeEnterpriseProject, { EnterpriseProjectId })).toEqual({ EnterpriseProject });
    const renamed = await as(api.UpdateEnterpriseProject, { EnterpriseProjectId, Name: 'A-Development' });
    expect(renamed.EnterpriseProject).toMatchObject({
      EnterpriseProjectId,
      Name: 'A-Development',
      Description: 'of A',
    });
  });

  it.each(['', 'with space', 'ümlaut', 'my-DeFault-one', 'default', 'a'.repeat(256)])(
    'is not called %j',
    async (Name) => {
      expect(await errorOf(as(api.CreateEnterpriseProject, { Name }))).toMatchObject({ code: 'Validation' });
      expect(
        await errorOf(as(api.UpdateEnterpriseProject, { EnterpriseProjectId: await project(), Name })),
      ).toMatchObject({
        code: 'Validation',
      });
    },
  );

  it('is described in at most 512 characters, called by at most 255', async () => {
    const made = await as(api.CreateEnterpriseProject, { Name: 'n'.repeat(255), Description: 'd'.repeat(512) });
    expect(made.EnterpriseProject.Description).toHaveLength(512);
    const longer = as(api.CreateEnterpriseProject, { Name: unique('long'), Description: 'd'.repeat(513) });
    expect(await errorOf(longer)).toMatchObject({ code: 'Validation' });
  });

  it('has a name of its own, without letter case', async () => {
    await project('Taken');
    expect(await errorOf(project('tAKEN'))).toMatchObject({ code: 'EntityAlreadyExists' });
    const EnterpriseProjectId = await project();
    const rename = as(api.UpdateEnterpriseProject, { EnterpriseProjectId, Name: 'taken' });
    expect(await errorOf(rename)).toMatchObject({ code: 'EntityAlreadyExists' });
  });

  it('stays when it is disabled, and is changed only after it is enabled again', async () => {
    const EnterpriseProjectId = await project();
    const disabled = await as(api.DisableEnterpriseProject, { EnterpriseProjectId });
    expect(disabled.EnterpriseProject.Status).toBe('Disabled');
    expect(await as(api.DisableEnterpriseProject, { EnterpriseProjectId })).toEqual(disabled);
    const refused = { code: 'EnterpriseProjectDisabled' };
    expect(await errorOf(as(api.UpdateEnterpriseProject, { EnterpriseProjectId, Description: 'x' }))).toMatchObject(
      refused,
    );
    expect(await errorOf(as(api.CreateUser, { UserName: unique('u'), EnterpriseProjectId }))).toMatchObject(refused);
    expect(await errorOf(grant(EnterpriseProjectId, { UserName: 'admin' }))).toMatchObject(refused);
    const { EnterpriseProject } = await as(api.EnableEnterpriseProject, { EnterpriseProjectId });
    expect(EnterpriseProject.Status).toBe('Enabled');
    await as(api.UpdateEnterpriseProject, { EnterpriseProjectId, Description: 'x' });
  });

  it('goes on granting while it is disabled, until the grant is taken away', async () => {
    const EnterpriseProjectId = await project();
    const [target, alice] = [unique('target'), await makeUser(world, unique('alice'))];
    await as(api.CreateUser, { UserName: target, EnterpriseProjectId });
    await grant(EnterpriseProjectId, { UserName: alice.userName });
    await as(api.DisableEnterpriseProject, { EnterpriseProjectId });
    await as(api.GetUser, { UserName: target }, alice);
    await as(api.DetachProjectPolicy, { EnterpriseProjectId, PolicyArn: ADMIN, UserName: alice.userName });
    expect(await errorOf(as(api.GetUser, { UserName: target }, alice))).toMatchObject({ code: 'AccessDenied' });
  });

  it('that is the default one is always there and never changes', async () => {
    const EnterpriseProjectId = '0';
    const { EnterpriseProject } = await as(api.DescribeEnterpriseProject, { EnterpriseProjectId });
    expect(EnterpriseProject).toMatchObject({ EnterpriseProjectId, Name: 'default', Status: 'Enabled' });
    for (const [operation, input] of [
      [api.UpdateEnterpriseProject, { Name: 'mine' }],
      [api.DisableEnterpriseProject, {}],
      [api.EnableEnterpriseProject, {}],
    ] as const)
      expect(await errorOf(as(operation, { EnterpriseProjectId, ...input }))).toMatchObject({ code: 'InvalidInput' });
  });

  it('is listed after the default one, by name, page by page and by status', async () => {
    const other = await account();
    for (const name of ['charlie', 'Alpha', 'bravo']) await project(name, other);
    const bravo = (await as(api.ListEnterpriseProjects, {}, other)).EnterpriseProjects[2]?.EnterpriseProjectId;
    await as(api.DisableEnterpriseProject, { EnterpriseProjectId: bravo }, other);
    const names = async (input: object) =>
      (await as(api.ListEnterpriseProjects, input, other)).EnterpriseProjects.map((p) => p.Name);
    expect(await names({})).toEqual(['default', 'Alpha', 'bravo', 'charlie']);
    expect(await names({ Status: 'Enabled' })).toEqual(['default', 'Alpha', 'charlie']);
    expect(await names({ Status: 'Disabled' })).toEqual(['bravo']);
    const paged: string[] = [];
    for (let Marker: string | undefined; ; ) {
      const page = await as(api.ListEnterpriseProjects, { MaxItems: 1, Marker }, other);
      paged.push(...page.EnterpriseProjects.map((p) => p.Name));
      if (!page.IsTruncated) break;
      Marker = page.Marker;
    }
    expect(paged).toEqual(['default', 'Alpha', 'bravo', 'charlie']);
  });
});

it('an account has 500 projects, disabled ones counted', async () => {
  const small = await openIam({ limits: { enterpriseProjectsPerAccount: 2, projectGrantsPerOwner: 2 } });
  try {
    expect(world.deps.limits).toMatchObject({ enterpriseProjectsPerAccount: 500, projectGrantsPerOwner: 500 });
    const make = async (Name: string) =>
      (await small.as(small.admin, api.CreateEnterpriseProject, { Name })).EnterpriseProject.EnterpriseProjectId;
    const one = await make('one');
    await make('two');
    await small.as(small.admin, api.DisableEnterpriseProject, { EnterpriseProjectId: one });
    expect(await errorOf(make('three'))).toMatchObject({ code: 'LimitExceeded' });
    const attach = (PolicyArn: string) =>
      small.as(small.admin, api.AttachProjectPolicy, { EnterpriseProjectId: '0', PolicyArn, UserName: 'admin' });
    await attach(ADMIN);
    await attach('arn:aws:iam::aws:policy/ReadOnlyAccess');
    await attach(ADMIN);
    expect(await errorOf(attach('arn:aws:iam::aws:policy/SecurityAudit'))).toMatchObject({ code: 'LimitExceeded' });
  } finally {
    await small.close();
  }
});
