import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../../platform/store/testing/postgres-server.ts';
import { iamApi } from '../../../iam/api/index.ts';
import { allow, makeUser } from '../../../iam/testing/harness.ts';
import { ADMIN_POLICY } from '../../../kms/testing/harness.ts';
import { orgApi } from '../../api/index.ts';
import { type DetectiveWorld, openDetective } from '../../testing/detective.ts';
import { found, joined, standAlone } from '../../testing/harness.ts';

const DAY = 86_400_000;

const suite = (url: () => string | undefined) => {
  let world: DetectiveWorld;
  beforeEach(async () => {
    const given = url();
    world = await openDetective(given === undefined ? {} : { url: given });
  });
  afterEach(() => world?.close());

  const account = () => world.management.accountId;
  const iamArn = (rest: string) => `arn:aws:iam::${account()}:${rest}`;
  const volumeArn = (id: string, owner = account()) =>
    `arn:aws:organizations::${owner}:config-resource/ext:volume/${id}`;
  const volume = (ResourceId: string, configuration: object, extra: object = {}) => ({
    ResourceType: 'ext:volume',
    ResourceId,
    Configuration: JSON.stringify(configuration),
    ...extra,
  });
  const get = (Arn: string) => world.put(orgApi.GetResourceConfig, { Arn });
  const history = (Arn: string) => world.put(orgApi.GetResourceConfigHistory, { Arn });
  const verdictOf = async (Arn: string, rule: string) =>
    (await get(Arn)).Verdicts.find((verdict) => verdict.RuleId === rule)?.Verdict;
  const forward = async (milliseconds: number) => {
    world.clock.time += milliseconds;
    await world.settle();
  };

  describe('what services record', () => {
    it('has a version for every change, with what changed, who did it and the record of it', async () => {
      await world.settle();
      await world.iam.as(world.management, iamApi.CreateUser, { UserName: 'bob' });
      await world.settle();
      await world.iam.as(world.management, iamApi.CreateAccessKey, { UserName: 'bob' });
      await world.settle();
      const { Versions } = await history(iamArn('user/bob'));
      expect(Versions.map((version) => [version.Version, version.Cause?.EventName])).toEqual([
        [2, 'CreateAccessKey'],
        [1, 'CreateUser'],
      ]);
      const [latest] = Versions;
      expect(latest!.Cause!.ActorArn).toBe(world.management.arn);
      expect(latest!.Changes).toMatchObject([{ Path: '/configuration/accessKeys/0' }]);
      const events = await world.iam.records();
      expect(events.map((event) => event.eventID)).toContain(latest!.Cause!.EventId);
      const first = await world.put(orgApi.GetResourceConfig, {
        Arn: iamArn('user/bob'),
        AsOf: Versions[1]!.CapturedAt,
      });
      expect(first.Item.Version).toBe(latest!.CapturedAt === Versions[1]!.CapturedAt ? 2 : 1);
    });

    it('turns a verdict as time passes, without anybody changing anything', async () => {
      await makeUser(world.iam, 'bob');
      await world.settle();
      expect(await verdictOf(iamArn('user/bob'), 'G-D-10')).toBe('COMPLIANT');
      await forward(91 * DAY);
      expect(await verdictOf(iamArn('user/bob'), 'G-D-10')).toBe('NON_COMPLIANT');
      const { Versions, VerdictChanges } = await history(iamArn('user/bob'));
      expect(Versions).toHaveLength(1);
      expect(VerdictChanges.filter((change) => change.RuleId === 'G-D-10')).toMatchObject([
        { Before: 'COMPLIANT', After: 'NON_COMPLIANT' },
        { After: 'COMPLIANT' },
      ]);
    });

    it('sees that somebody was put into two offices that watch each other', async () => {
      await makeUser(world.iam, 'bob');
      for (const GroupName of ['Auditors', 'KeyCustodians']) {
        await world.iam.as(world.management, iamApi.CreateGroup, { GroupName });
        await world.iam.as(world.management, iamApi.AddUserToGroup, { GroupName, UserName: 'bob' });
      }
      await world.settle();
      expect(await verdictOf(iamArn('user/bob'), 'G-D-08')).toBe('NON_COMPLIANT');
      await world.iam.as(world.management, iamApi.RemoveUserFromGroup, { GroupName: 'Auditors', UserName: 'bob' });
      await world.settle();
      expect(await verdictOf(iamArn('user/bob'), 'G-D-08')).toBe('COMPLIANT');
    });

    it('keeps the timeline of what is gone, and no verdict on it', async () => {
      await world.iam.as(world.management, iamApi.CreateUser, { UserName: 'bob' });
      await world.settle();
      await world.iam.as(world.management, iamApi.DeleteUser, { UserName: 'bob' });
      await world.settle();
      const gone = await get(iamArn('user/bob'));
      expect(gone.Item.Status).toBe('DELETED');
      expect(gone.Verdicts).toEqual([]);
      expect((await history(iamArn('user/bob'))).Versions[0]!.Cause!.EventName).toBe('DeleteUser');
      const { Items } = await world.put(orgApi.ListResourceConfigs, { ResourceType: 'iam:user' });
      expect(Items.map((item) => item.Arn)).not.toContain(iamArn('user/bob'));
    });

    it('finds by its walk what the records did not tell', async () => {
      await world.settle();
      const { user_id } = await world.iam.store.read.selectFrom('iam_user').select('user_id').executeTakeFirstOrThrow();
      await world.iam.store.transaction(async (tx) => {
        await (tx as never as typeof world.iam.store.read)
          .updateTable('iam_user')
          .set({ path: '/moved/' })
          .where('user_id', '=', user_id)
          .execute();
      });
      const name = world.management.userName;
      await forward(2 * 3_600_000);
      expect((await get(iamArn(`user/moved/${name}`))).Item.Status).toBe('OK');
      expect((await get(iamArn(`user/${name}`))).Item.Status).toBe('DELETED');
    });

    it('goes on where it was when a step could not be finished', async () => {
      await world.settle();
      await world.iam.as(world.management, iamApi.CreateUser, { UserName: 'bob' });
      const { DescribeConfigurations } = world.deps.clients.iam;
      let failures = 2;
      world.deps.clients.iam.DescribeConfigurations = async (input) => {
        if (failures-- > 0) throw new Error('iam went away');
        return DescribeConfigurations(input);
      };
      await expect(world.settle()).rejects.toThrow('iam went away');
      await expect(world.settle()).rejects.toThrow('iam went away');
      await world.settle();
      expect((await history(iamArn('user/bob'))).Versions).toMatchObject([
        { Version: 1, Cause: { EventName: 'CreateUser' } },
      ]);
    });
  });

  describe('what collectors register', () => {
    it('is judged at once: a volume in the clear', async () => {
      const { Item, Verdicts } = await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
      expect(Item).toMatchObject({ Arn: volumeArn('vol-1'), Version: 1, Status: 'OK' });
      expect(Verdicts.find((verdict) => verdict.RuleId === 'G-D-38')).toMatchObject({
        Verdict: 'NON_COMPLIANT',
        Severity: 'HIGH',
        Annotation: 'the data is not encrypted',
      });
    });

    it('is encrypted only with a key that exists and is enabled, and is judged again when the key changes', async () => {
      const alice = world.kms.user('alice', ADMIN_POLICY, account());
      const { KeyMetadata } = await alice.CreateKey({});
      const encrypted = { encrypted: true, kmsKeyArn: KeyMetadata.Arn };
      await world.put(orgApi.PutResourceConfig, volume('vol-1', encrypted));
      expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
      await world.settle();
      expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('COMPLIANT');
      await alice.DisableKey({ KeyId: KeyMetadata.KeyId });
      await world.settle();
      expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
      expect(await verdictOf(KeyMetadata.Arn!, 'G-D-16')).toBe('NON_COMPLIANT');
    });

    it('makes no version when nothing changed, and is believed for the freshness of its type', async () => {
      await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
      await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
      expect((await get(volumeArn('vol-1'))).Item.Version).toBe(1);
      await forward(25 * 3_600_000);
      expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('INSUFFICIENT_DATA');
      await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
      expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
      expect((await get(volumeArn('vol-1'))).Item.Version).toBe(1);
    });

    it('is refused when it does not fit its type, or its type is unknown', async () => {
      const put = (input: object) => world.put(orgApi.PutResourceConfig, input);
      await expect(put(volume('vol-1', {}))).rejects.toMatchObject({ code: 'SchemaMismatch' });
      await expect(put(volume('vol-1', { encrypted: 'yes' }))).rejects.toMatchObject({ code: 'SchemaMismatch' });
      await expect(put({ ...volume('v', { encrypted: true }), Configuration: '[]' })).rejects.toMatchObject({
        code: 'SchemaMismatch',
      });
      await expect(put({ ...volume('v', {}), ResourceType: 'ext:robot' })).rejects.toMatchObject({ code: 'NotFound' });
      const future = { ObservedAt: world.clock.time + DAY };
      await expect(put(volume('v', { encrypted: true }, future))).rejects.toMatchObject({ code: 'Validation' });
    });

    it('may be of a type of the account, as long as it has that type', async () => {
      const Schema = JSON.stringify({
        type: 'object',
        properties: { firmware: { type: 'integer' } },
        required: ['firmware'],
      });
      const put = (Configuration: string) =>
        world.put(orgApi.PutResourceConfig, { ResourceType: 'ext:robot', ResourceId: 'r2', Configuration });
      await expect(
        world.put(orgApi.PutConfigResourceType, { ResourceType: 'ext:robot', Schema: '{"pattern":"a"}' }),
      ).rejects.toMatchObject({ code: 'InvalidSchema' });
      await expect(
        world.put(orgApi.PutConfigResourceType, { ResourceType: 'ext:volume', Schema }),
      ).rejects.toMatchObject({ code: 'ShippedType' });
      await world.put(orgApi.PutConfigResourceType, { ResourceType: 'ext:robot', Schema });
      await expect(put('{"firmware":"new"}')).rejects.toMatchObject({ code: 'SchemaMismatch' });
      await put('{"firmware":7}');
      const { Types } = await world.put(orgApi.ListConfigResourceTypes, {});
      expect(Types.find((type) => type.ResourceType === 'ext:robot')).toMatchObject({ Shipped: false });
      const remove = () => world.put(orgApi.DeleteConfigResourceType, { ResourceType: 'ext:robot' });
      await expect(remove()).rejects.toMatchObject({ code: 'TypeInUse' });
      await world.put(orgApi.DeleteResourceConfig, { ResourceType: 'ext:robot', ResourceId: 'r2' });
      await remove();
      await expect(put('{"firmware":7}')).rejects.toMatchObject({ code: 'NotFound' });
    });

    it('is changed under the version that was read, or not at all', async () => {
      const put = (ExpectedVersion: number, encrypted: boolean) =>
        world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted }, { ExpectedVersion }));
      await put(0, true);
      await expect(put(0, false)).rejects.toMatchObject({ code: 'VersionConflict' });
      await put(1, false);
      await expect(put(1, true)).rejects.toMatchObject({ code: 'VersionConflict' });
      expect((await get(volumeArn('vol-1'))).Item.Version).toBe(2);
    });

    it('comes in batches that are kept whole or not at all', async () => {
      const Items = Array.from({ length: 20 }, (_, i) => volume(`vol-${i}`, { encrypted: i % 2 === 0 }));
      expect((await world.put(orgApi.BatchPutResourceConfigs, { Items })).Changed).toBe(20);
      expect((await world.put(orgApi.BatchPutResourceConfigs, { Items })).Changed).toBe(0);
      const bad = [
        ...Items.slice(0, 3).map((item) => ({ ...item, ResourceId: `${item.ResourceId}-b` })),
        volume('x', {}),
      ];
      await expect(world.put(orgApi.BatchPutResourceConfigs, { Items: bad })).rejects.toMatchObject({
        code: 'SchemaMismatch',
      });
      const { Items: listed } = await world.put(orgApi.ListResourceConfigs, { ResourceType: 'ext:volume' });
      expect(listed).toHaveLength(20);
    });

    it('counts against the limit of the account, also after deletions', async () => {
      const small = await openDetective({ detectiveLimits: { externalResources: 2 } });
      try {
        const put = (id: string) => small.put(orgApi.PutResourceConfig, volume(id, { encrypted: true }));
        await put('a');
        await put('b');
        await put('b');
        await expect(put('c')).rejects.toMatchObject({ code: 'LimitExceeded' });
        await small.put(orgApi.DeleteResourceConfig, { ResourceType: 'ext:volume', ResourceId: 'a' });
        await put('c');
        await expect(put('a')).rejects.toMatchObject({ code: 'LimitExceeded' });
      } finally {
        await small.close();
      }
    });

    it('can be asked about before it exists', async () => {
      const { Verdicts } = await world.put(orgApi.EvaluateResourceConfig, {
        ResourceType: 'ext:volume',
        Configuration: '{"encrypted":false}',
      });
      expect(Verdicts.find((verdict) => verdict.RuleId === 'G-D-38')!.Verdict).toBe('NON_COMPLIANT');
      expect((await world.put(orgApi.ListResourceConfigs, { ResourceType: 'ext:volume' })).Items).toEqual([]);
    });

    it('is refused by a policy that names its type, its tags or its encryption', async () => {
      const deny = { Effect: 'Deny', Action: 'organizations:PutResourceConfig', Resource: '*' };
      const condition = {
        StringEquals: { 'organizations:ConfigResourceType': 'ext:volume', 'aws:RequestTag/env': 'prod' },
        BoolIfExists: { 'organizations:ConfigEncrypted': 'false' },
      };
      const collector = await makeUser(world.iam, 'collector', [
        allow('organizations:PutResourceConfig'),
        { ...deny, Condition: condition },
      ]);
      const put = (configuration: object, env: string) =>
        world.put(orgApi.PutResourceConfig, volume('vol-1', configuration, { Tags: { env } }), collector);
      await expect(put({ encrypted: false }, 'prod')).rejects.toMatchObject({ code: 'AccessDenied' });
      await put({ encrypted: true }, 'prod');
      await put({ encrypted: false }, 'test');
    });
  });

  describe('exceptions', () => {
    const exception = (given: object) => ({
      RuleId: 'G-D-38',
      Scope: { ResourceArn: volumeArn('vol-1') },
      Category: 'WAIVER',
      Owner: 'payments@acme.example',
      Reason: 'the vendor encrypts it with the next release',
      ExpiresAt: world.clock.time + 30 * DAY,
      ...given,
    });

    it('change the verdict at once, keep what the rule says, and end by themselves', async () => {
      await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
      const { Exception } = await world.put(orgApi.PutConfigException, exception({}));
      const [verdict] = (await get(volumeArn('vol-1'))).Verdicts.filter((entry) => entry.RuleId === 'G-D-38');
      expect(verdict).toMatchObject({
        Verdict: 'EXEMPT',
        VerdictWithoutException: 'NON_COMPLIANT',
        ExceptionId: Exception.ExceptionId,
      });
      const exempt = await world.put(orgApi.ListConfigVerdicts, { Verdict: 'EXEMPT' });
      expect(exempt.Verdicts.map((entry) => entry.Arn)).toEqual([volumeArn('vol-1')]);
      // Nothing runs in between: the clock alone ends it.
      world.clock.time += 31 * DAY;
      expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
      expect((await world.put(orgApi.ListConfigVerdicts, { Verdict: 'EXEMPT' })).Verdicts).toEqual([]);
      expect((await world.put(orgApi.ListConfigExceptions, {})).Exceptions).toEqual([]);
      const { Exceptions } = await world.put(orgApi.ListConfigExceptions, { IncludeEnded: true });
      expect(Exceptions).toMatchObject([
        { Active: false, Owner: 'payments@acme.example', CreatedBy: world.management.arn },
      ]);
    });

    it('for an account count after the pass that follows, and end when they are ended', async () => {
      await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
      const { Exception } = await world.put(
        orgApi.PutConfigException,
        exception({ RuleId: '*', Scope: { AccountId: account() } }),
      );
      await world.settle();
      expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('EXEMPT');
      await world.put(orgApi.DeleteConfigException, { ExceptionId: Exception.ExceptionId });
      await world.settle();
      expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
      await expect(
        world.put(orgApi.DeleteConfigException, { ExceptionId: Exception.ExceptionId }),
      ).rejects.toMatchObject({ code: 'NotFound' });
    });

    it('need one scope, a rule that exists and an end within a year', async () => {
      await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
      const put = (given: object) => world.put(orgApi.PutConfigException, exception(given));
      await expect(put({ Scope: {} })).rejects.toMatchObject({ code: 'InvalidException' });
      const both = { Scope: { ResourceArn: volumeArn('vol-1'), AccountId: account() } };
      await expect(put(both)).rejects.toMatchObject({ code: 'InvalidException' });
      await expect(put({ RuleId: 'G-D-99' })).rejects.toMatchObject({ code: 'NotFound' });
      await expect(put({ Scope: { ResourceArn: volumeArn('other') } })).rejects.toMatchObject({ code: 'NotFound' });
      const late = { ExpiresAt: world.clock.time + 366 * DAY };
      await expect(put(late)).rejects.toMatchObject({ code: 'InvalidException' });
      const past = { ExpiresAt: world.clock.time - 1 };
      await expect(put(past)).rejects.toMatchObject({ code: 'InvalidException' });
    });
  });

  describe('rules of customers', () => {
    const rule = (given: object = {}) => ({
      Title: 'Volumes are small',
      Severity: 'LOW',
      ResourceTypes: ['ext:volume'],
      Expression: 'resource.configuration.sizeGiB <= params.most',
      Message: 'the volume is too large',
      Parameters: { most: 100 },
      ...given,
    });

    it('judge what is recorded, and stop when they are deleted', async () => {
      await world.put(orgApi.PutResourceConfig, volume('big', { encrypted: true, sizeGiB: 500 }));
      const { Rule } = await world.put(orgApi.PutConfigRule, rule());
      await world.settle();
      expect(await verdictOf(volumeArn('big'), Rule.RuleId)).toBe('NON_COMPLIANT');
      await world.put(orgApi.PutConfigRule, rule({ RuleId: Rule.RuleId, Parameters: { most: 1000 } }));
      await world.settle();
      expect(await verdictOf(volumeArn('big'), Rule.RuleId)).toBe('COMPLIANT');
      await world.put(orgApi.PutResourceConfig, volume('unknown', { encrypted: true }));
      expect(await verdictOf(volumeArn('unknown'), Rule.RuleId)).toBe('INSUFFICIENT_DATA');
      await world.put(orgApi.DeleteConfigRule, { RuleId: Rule.RuleId });
      await world.settle();
      expect(await verdictOf(volumeArn('big'), Rule.RuleId)).toBeUndefined();
    });

    it('are refused when their expression cannot be used', async () => {
      const put = (Expression: string) => world.put(orgApi.PutConfigRule, rule({ Expression }));
      await expect(put('resource.name.matches("a+")')).rejects.toMatchObject({ code: 'InvalidRule' });
      await expect(put('nothing')).rejects.toMatchObject({ code: 'InvalidRule' });
      await expect(put('true &&')).rejects.toMatchObject({ code: 'InvalidRule' });
    });
  });

  describe('packs and the catalogue', () => {
    it('put the core in force from the start, and more when somebody wants it, with parameters', async () => {
      await makeUser(world.iam, 'bob');
      await world.settle();
      expect(await verdictOf(iamArn('user/bob'), 'G-D-12')).toBeUndefined();
      await world.put(orgApi.PutConfigPack, { PackName: 'strict' });
      await world.put(orgApi.PutConfigPack, {
        PackName: 'core',
        Parameters: [{ RuleId: 'G-D-10', Values: { maxDays: 1 } }],
      });
      await forward(2 * DAY);
      expect(await verdictOf(iamArn('user/bob'), 'G-D-12')).toBe('COMPLIANT');
      expect(await verdictOf(iamArn('user/bob'), 'G-D-10')).toBe('NON_COMPLIANT');
      const { Packs } = await world.put(orgApi.ListConfigPacks, {});
      expect(Packs.map((pack) => [pack.PackName, pack.Target])).toEqual([
        ['core', '*'],
        ['core', account()],
        ['strict', account()],
      ]);
      await world.put(orgApi.DeleteConfigPack, { PackName: 'core' });
      await world.settle();
      expect(await verdictOf(iamArn('user/bob'), 'G-D-10')).toBe('COMPLIANT');
    });

    it('refuse parameters that the guardrail does not have', async () => {
      const put = (Parameters: object[]) => world.put(orgApi.PutConfigPack, { PackName: 'core', Parameters });
      await expect(put([{ RuleId: 'G-D-10', Values: { maxDays: 0 } }])).rejects.toMatchObject({ code: 'Validation' });
      await expect(put([{ RuleId: 'G-D-12', Values: {} }])).rejects.toMatchObject({ code: 'Validation' });
      await expect(world.put(orgApi.PutConfigPack, { PackName: 'none' })).rejects.toMatchObject({ code: 'NotFound' });
    });

    it('list every guardrail, page by page, and pack preventive ones', async () => {
      const all: string[] = [];
      for (let NextToken: string | undefined; ; ) {
        const page = await world.put(orgApi.ListGuardrails, { MaxResults: 30, ...(NextToken && { NextToken }) });
        all.push(...page.Guardrails.map((guardrail) => guardrail.Id));
        NextToken = page.NextToken;
        if (NextToken === undefined) break;
      }
      expect(all).toEqual([...new Set(all)].toSorted());
      expect(all.length).toBeGreaterThanOrEqual(46);
      const packed = await world.put(orgApi.CompileGuardrails, {
        GuardrailIds: ['G-P-08', 'G-P-10'],
        Parameters: [{ GuardrailId: 'G-P-08', Values: { minDays: 14 } }],
      });
      expect(packed.Documents).toHaveLength(1);
      expect(packed.Documents[0]!.Content).toContain('"14"');
      expect(packed.Sources.map((source) => source.Sid).toSorted()).toEqual(['GP08', 'GP10']);
      await expect(world.put(orgApi.CompileGuardrails, { GuardrailIds: ['G-D-10'] })).rejects.toMatchObject({
        code: 'NotFound',
      });
    });
  });

  describe('the score', () => {
    it('is of good pairs among those judged, with and without exceptions', async () => {
      await world.put(orgApi.PutResourceConfig, volume('good', { encrypted: false }));
      const before = await world.put(orgApi.GetConfigScore, {});
      expect(before.Total).toMatchObject({ NonCompliant: 1, Exempt: 0, Score: 0 });
      await world.put(orgApi.PutConfigException, {
        RuleId: 'G-D-38',
        Scope: { ResourceArn: volumeArn('good') },
        Category: 'MITIGATED',
        Owner: 'a',
        Reason: 'b',
        ExpiresAt: world.clock.time + DAY,
      });
      const after = await world.put(orgApi.GetConfigScore, {});
      expect(after.Total).toMatchObject({ NonCompliant: 0, Exempt: 1, ScoreWithoutExceptions: 0 });
      expect(after.Total.Score).toBeUndefined();
      expect(after.Accounts).toMatchObject([{ AccountId: account(), Tally: { Exempt: 1 } }]);
    });
  });

  describe('lists', () => {
    it('hold everything once, whatever the size of their pages', async () => {
      const Items = Array.from({ length: 23 }, (_, i) => volume(`vol-${i}`, { encrypted: false }));
      await world.put(orgApi.BatchPutResourceConfigs, { Items });
      const walk = async (operation: typeof orgApi.ListConfigVerdicts, input: object) => {
        const seen: string[] = [];
        for (let NextToken: string | undefined; ; ) {
          const page = await world.put(operation, { ...input, MaxResults: 4, ...(NextToken && { NextToken }) });
          expect(page.Verdicts.length).toBeLessThanOrEqual(4);
          seen.push(...page.Verdicts.map((verdict) => `${verdict.Arn} ${verdict.RuleId}`));
          NextToken = page.NextToken;
          if (NextToken === undefined) return seen;
        }
      };
      const bad = await walk(orgApi.ListConfigVerdicts, { Verdict: 'NON_COMPLIANT' });
      expect(bad).toHaveLength(23);
      expect(new Set(bad).size).toBe(23);
      expect(await walk(orgApi.ListConfigVerdicts, { RuleId: 'G-D-38' })).toEqual(bad);
      expect(await walk(orgApi.ListConfigVerdicts, { Severity: 'LOW' })).toEqual([]);
      const first = await world.put(orgApi.ListConfigVerdicts, { Verdict: 'NON_COMPLIANT', MaxResults: 4 });
      const foreign = { Verdict: 'COMPLIANT', NextToken: first.NextToken };
      await expect(world.put(orgApi.ListConfigVerdicts, foreign)).rejects.toMatchObject({ code: 'Validation' });
    });
  });

  describe('accounts of an organization', () => {
    it('see themselves; the management account sees members, and nobody sees strangers', async () => {
      const { rootId } = await found(world);
      const member = await joined(world, 'shop');
      const stranger = await standAlone(world, 'stranger');
      for (const by of [member, stranger])
        await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }), by);
      await world.settle();
      const arn = volumeArn('vol-1', member.accountId);
      const foreign = volumeArn('vol-1', stranger.accountId);
      expect((await get(arn)).Item.AccountId).toBe(member.accountId);
      const missing = await get(volumeArn('none', stranger.accountId)).catch((error: Error) => error);
      const hidden = await get(foreign).catch((error: Error) => error);
      expect(hidden).toMatchObject({ code: 'NotFound' });
      expect((hidden as Error).message.replace(foreign, '')).toBe(
        (missing as Error).message.replace(volumeArn('none', stranger.accountId), ''),
      );
      const list = async (by = world.management, input: object = {}) =>
        (await world.put(orgApi.ListConfigVerdicts, { RuleId: 'G-D-38', ...input }, by)).Verdicts.map(
          (v) => v.AccountId,
        );
      expect(await list()).toEqual([member.accountId]);
      expect(await list(member)).toEqual([member.accountId]);
      expect(await list(stranger)).toEqual([stranger.accountId]);
      expect(await list(world.management, { UnitId: rootId })).toEqual([member.accountId]);
      await expect(list(world.management, { AccountId: stranger.accountId })).rejects.toMatchObject({
        code: 'NotFound',
      });
      await expect(list(member, { AccountId: world.management.accountId })).rejects.toMatchObject({ code: 'NotFound' });
      await expect(list(member, { UnitId: rootId })).rejects.toMatchObject({ code: 'NotFound' });
      const score = await world.put(orgApi.GetConfigScore, {});
      expect(score.Accounts.map((entry) => entry.AccountId).toSorted()).toEqual(
        [account(), member.accountId].toSorted(),
      );
    });

    it('are items themselves: where they stand, and what the management account must not hold', async () => {
      await found(world);
      const member = await joined(world, 'shop');
      const alice = world.kms.user('alice', ADMIN_POLICY, account());
      const { KeyMetadata } = await alice.CreateKey({});
      await world.settle();
      const { Items } = await world.put(orgApi.ListResourceConfigs, { ResourceType: 'organizations:account' });
      expect(Items.map((item) => item.AccountId).toSorted()).toEqual([account(), member.accountId].toSorted());
      const item = Items.find((entry) => entry.AccountId === member.accountId)!;
      expect(await verdictOf(item.Arn, 'G-D-34')).toBe('NON_COMPLIANT');
      expect(await verdictOf(KeyMetadata.Arn!, 'G-D-35')).toBe('NON_COMPLIANT');
      const { Roots } = await world.put(orgApi.ListRoots, {});
      const { OrganizationalUnit } = await world.put(orgApi.CreateOrganizationalUnit, {
        ParentId: Roots[0]!.Id,
        Name: 'Business',
      });
      await world.put(orgApi.MoveAccount, {
        AccountId: member.accountId,
        SourceParentId: Roots[0]!.Id,
        DestinationParentId: OrganizationalUnit.Id,
      });
      await world.settle();
      expect(await verdictOf(item.Arn, 'G-D-34')).toBe('COMPLIANT');
      expect(await verdictOf(item.Arn, 'G-D-44')).toBe('NON_COMPLIANT');
    });

    it('put rules in force for themselves only; the management account binds units', async () => {
      const { rootId } = await found(world);
      const member = await joined(world, 'shop');
      await world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: true }), member);
      const rule = { Title: 'x', Severity: 'LOW', ResourceTypes: ['ext:volume'], Expression: 'false', Message: 'no' };
      const put = (Target: string | undefined, by = member) =>
        world.put(orgApi.PutConfigRule, { ...rule, ...(Target !== undefined && { Target }) }, by);
      for (const target of [rootId, account()]) {
        await expect(put(target)).rejects.toMatchObject({ code: 'ForbiddenTarget' });
        await expect(
          world.put(orgApi.PutConfigPack, { PackName: 'strict', Target: target }, member),
        ).rejects.toMatchObject({
          code: 'ForbiddenTarget',
        });
      }
      const above = (await put(rootId, world.management)).Rule;
      await world.settle();
      const arn = volumeArn('vol-1', member.accountId);
      expect(await verdictOf(arn, above.RuleId)).toBe('NON_COMPLIANT');
      const bound = await world.put(orgApi.ListConfigRules, {}, member);
      expect(bound.Rules.map((entry) => entry.RuleId)).toEqual([above.RuleId]);
      await expect(world.put(orgApi.DeleteConfigRule, { RuleId: above.RuleId }, member)).rejects.toMatchObject({
        code: 'NotFound',
      });
      await expect(world.put(orgApi.PutConfigRule, { ...rule, RuleId: above.RuleId }, member)).rejects.toMatchObject({
        code: 'NotFound',
      });
    });
  });
};

describe('detective engine on SQLite', () => suite(() => undefined));

const missing = postgresMissing();
describe.skipIf(missing !== undefined)(
  missing === undefined ? 'detective engine on PostgreSQL' : `detective engine on PostgreSQL (skipped: ${missing})`,
  () => {
    let server: PostgresServer;
    const databases: string[] = [];
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.stop());
    beforeEach(async () => {
      databases.push(await server.database());
    });
    suite(() => databases.at(-1));
  },
);
