import { expect, it } from 'vitest';
import { readBlueprint } from '../../../../policies/blueprints/files.ts';
import { makeUser } from '../../../iam/testing/harness.ts';
import { orgApi } from '../../api/index.ts';
import { onBothEngines } from '../../testing/engines.ts';
import { DENY_KMS, found, joined, settled, standAlone, unit } from '../../testing/harness.ts';
import { applied, ended, failing, HEAD, planned, SMALL, tree } from '../../testing/landing-zone.ts';

const enterprise = readBlueprint('enterprise') as string;

onBothEngines('a landing zone', (get) => {
  it('is planned, applied and then has nothing left to do', async () => {
    const world = get();
    await found(world);
    const plan = await planned(world, enterprise);
    expect(plan).toMatchObject({ Applicable: true, Conflicts: [], Risk: 'safe' });
    expect(plan.UnsupportedCount).toBeGreaterThan(5);
    const { Apply } = await world.ask(orgApi.ApplyPlan, { PlanId: plan.PlanId, Sha256: plan.Sha256 });
    const end = await ended(world, Apply.ApplyId);
    expect(end).toMatchObject({ State: 'SUCCEEDED', Done: plan.StepCount });
    expect(end.Steps.filter(({ State }) => State === 'DONE')).toHaveLength(plan.StepCount);
    const again = await planned(world, enterprise);
    expect(again).toMatchObject({ StepCount: 0, Conflicts: [], Warnings: [] });
    expect(await world.ask(orgApi.DescribeDrift)).toMatchObject({ DriftCount: 0, Drift: [] });
    const { Document, Notes } = await world.ask(orgApi.ExportLandingZone);
    expect(Notes).toEqual([]);
    expect(await planned(world, Document)).toMatchObject({ StepCount: 0, Warnings: [] });
    const nodes = await tree(world);
    expect(nodes.get('Log archive')).toMatchObject({ State: 'ACTIVE', ParentId: nodes.get('Security')?.Id });
  });

  it('writes every step down as what whoever applies it has done', async () => {
    const world = get();
    const records = await world.records();
    const made = records.find((r) => r.eventName === 'CreateOrganizationalUnit') as Record<string, never>;
    expect(made).toMatchObject({
      userIdentity: { arn: world.management.arn },
      requestParameters: { Name: expect.any(String) },
      sourceIPAddress: '192.0.2.7',
      recipientAccountId: world.management.accountId,
    });
    expect(records.filter((r) => r.eventName === 'CreateAccount')).toHaveLength(8);
    expect(records.filter((r) => r.eventName === 'ApplyPlan')).toHaveLength(1);
  });

  it('names in the records the policies that it changed as the policies name themselves', async () => {
    const world = get();
    const list = (Filter: string) => world.ask(orgApi.ListPolicies, { Filter, MaxResults: 1000 });
    const lists = await Promise.all(['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'].map(list));
    const known = lists.flatMap(({ Policies }) => Policies.map(({ Arn }) => Arn));
    const records = await world.records();
    const named = records
      .filter((r) => ['CreatePolicy', 'AttachPolicy', 'DetachPolicy'].includes(r.eventName as string))
      .map((r) => (r.resources as { ARN: string; type: string }[]).find(({ type }) => type.endsWith('::Policy'))?.ARN);
    expect(named.length).toBeGreaterThan(10);
    expect(known).toEqual(expect.arrayContaining([...new Set(named)]));
  });

  it('says who made a difference, when, and by what', async () => {
    const world = get();
    const operator = await makeUser(world.iam, 'operator', [
      { Effect: 'Allow', Action: 'organizations:*', Resource: '*' },
    ]);
    world.clock.time += 60_000;
    const at = world.clock.time;
    const nodes = await tree(world);
    const sandbox = nodes.get('Sandbox')?.Id as string;
    const devops = nodes.get('DevOps');
    await world.as(operator, orgApi.MoveAccount, {
      AccountId: devops?.Id as string,
      SourceParentId: devops?.ParentId as string,
      DestinationParentId: sandbox,
    });
    await world.as(operator, orgApi.RenameAccount, { AccountId: devops?.Id as string, AccountName: 'Dev and ops' });
    const policy = nodes
      .get('Data')
      ?.Policies?.find(({ PolicyId }) => PolicyId !== 'p-FullAWSAccess' && PolicyId !== 'p-RCPFullAWSAccess');
    await world.as(operator, orgApi.DetachPolicy, {
      PolicyId: policy?.PolicyId as string,
      TargetId: nodes.get('Data')?.Id as string,
    });
    await unit(world, sandbox, 'Labs');
    const { Drift } = await world.ask(orgApi.DescribeDrift);
    expect(Drift.map(({ Type, Key, Actor, At, Operation }) => ({ Type, Key, Actor, At, Operation }))).toEqual(
      expect.arrayContaining([
        { Type: 'POLICY_DETACHED_OU', Key: 'data', Actor: operator.arn, At: at, Operation: 'DetachPolicy' },
        { Type: 'ACCOUNT_CHANGED', Key: 'devops', Actor: operator.arn, At: at, Operation: 'RenameAccount' },
        {
          Type: 'OU_ADDED',
          Key: expect.stringMatching(/^@ou-/),
          Actor: world.management.arn,
          At: at,
          Operation: 'CreateOrganizationalUnit',
        },
      ]),
    );
    expect(Drift.find(({ Type }) => Type === 'ACCOUNT_MOVED')).toMatchObject({
      Key: 'devops',
      Expected: 'under infrastructure',
      Found: 'under sandbox',
    });
    const records = await world.records();
    const event = Drift.find(({ Type }) => Type === 'POLICY_DETACHED_OU')?.EventId;
    expect(records.find(({ eventID }) => eventID === event)).toMatchObject({ eventName: 'DetachPolicy' });
  });

  it('puts drift right, or takes it into the file', async () => {
    const world = get();
    expect(await planned(world, enterprise)).toMatchObject({ StepCount: 0 });
    const back = await planned(world, enterprise, { Prefer: 'file' });
    expect(back.Summaries).toEqual(
      expect.arrayContaining([
        'attach policy keys.scp-1 to data',
        'move account devops from sandbox to infrastructure',
        'rename account devops from Dev and ops to DevOps',
      ]),
    );
    const { Document } = await world.ask(orgApi.ExportLandingZone);
    await applied(world, Document);
    expect(await world.ask(orgApi.DescribeDrift)).toMatchObject({ DriftCount: 0 });
    await applied(world, enterprise);
    expect((await tree(world)).get('DevOps')).toBeDefined();
  });

  it('names every fault of a document with its line and column', async () => {
    const world = get();
    const error = await failing(
      world.ask(orgApi.PlanLandingZone, { Document: `${HEAD}accounts:\n  - {key: a, nam: A, parent: root}\n` }),
    );
    expect(error.code).toBe('InvalidLandingZone');
    expect(error.details.findings).toEqual(
      expect.arrayContaining([
        {
          code: 'unknown-field',
          message: 'nam is not a field of accounts[0]',
          pointer: '/accounts/0/nam',
          line: 5,
          column: 14,
        },
      ]),
    );
  });

  it('is applied as it was looked at, while it is fresh, and by one at a time', async () => {
    const world = get();
    const renamed = enterprise.replace('name: Exceptions', 'name: Exemptions');
    const { PlanId, Sha256 } = await planned(world, renamed);
    expect(await failing(world.ask(orgApi.ApplyPlan, { PlanId, Sha256: 'f'.repeat(64) }))).toMatchObject({
      code: 'PlanNotApplicable',
    });
    await world.ask(orgApi.UpdateOrganizationalUnit, {
      OrganizationalUnitId: (await tree(world)).get('Exceptions')?.Id as string,
      Name: 'Exceptional',
    });
    expect(await failing(world.ask(orgApi.ApplyPlan, { PlanId, Sha256 }))).toMatchObject({ code: 'PlanStale' });
    const both = await planned(world, renamed);
    expect(both).toMatchObject({ Applicable: false, ConflictCount: 1 });
    expect(await failing(world.ask(orgApi.ApplyPlan, { PlanId: both.PlanId, Sha256: both.Sha256 }))).toMatchObject({
      code: 'PlanNotApplicable',
    });
    const preferred = await planned(world, renamed, { Prefer: 'file' });
    world.clock.time += 24 * 3_600_000;
    expect(
      await failing(world.ask(orgApi.ApplyPlan, { PlanId: preferred.PlanId, Sha256: preferred.Sha256 })),
    ).toMatchObject({ code: 'PlanExpired' });
    await applied(world, renamed, { Prefer: 'file' });
  });

  it('takes the permission for everything it does', async () => {
    const world = get();
    const document = enterprise.replace('name: Suspended', 'name: Stopped');
    const mayApply = (actions: string[], denied: object[] = []) => [
      { Effect: 'Allow', Action: actions, Resource: '*' },
      ...denied,
    ];
    const planner = await makeUser(
      world.iam,
      'planner',
      mayApply(['organizations:PlanLandingZone', 'organizations:ApplyPlan']),
    );
    const { Plan } = await world.as(planner, orgApi.PlanLandingZone, { Document: document });
    const input = { PlanId: Plan.PlanId, Sha256: Plan.Sha256 };
    expect(await failing(world.as(planner, orgApi.ApplyPlan, input))).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('UpdateOrganizationalUnit'),
    });
    const suspended = (await tree(world)).get('Suspended');
    const barred = await makeUser(
      world.iam,
      'barred',
      mayApply(
        ['organizations:*'],
        [
          {
            Effect: 'Deny',
            Action: 'organizations:UpdateOrganizationalUnit',
            Resource: `arn:aws:organizations::*:ou/*/${suspended?.Id}`,
          },
        ],
      ),
    );
    expect(await failing(world.as(barred, orgApi.ApplyPlan, input))).toMatchObject({ code: 'AccessDenied' });
    const applier = await makeUser(
      world.iam,
      'applier',
      mayApply(['organizations:ApplyPlan', 'organizations:UpdateOrganizationalUnit']),
    );
    const { Apply } = await world.as(applier, orgApi.ApplyPlan, input);
    expect(await ended(world, Apply.ApplyId)).toMatchObject({ State: 'SUCCEEDED', AppliedBy: applier.arn });
  });

  it('takes a second person where the settings say so', async () => {
    const world = get();
    const cautious = enterprise
      .replace('name: Suspended', 'name: Stopped')
      .replace('settings:', 'settings:\n  approvals: 2');
    const smaller = cautious.replace(/ {2}- key: exceptions\n {4}name: Exceptions\n/, '');
    const { PlanId, Sha256, Approvals, Risk } = await planned(world, smaller, { Prefer: 'file' });
    expect({ Approvals, Risk }).toEqual({ Approvals: 2, Risk: 'destructive' });
    expect(await failing(world.ask(orgApi.ApplyPlan, { PlanId, Sha256 }))).toMatchObject({ code: 'PlanNotApplicable' });
    const second = await makeUser(world.iam, 'second', [{ Effect: 'Allow', Action: 'organizations:*', Resource: '*' }]);
    const { Apply } = await world.as(second, orgApi.ApplyPlan, { PlanId, Sha256 });
    expect(await ended(world, Apply.ApplyId)).toMatchObject({ State: 'SUCCEEDED' });
  });

  it('is nothing that other accounts can see', async () => {
    const world = get();
    const stranger = await standAlone(world, 'stranger');
    const inside = await joined(world, 'member');
    const { Applies } = await world.ask(orgApi.ListApplies, { MaxResults: 1 });
    const ApplyId = Applies[0]?.ApplyId as string;
    expect(await failing(world.as(stranger, orgApi.DescribeApply, { ApplyId }))).toMatchObject({
      code: 'OrganizationsNotInUse',
    });
    for (const id of [ApplyId, 'lza-0193a4c2-7d1e-7b3a-9f00-1c2d3e4f5a6b'])
      expect(await failing(world.as(inside, orgApi.DescribeApply, { ApplyId: id }))).toMatchObject({
        code: 'AccessDenied',
      });
    expect(
      await failing(world.ask(orgApi.DescribeApply, { ApplyId: 'lza-0193a4c2-7d1e-7b3a-9f00-1c2d3e4f5a6b' })),
    ).toMatchObject({ code: 'ApplyNotFound' });
  });
});

