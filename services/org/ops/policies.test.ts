import { beforeAll, expect, it } from 'vitest';
import { orgApi as api } from '../api/index.ts';
import { onBothEngines } from '../testing/engines.ts';
import { DENY_KMS, failure, found, guardrail, joined, member, type OrgWorld, unit } from '../testing/harness.ts';

const SCP = 'SERVICE_CONTROL_POLICY';
const RCP = 'RESOURCE_CONTROL_POLICY';
const FULL = 'p-FullAWSAccess';

onBothEngines(
  'guardrails',
  (the) => {
    let world: OrgWorld;
    let root: string;
    const attach = (PolicyId: string, TargetId: string, Mode?: 'observe') =>
      world.ask(api.AttachPolicy, { PolicyId, TargetId, ...(Mode && { Mode }) });
    const detach = (PolicyId: string, TargetId: string) => world.ask(api.DetachPolicy, { PolicyId, TargetId });
    const setMode = (PolicyId: string, TargetId: string, Mode: string) =>
      world.ask(api.UpdatePolicyAttachment, { PolicyId, TargetId, Mode });
    const attachedTo = async (TargetId: string, Filter = SCP) =>
      (await world.ask(api.ListPoliciesForTarget, { TargetId, Filter })).Policies.map((p) => `${p.Id} ${p.Mode}`);
    const inView = async (PolicyId: string) =>
      (await world.internal.GetOrganizationView({})).Policies.find((policy) => policy.Id === PolicyId);
    const create = (change: object) =>
      world.ask(api.CreatePolicy, { Name: 'x', Description: '', Content: DENY_KMS, Type: SCP, ...change });

    beforeAll(async () => {
      world = the();
      root = (await found(world)).rootId;
    });

    it('every node has the full-access policy from its beginning', async () => {
      const id = await unit(world, root, 'begun');
      const account = await member(world, 'begun', id);
      for (const node of [root, id, account, world.management.accountId])
        expect(await attachedTo(node)).toEqual([`${FULL} enforce`]);
    });

    it('shipped policies are listed first and never change', async () => {
      await guardrail(world, 'listed');
      const first = await world.ask(api.ListPolicies, { Filter: SCP, MaxResults: 1 });
      expect(first.Policies).toMatchObject([{ Id: FULL, AwsManaged: true, Name: 'FullAWSAccess' }]);
      const second = await world.ask(api.ListPolicies, { Filter: SCP, MaxResults: 1, NextToken: first.NextToken });
      expect(second.Policies).toMatchObject([{ AwsManaged: false, Name: 'listed' }]);
      expect(second.NextToken).toBeUndefined();
      const immutable = 'InvalidInput/IMMUTABLE_POLICY';
      expect(await failure(world.ask(api.UpdatePolicy, { PolicyId: FULL, Name: 'mine' }))).toBe(immutable);
      expect(await failure(world.ask(api.DeletePolicy, { PolicyId: FULL }))).toBe(immutable);
      const { Policy } = await world.ask(api.DescribePolicy, { PolicyId: FULL });
      expect(Policy.PolicySummary.Arn).toBe('arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess');
    });

    it('a document that does not compile is refused with every fault', async () => {
      expect(
        await failure(create({ Content: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:*"}]}' })),
      ).toBe('MalformedPolicyDocument');
      expect(await failure(create({ Content: '{' }))).toBe('MalformedPolicyDocument');
      expect(await failure(create({ Type: RCP }))).toBe('MalformedPolicyDocument');
      expect(await failure(create({ Type: 'TAG_POLICY', Content: '{}' }))).toBe(
        'PolicyTypeNotAvailableForOrganization',
      );
      const large = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Deny', Action: Array.from({ length: 200 }, (_, i) => `kms:Operation${i}`), Resource: '*' },
        ],
      });
      expect(await failure(create({ Content: large }))).toBe('ConstraintViolation/POLICY_CONTENT_LIMIT_EXCEEDED');
      // White space does not count.
      const spaced = DENY_KMS.replaceAll(',', `,${' '.repeat(500)}`);
      const made = await create({ Content: spaced, Name: 'spaced' });
      expect(made.Policy.Content).toBe(spaced);
    });

    it('a name belongs to one policy of a type', async () => {
      const id = await guardrail(world, 'Unique');
      expect(await failure(create({ Name: 'unique' }))).toBe('DuplicatePolicy');
      await guardrail(world, 'Another').then(async (PolicyId) => {
        expect(await failure(world.ask(api.UpdatePolicy, { PolicyId, Name: 'UNIQUE' }))).toBe('DuplicatePolicy');
      });
      const rcp =
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}]}';
      await create({ Name: 'Unique', Type: RCP, Content: rcp });
      await world.ask(api.DeletePolicy, { PolicyId: id });
      expect(await failure(world.ask(api.DescribePolicy, { PolicyId: id }))).toBe('PolicyNotFound');
    });

    it('a new document has a new version, a new name has not', async () => {
      const PolicyId = await guardrail(world, 'versions');
      expect(await inView(PolicyId)).toMatchObject({ Version: 'v1', Name: 'versions', Type: SCP });
      const Content = DENY_KMS.replace('kms', 'iam');
      const { Policy } = await world.ask(api.UpdatePolicy, { PolicyId, Content });
      expect(Policy.Content).toBe(Content);
      expect(await inView(PolicyId)).toMatchObject({ Version: 'v2', Document: Content });
      await world.ask(api.UpdatePolicy, { PolicyId, Name: 'renamed', Description: 'why' });
      expect(await inView(PolicyId)).toMatchObject({ Version: 'v2', Name: 'renamed' });
      const described = await world.ask(api.DescribePolicy, { PolicyId });
      expect(described.Policy.PolicySummary).toMatchObject({ Name: 'renamed', Description: 'why' });
    });

    it('is attached to roots, units and accounts, once each, and listed both ways', async () => {
      const PolicyId = await guardrail(world, 'attached');
      const id = await unit(world, root, 'bearer');
      const account = await member(world, 'bearer', id);
      for (const target of [root, id, account]) await attach(PolicyId, target);
      expect(await failure(attach(PolicyId, id))).toBe('DuplicatePolicyAttachment');
      const { Targets } = await world.ask(api.ListTargetsForPolicy, { PolicyId });
      expect(Targets.map((t) => [t.TargetId, t.Type, t.Name, t.Mode])).toEqual(
        [
          [account, 'ACCOUNT', 'bearer', 'enforce'],
          [id, 'ORGANIZATIONAL_UNIT', 'bearer', 'enforce'],
          [root, 'ROOT', 'Root', 'enforce'],
        ].sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1)),
      );
      expect(await failure(world.ask(api.DeletePolicy, { PolicyId }))).toBe('PolicyInUse');
      for (const target of [root, id, account]) await detach(PolicyId, target);
      expect(await failure(detach(PolicyId, id))).toBe('PolicyNotAttached');
      await world.ask(api.DeletePolicy, { PolicyId });
    });

    it('missing policies and targets answer the error of their kind', async () => {
      const PolicyId = await guardrail(world, 'lonely');
      expect(await failure(attach('p-aaaaaaaaaa', root))).toBe('PolicyNotFound');
      for (const target of ['999999999999', `ou-${root.slice(2)}-aaaaaaaa`, 'r-zzzz'])
        expect(await failure(attach(PolicyId, target))).toBe('TargetNotFound');
    });

    it('the last enforced policy of a node stays, whatever is observed beside it', async () => {
      const id = await unit(world, root, 'guarded');
      const PolicyId = await guardrail(world, 'replacement');
      const rule = 'ConstraintViolation/MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED';
      expect(await failure(detach(FULL, id))).toBe(rule);
      await attach(PolicyId, id, 'observe');
      expect(new Set(await attachedTo(id))).toEqual(new Set([`${FULL} enforce`, `${PolicyId} observe`]));
      expect(await failure(detach(FULL, id))).toBe(rule);
      expect(await failure(setMode(FULL, id, 'observe'))).toBe(rule);
      await setMode(PolicyId, id, 'enforce');
      await detach(FULL, id);
      expect(await failure(setMode(PolicyId, id, 'observe'))).toBe(rule);
      expect(await failure(setMode(FULL, id, 'observe'))).toBe('PolicyNotAttached');
      expect(await attachedTo(id)).toEqual([`${PolicyId} enforce`]);
    });

    it('a node bears a limited number of a type', async () => {
      const id = await unit(world, root, 'laden');
      for (let i = 0; i < 4; i++) await attach(await guardrail(world, `load ${i}`), id, 'observe');
      expect(await failure(attach(await guardrail(world, 'the last straw'), id))).toBe(
        'ConstraintViolation/MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED',
      );
    });

    it('a type is enabled everywhere at once and disabled everywhere at once', async () => {
      const nodes = (await world.ask(api.DescribeOrganizationTree)).Nodes.map((node) => node.Id);
      const rcp =
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}]}';
      const { Policy } = await create({ Name: 'resources', Type: RCP, Content: rcp });
      const PolicyId = Policy.PolicySummary.Id;
      expect(await failure(attach(PolicyId, root))).toBe('PolicyTypeNotEnabled');
      const type = { RootId: root, PolicyType: RCP };
      const { Root } = await world.ask(api.EnablePolicyType, type);
      expect(Root.PolicyTypes.map((t) => t.Type)).toEqual([SCP, RCP]);
      expect(await failure(world.ask(api.EnablePolicyType, type))).toBe('PolicyTypeAlreadyEnabled');
      for (const node of nodes) expect(await attachedTo(node, RCP)).toEqual(['p-RCPFullAWSAccess enforce']);
      await attach(PolicyId, root);
      const nonDetachable = 'InvalidInput/NON_DETACHABLE_POLICY';
      expect(await failure(detach('p-RCPFullAWSAccess', root))).toBe(nonDetachable);
      expect(await failure(setMode('p-RCPFullAWSAccess', root, 'observe'))).toBe(nonDetachable);
      const later = await unit(world, root, 'later');
      expect(await attachedTo(later, RCP)).toEqual(['p-RCPFullAWSAccess enforce']);

      await world.ask(api.DisablePolicyType, type);
      for (const node of [...nodes, later]) expect(await attachedTo(node, RCP)).toEqual([]);
      expect((await attachedTo(root)).length).toBeGreaterThan(0);
      expect(await failure(world.ask(api.DisablePolicyType, type))).toBe('PolicyTypeNotEnabled');
      const view = await world.internal.GetOrganizationView({});
      expect(view.EnabledPolicyTypes).toEqual([SCP]);
      expect(await failure(world.ask(api.EnablePolicyType, { RootId: 'r-zzzz', PolicyType: RCP }))).toBe(
        'RootNotFound',
      );
      expect(await failure(world.ask(api.EnablePolicyType, { RootId: root, PolicyType: 'TAG_POLICY' }))).toBe(
        'PolicyTypeNotAvailableForOrganization',
      );
    });

    it('no management policy is in effect for anybody; a member may ask about itself alone', async () => {
      const caller = await joined(world, 'asking');
      const ask = (input: object) =>
        world.as(caller, api.DescribeEffectivePolicy, { PolicyType: 'TAG_POLICY', ...input });
      expect(await failure(ask({}))).toBe('EffectivePolicyNotFound');
      expect(await failure(ask({ TargetId: caller.accountId }))).toBe('EffectivePolicyNotFound');
      expect(await failure(ask({ TargetId: world.management.accountId }))).toBe('AccessDenied');
      expect(await failure(ask({ PolicyType: SCP }))).toBe('InvalidInput/INVALID_ENUM_POLICY_TYPE');
    });
  },
  { limits: { attachmentsPerNode: 5, policyBytes: 1_000 } },
);