onBothEngines('an apply', (get) => {
  it('stops at a step that cannot be done, says why, and goes on when it can', async () => {
    const world = get();
    await found(world);
    const { PlanId, Sha256 } = await planned(world, SMALL);
    const { CreateAccountStatus } = await world.ask(orgApi.CreateAccount, {
      AccountName: 'squatter',
      Email: 'shop@acme.example',
    });
    const squatter = await settled(world, CreateAccountStatus.Id);
    const { Apply } = await world.ask(orgApi.ApplyPlan, { PlanId, Sha256 });
    const stopped = await ended(world, Apply.ApplyId);
    expect(stopped).toMatchObject({ State: 'FAILED', Failure: { Code: 'EMAIL_ALREADY_EXISTS' } });
    expect(stopped.Steps.find(({ State }) => State === 'FAILED')?.Summary).toContain('make account shop');
    expect(await world.ask(orgApi.DescribeDrift)).toMatchObject({
      Drift: [expect.objectContaining({ Type: 'ACCOUNT_ADDED' })],
    });
    await world.ask(orgApi.RemoveAccountFromOrganization, { AccountId: squatter });
    await world.ask(orgApi.ResumeApply, { ApplyId: Apply.ApplyId });
    expect(await ended(world, Apply.ApplyId)).toMatchObject({ State: 'SUCCEEDED' });
    expect(await failing(world.ask(orgApi.ResumeApply, { ApplyId: Apply.ApplyId }))).toMatchObject({
      code: 'ApplyNotResumable',
    });
    expect(await planned(world, SMALL)).toMatchObject({ StepCount: 0 });
    const { Policies } = (await tree(world)).get('Shop') as { Policies: { PolicyId: string }[] };
    expect(Policies).toHaveLength(2);
  });

  it('can be taken back by a plan that leads to what was before', async () => {
    const world = get();
    const before = await tree(world);
    const changed = SMALL.replace('name: Business', 'name: Commerce')
      .replace('[G-P-08, G-P-10]', '[G-P-08]')
      .replace('parent: business', 'parent: security')
      .replace('organizationalUnits:', 'organizationalUnits:\n  - {key: labs, name: Labs}');
    const { ApplyId } = await applied(world, changed);
    world.clock.time += 1000;
    const { Plan } = await world.ask(orgApi.RollBackApply, { ApplyId });
    const { Apply } = await world.ask(orgApi.ApplyPlan, { PlanId: Plan.PlanId, Sha256: Plan.Sha256 });
    expect(await ended(world, Apply.ApplyId)).toMatchObject({ State: 'SUCCEEDED' });
    expect(await tree(world)).toEqual(before);
    expect(await planned(world, SMALL)).toMatchObject({ StepCount: 0 });
    expect(await world.ask(orgApi.DescribeDrift)).toMatchObject({ DriftCount: 0 });
  });

  it('goes on though an account was closed or left meanwhile', async () => {
    const world = get();
    const shop = (await tree(world)).get('Shop')?.Id as string;
    await world.ask(orgApi.DeregisterDelegatedAdministrator, {
      AccountId: shop,
      ServicePrincipal: 'config.amazonaws.com',
    });
    await world.ask(orgApi.CloseAccount, { AccountId: shop });
    const plan = await planned(world, SMALL.replace('name: Business', 'name: Trade'));
    expect(plan).toMatchObject({ Applicable: true, Warnings: [{ Code: 'account-closed', Key: 'shop' }] });
    await applied(world, SMALL.replace('name: Business', 'name: Trade'));
    const { Drift } = await world.ask(orgApi.DescribeDrift);
    expect(Drift).toContainEqual(
      expect.objectContaining({ Type: 'ACCOUNT_REMOVED', Key: 'shop', Operation: 'CloseAccount' }),
    );
  });

  it('changes policies of others only where the file names them', async () => {
    const world = get();
    const { rootId } = { rootId: (await world.ask(orgApi.ListRoots)).Roots[0]?.Id as string };
    const { Policy } = await world.ask(orgApi.CreatePolicy, {
      Name: 'theirs',
      Description: '',
      Type: 'SERVICE_CONTROL_POLICY',
      Content: DENY_KMS,
    });
    await world.ask(orgApi.AttachPolicy, { PolicyId: Policy.PolicySummary.Id, TargetId: rootId });
    expect((await planned(world, SMALL.replace('name: Business', 'name: Trade'))).Summaries).toEqual([]);
    expect(
      (await planned(world, SMALL.replace('name: Business', 'name: Trade'), { Prefer: 'file' })).Summaries,
    ).toContain(`detach policy ${Policy.PolicySummary.Id} from the root`);
  });
});
