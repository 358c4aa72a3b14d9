/** What a replay says is compared with what really becomes of the same requests once the change is made. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROOT, TestOrganization } from '../../../../platform/authz/testing/test-organization.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { Random } from '../../../../policies/engine/testing/random.ts';
import { type Audit, startAudit } from '../../../audit/testing/harness.ts';
import { iamApi as api } from '../../api/index.ts';
import {
  allow,
  assume,
  errorOf,
  type IamWorld,
  makeRole,
  makeUser,
  openIam,
  policy,
  rootOf,
} from '../../testing/harness.ts';

const UNIT = 'ou-ab12-00000001';
const OTHER_UNIT = 'ou-ab12-00000002';
const EDGE = policy(allow(['iam:List*', 'iam:GetUser', 'iam:GetGroup', 'authz:*']));

const clock = { time: Date.UTC(2026, 10, 22), now: () => clock.time };
/** Of a resource whose policy an application gives with its question. */
const OPEN = policy({ ...allow('iam:ListUsers'), Principal: '*' });
let audit: Audit;
let world: IamWorld;
let people: Caller[];
let managed: string;
let edge: string;
let member: Caller;
beforeAll(async () => {
  audit = await startAudit({ clock });
  world = await openIam({ clock, audit: audit.internal });
  const made = async (PolicyName: string, PolicyDocument: string) =>
    (await world.as(world.admin, api.CreatePolicy, { PolicyName, PolicyDocument })).Policy.Arn;
  managed = await made('readers', policy({ Sid: 'Read', ...allow(['iam:Get*', 'iam:ListUsers']) }));
  edge = await made('edge', EDGE);
  await world.as(world.admin, api.CreateGroup, { GroupName: 'ops' });
  await world.as(world.admin, api.AttachGroupPolicy, { GroupName: 'ops', PolicyArn: managed });
  people = [world.admin];
  for (let i = 0; i < 6; i++) {
    const UserName = `u${i}`;
    people.push(await makeUser(world, UserName, i % 2 === 0 ? [allow('iam:ListGroups')] : [allow('authz:Authorize')]));
    if (i % 3 === 0) await world.as(world.admin, api.AddUserToGroup, { GroupName: 'ops', UserName });
    if (i === 1 || i === 3) await world.as(world.admin, api.AttachUserPolicy, { UserName, PolicyArn: managed });
    if (i === 3) await world.as(world.admin, api.PutUserPermissionsBoundary, { UserName, PermissionsBoundary: edge });
  }
  const other = await world.as(world.admin, api.CreateAccount, { Name: 'other', AdministratorUserName: 'admin' });
  member = rootOf(other.Account.AccountId);
});
afterAll(async () => {
  await world.close();
  await audit.close();
});
beforeEach(() => {
  const { organization } = world;
  const revision = organization.data.Revision;
  organization.data = { ...new TestOrganization(clock).data, Revision: revision };
  organization.create().unit(UNIT).unit(OTHER_UNIT);
  organization.account(world.admin.accountId, UNIT).account(member.accountId, OTHER_UNIT);
  clock.time += 60_000;
});

interface Asked {
  caller: Caller;
  operation: AnyOperation;
  input: object;
}

function drawn(random: Random, count: number): Asked[] {
  return Array.from({ length: count }, () => {
    const UserName = random.pick(['u0', 'u3', 'admin']);
    const [operation, input] = random.pick<[AnyOperation, object]>([
      [api.GetUser, { UserName }],
      [api.ListAccessKeys, { UserName }],
      [api.ListUsers, {}],
      [api.ListGroups, {}],
      [api.GetGroup, { GroupName: 'ops' }],
      [api.GetAccountSummary, {}],
      [api.Authorize, { Principal: people[1]?.arn, Action: 'iam:ListGroups', Resource: '*' }],
      [api.Authorize, { Principal: people[1]?.arn, Action: 'iam:ListUsers', Resource: '*', ResourcePolicy: OPEN }],
    ]);
    return { caller: random.pick(people), operation, input };
  });
}

interface Decided {
  action: string;
  effect: string;
}

/** Makes the requests. Answers the decisions in the record of each, by action. */
async function made(requests: readonly Asked[]): Promise<{ eventId: string; effects: ReadonlyMap<string, string> }[]> {
  const before = (await world.records()).length;
  for (const { caller, operation, input } of requests) {
    clock.time += 250;
    await world.as(caller, operation, input).catch(() => undefined);
  }
  const records = (await world.records()).slice(before) as {
    eventID: string;
    x: { decision: { checks: Decided[]; asked?: Decided[] } };
  }[];
  return records.map(({ eventID, x: { decision } }) => ({
    eventId: eventID,
    effects: new Map([...decision.checks, ...(decision.asked ?? [])].map(({ action, effect }) => [action, effect])),
  }));
}

/** The relay's work: the records of the service to audit. */
let relayed = 0;
async function relay(): Promise<void> {
  const rows = (await world.store.readOutbox(100_000)).slice(relayed);
  relayed += rows.length;
  for (let at = 0; at < rows.length; at += 500) {
    await audit.internal.IngestRecords({
      Records: rows.slice(at, at + 500).map((row) => ({
        EventId: row.eventId,
        AccountId: row.accountId ?? '',
        CreatedAt: row.createdAt,
        Wseq: row.wseq,
        Boot: row.boot,
        Node: 'iam-1',
        Record: row.record,
      })),
    });
  }
}

async function whatIf(input: object, by: Caller = world.admin) {
  const parts = [];
  let Marker: string | undefined;
  do {
    const part = await world.as(by, api.WhatIf, { ...input, Marker });
    parts.push(part);
    ({ Marker } = part);
  } while (Marker !== undefined);
  const last = parts.at(-1) as (typeof parts)[number];
  return { parts, flips: parts.flatMap((part) => part.Flips), totals: last.Totals, progress: last.Progress };
}

/** Requests are made, replayed under the change, and made again after the change; the flips must be the difference. */
async function proves(change: object, apply: () => Promise<unknown> | unknown, undo: () => Promise<unknown> | unknown) {
  const requests = drawn(new Random(relayed + 1), 150);
  const StartTime = clock.time;
  const before = await made(requests);
  await relay();
  const question = { Changes: [change], StartTime: new Date(StartTime).toISOString() };
  const said = await whatIf({ ...question, StartTime, EndTime: clock.time, MaxItems: 7 });
  await apply();
  const after = await made(requests);
  await undo();
  const really: string[] = [];
  const unasked = new Set<string>();
  before.forEach(({ eventId, effects }, i) => {
    for (const [action, effect] of effects) {
      const now = after[i]?.effects.get(action);
      // Who is denied the question has no answer about others to compare.
      if (now === undefined) unasked.add(`${eventId} ${action}`);
      else if (now !== effect) really.push(`${eventId} ${action}`);
    }
  });
  const foretold = said.flips.map(({ EventId, Action }) => `${EventId} ${Action}`).filter((name) => !unasked.has(name));
  expect(foretold.sort()).toEqual(really.sort());
  expect(said.totals.Unknown).toBe(0);
  expect(said.progress).toMatchObject({ Done: true, Percent: 100 });
  return { ...said, really };
}

const inThe = <T extends Caller>(name: string) => people.find(({ userName }) => userName === name) as T;

describe('WhatIf foretells what a change does to the same requests', () => {
  it('a service control policy at a unit', async () => {
    const statement = {
      Sid: 'NoSummary',
      Effect: 'Deny',
      Action: ['iam:GetAccountSummary', 'iam:GetGroup'],
      Resource: '*',
    };
    const { organization } = world;
    const change = { PolicyType: 'scp', Operation: 'add', Target: UNIT, Document: policy(statement) };
    const { flips, parts, totals, really } = await proves(
      change,
      () => organization.attach('scp', UNIT, 'NoSummary', [statement]),
      () => organization.detach(UNIT, 'p-NoSummary'),
    );
    expect(really.length).toBeGreaterThan(10);
    expect(parts.length).toBeGreaterThan(1);
    expect(flips[0]).toMatchObject({
      Was: 'Allow',
      Becomes: 'Deny',
      Layer: 'scp',
      Level: { Id: UNIT },
      Statements: [{ PolicyArn: 'request:Changes.1', Sid: 'NoSummary', Line: 1 }],
    });
    const sum = (pick: (part: (typeof parts)[number]) => readonly { NewlyDenied: number; NewlyAllowed: number }[]) =>
      parts.flatMap(pick).reduce((total, { NewlyDenied, NewlyAllowed }) => total + NewlyDenied + NewlyAllowed, 0);
    expect(totals).toMatchObject({ NewlyDenied: flips.length, NewlyAllowed: 0 });
    expect([sum((part) => part.ByPrincipal), sum((part) => part.ByAction)]).toEqual([flips.length, flips.length]);
  });

  it('a guardrail that is replaced, and one whose last level allows nothing any more', async () => {
    const { organization } = world;
    organization.attach('scp', UNIT, 'Fence', [{ Effect: 'Deny', Action: 'iam:ListGroups', Resource: '*' }]);
    const other = { Effect: 'Deny', Action: 'iam:ListUsers', Resource: '*' };
    const replaced = await proves(
      { PolicyType: 'scp', Operation: 'replace', PolicyArn: 'p-Fence', Document: policy(other) },
      () => organization.attach('scp', UNIT, 'Fence', [other]),
      () => undefined,
    );
    expect(replaced.totals.NewlyDenied).toBeGreaterThan(0);
    expect(replaced.totals.NewlyAllowed).toBeGreaterThan(0);
    const removed = await proves(
      { PolicyType: 'scp', Operation: 'remove', Target: UNIT, PolicyArn: 'p-FullAWSAccess' },
      () => organization.detach(UNIT, 'p-FullAWSAccess'),
      () => organization.attach('scp', UNIT, 'Open', [allow('*')]),
    );
    expect(removed.totals.NewlyDenied).toBeGreaterThan(50);
  });

  it('a resource control policy', async () => {
    const statement = { Effect: 'Deny', Principal: '*', Action: 'iam:GetUser', Resource: `arn:aws:iam::*:user/u3` };
    const { organization } = world;
    const { totals } = await proves(
      { PolicyType: 'rcp', Operation: 'add', Target: ROOT, Document: policy(statement) },
      () => organization.attach('rcp', ROOT, 'NotThree', [statement]),
      () => organization.detach(ROOT, 'p-NotThree'),
    );
    expect(totals.NewlyDenied).toBeGreaterThan(0);
  });

  it('a policy of a user', async () => {
    const UserName = 'u2';
    const Document = policy(allow('iam:GetUser'), { Effect: 'Deny', Action: 'iam:ListGroups', Resource: '*' });
    const { totals } = await proves(
      { PolicyType: 'identity', Operation: 'add', Target: inThe(UserName).arn, Document },
      () => world.as(world.admin, api.PutUserPolicy, { UserName, PolicyName: 'more', PolicyDocument: Document }),
      () => world.as(world.admin, api.DeleteUserPolicy, { UserName, PolicyName: 'more' }),
    );
    expect(totals.NewlyDenied).toBeGreaterThan(0);
    expect(totals.NewlyAllowed).toBeGreaterThan(0);
  });

  it('a new version of a policy for everybody who has it', async () => {
    const PolicyDocument = policy(allow('iam:GetAccountSummary'), allow('iam:ListAccessKeys'));
    const { totals } = await proves(
      {
        PolicyType: 'identity',
        Operation: 'replace',
        Target: world.admin.accountId,
        PolicyArn: managed,
        Document: PolicyDocument,
      },
      () => world.as(world.admin, api.CreatePolicyVersion, { PolicyArn: managed, PolicyDocument, SetAsDefault: true }),
      () => world.as(world.admin, api.SetDefaultPolicyVersion, { PolicyArn: managed, VersionId: 'v1' }),
    );
    expect(totals.NewlyDenied).toBeGreaterThan(0);
    expect(totals.NewlyAllowed).toBeGreaterThan(0);
  });

  it('a policy that a group loses, but not those members who have it by themselves too', async () => {
    const GroupName = 'ops';
    const Target = `arn:aws:iam::${world.admin.accountId}:group/ops`;
    const { flips } = await proves(
      { PolicyType: 'identity', Operation: 'remove', Target, PolicyArn: managed },
      () => world.as(world.admin, api.DetachGroupPolicy, { GroupName, PolicyArn: managed }),
      () => world.as(world.admin, api.AttachGroupPolicy, { GroupName, PolicyArn: managed }),
    );
    const who = new Set(flips.map(({ Principal }) => Principal));
    expect([...who]).toEqual([inThe('u0').arn]);
  });

  it('a boundary that is set, and one that is removed', async () => {
    const UserName = 'u0';
    const set = await proves(
      { PolicyType: 'boundary', Operation: 'add', Target: inThe(UserName).arn, Document: EDGE },
      () => world.as(world.admin, api.PutUserPermissionsBoundary, { UserName, PermissionsBoundary: edge }),
      () => world.as(world.admin, api.DeleteUserPermissionsBoundary, { UserName }),
    );
    expect(set.totals.NewlyDenied).toBeGreaterThan(0);
    const removed = await proves(
      { PolicyType: 'boundary', Operation: 'remove', Target: inThe('u3').arn },
      () => world.as(world.admin, api.DeleteUserPermissionsBoundary, { UserName: 'u3' }),
      () => world.as(world.admin, api.PutUserPermissionsBoundary, { UserName: 'u3', PermissionsBoundary: edge }),
    );
    expect(removed.totals.NewlyAllowed).toBeGreaterThan(0);
  });
});

describe('WhatIf', () => {
  const deny = {
    PolicyType: 'identity',
    Operation: 'add',
    Document: policy({ Effect: 'Deny', Action: 'iam:*', Resource: '*' }),
  };

  it('knows what a document that is gone must have said', async () => {
    const gone = await makeUser(world, 'gone', [allow('iam:ListUsers')]);
    const StartTime = clock.time;
    await made([
      { caller: gone, operation: api.ListUsers, input: {} },
      { caller: gone, operation: api.ListGroups, input: {} },
    ]);
    await world.as(world.admin, api.PutUserPolicy, {
      UserName: 'gone',
      PolicyName: 'test',
      PolicyDocument: policy(allow('kms:*')),
    });
    await relay();
    const window = { StartTime, EndTime: clock.time };
    const sure = await whatIf({ Changes: [{ ...deny, Target: gone.arn }], ...window });
    expect(sure.flips.map(({ Action, Becomes }) => [Action, Becomes])).toEqual([['iam:ListUsers', 'Deny']]);
    expect(sure.totals).toMatchObject({ Unknown: 0 });
    // Nobody denied: the document said nothing, and an Allow beside it would have let the request in.
    const Document = policy(allow('iam:*'));
    const open = await whatIf({ Changes: [{ ...deny, Document, Target: gone.arn }], ...window });
    expect(open.totals).toMatchObject({ NewlyAllowed: 1, Unknown: 0 });
    const groups = { Effect: 'Deny', Action: 'iam:ListGroups', Resource: '*' };
    await world.as(world.admin, api.PutUserPolicy, {
      UserName: 'gone',
      PolicyName: 'test',
      PolicyDocument: policy(groups),
    });
    const PolicyArn = `arn:aws:iam::${gone.accountId}:user-policy/gone/test`;
    const replaced = await whatIf({
      Changes: [{ PolicyType: 'identity', Operation: 'remove', PolicyArn, Target: gone.arn }],
      ...window,
    });
    expect(replaced.flips.map(({ Action }) => Action)).toEqual(['iam:ListUsers']);
  });

  it('counts as unknown where an unknown document decides', async () => {
    const scp = { Sid: 'A', Effect: 'Deny', Action: 'iam:ListUsers', Resource: '*' };
    const { organization } = world;
    organization.attach('scp', UNIT, 'Old', [scp]);
    const StartTime = clock.time;
    const reader = people[2] as Caller;
    await made([{ caller: reader, operation: api.ListUsers, input: {} }]);
    await relay();
    // The inline policy of the reader is gone, and the guardrail that denied hides what it said.
    const PolicyDocument = policy(allow('authz:Authorize'), allow('sts:*'));
    await world.as(world.admin, api.PutUserPolicy, { UserName: 'u1', PolicyName: 'test', PolicyDocument });
    const without = { PolicyType: 'scp', Operation: 'remove', PolicyArn: 'p-Old' };
    const { totals, parts } = await whatIf({ Changes: [without], StartTime, EndTime: clock.time });
    expect(totals).toMatchObject({ Decisions: 1, Touched: 1, NewlyAllowed: 0, Unknown: 1 });
    expect(parts[0]?.Unknown).toMatchObject([
      {
        Principal: reader.arn,
        Action: 'iam:ListUsers',
        Missing: [expect.stringMatching(/user-policy\/u1\/test@[0-9a-f]{16}$/)],
      },
    ]);
  });

  it('knows sessions of roles, with their session policies and with grants in a project', async () => {
    const role = await makeRole(world, 'Auditor', [allow('iam:ListGroups')]);
    const { Policy } = await world.as(world.admin, api.CreatePolicy, {
      PolicyName: 'granted',
      PolicyDocument: policy(allow('iam:GetUser')),
    });
    const grant = { EnterpriseProjectId: '0', PolicyArn: Policy.Arn, RoleName: 'Auditor' };
    await world.as(world.admin, api.AttachProjectPolicy, grant);
    const Policies = policy(allow(['iam:GetUser', 'iam:ListGroups']));
    const session = await assume(world, world.admin, role, { Policy: Policies });
    const StartTime = clock.time;
    const decided = await made([
      { caller: session, operation: api.ListGroups, input: {} },
      { caller: session, operation: api.ListUsers, input: {} },
      { caller: session, operation: api.GetUser, input: { UserName: 'u1' } },
    ]);
    expect(decided.flatMap(({ effects }) => [...effects.values()])).toEqual(['allow', 'deny', 'allow']);
    await relay();
    const asked = (change: object) =>
      whatIf({ Changes: [{ PolicyType: 'identity', ...change }], StartTime, EndTime: clock.time });
    const denied = { Effect: 'Deny', Action: 'iam:ListGroups', Resource: '*' };
    const { totals } = await asked({
      Operation: 'add',
      Target: role,
      Document: policy(allow('iam:ListUsers'), denied),
    });
    // The session policy does not let the new permission through.
    expect(totals).toMatchObject({ Touched: 3, NewlyDenied: 1, NewlyAllowed: 0, Unknown: 0 });
    const edited = await asked({
      Operation: 'replace',
      Target: role,
      PolicyArn: Policy.Arn,
      Document: policy(allow('iam:ListUsers')),
    });
    expect(edited.flips).toMatchObject([{ Action: 'iam:GetUser', Becomes: 'Deny' }]);
    const detached = await asked({ Operation: 'remove', Target: role, PolicyArn: Policy.Arn });
    expect(detached.totals).toMatchObject({ Touched: 0, NewlyDenied: 0 });
  });

  it('foresees the first guardrail of an organization that has none', async () => {
    const { organization } = world;
    organization.data.EnabledPolicyTypes = [];
    organization.move(world.admin.accountId, UNIT);
    const StartTime = clock.time;
    await made([{ caller: world.admin, operation: api.ListUsers, input: {} }]);
    await relay();
    const Document = policy({ Effect: 'Deny', Action: 'iam:ListUsers', Resource: '*' });
    const at = async (Target: string) =>
      (
        await whatIf({
          Changes: [{ PolicyType: 'scp', Operation: 'add', Target, Document }],
          StartTime,
          EndTime: clock.time,
        })
      ).totals;
    expect(await at(UNIT)).toMatchObject({ NewlyDenied: 1 });
    expect(await at(OTHER_UNIT)).toMatchObject({ Touched: 0, NewlyDenied: 0 });
  });

  it('keeps to the window and can be taken up again where it ended', async () => {
    const StartTime = clock.time;
    await made(drawn(new Random(5), 60));
    await relay();
    const EndTime = clock.time;
    const Changes = [{ ...deny, Target: world.admin.accountId }];
    const whole = await whatIf({ Changes, StartTime, EndTime, MaxItems: 1000 });
    const pieces = await whatIf({ Changes, StartTime, EndTime, MaxItems: 3 });
    expect(pieces.flips).toEqual(whole.flips);
    expect(pieces.totals).toEqual(whole.totals);
    expect(pieces.parts.length).toBeGreaterThan(5);
    const percents = pieces.parts.map(({ Progress }) => Progress.Percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    const half = await whatIf({ Changes, StartTime, EndTime: StartTime + 30 * 250, MaxItems: 1000 });
    expect(half.flips).toEqual(whole.flips.slice(0, half.flips.length));
    expect(half.flips.length).toBeLessThan(whole.flips.length);
    const [first] = pieces.parts;
    const other = { Changes: [{ ...deny, Target: inThe('u0').arn }], StartTime, EndTime, MaxItems: 3 };
    const carried = world.as(world.admin, api.WhatIf, { ...other, Marker: first?.Marker });
    expect(await errorOf(carried)).toMatchObject({ code: 'Validation' });
  });

  it('shows the management account every member, and members nothing above and beside them', async () => {
    const StartTime = clock.time;
    await made([
      { caller: member, operation: api.ListUsers, input: {} },
      { caller: world.admin, operation: api.ListUsers, input: {} },
    ]);
    await relay();
    const Document = policy({ Effect: 'Deny', Action: 'iam:ListUsers', Resource: '*' });
    const at = (Target: string) => ({
      Changes: [{ PolicyType: 'scp', Operation: 'add', Target, Document }],
      StartTime,
      EndTime: clock.time,
    });
    const all = await whatIf(at(ROOT));
    expect(all.flips.map(({ AccountId }) => AccountId).sort()).toEqual(
      [member.accountId, world.admin.accountId].sort(),
    );
    expect(all.progress.Accounts).toBe(3);
    expect((await whatIf(at(OTHER_UNIT))).flips.map(({ Principal }) => Principal)).toEqual([member.arn]);
    // A member may ask about its own account alone.
    expect((await whatIf(at(member.accountId), member)).flips).toHaveLength(1);
    for (const question of [at(ROOT), at(OTHER_UNIT), at(world.admin.accountId)])
      expect(await errorOf(whatIf(question, member))).toMatchObject({ code: 'AccessDenied' });
    const abroad = { ...at(member.accountId), AccountIds: [world.admin.accountId] };
    expect(await errorOf(whatIf(abroad, member))).toMatchObject({ code: 'AccessDenied' });
    expect(await errorOf(whatIf({ ...at(ROOT), AccountIds: ['777788889999'] }))).toMatchObject({ code: 'NotFound' });
  });

  it.each<[string, object, string]>([
    ['no document to add', { Operation: 'add', Document: undefined }, 'Validation'],
    ['a document to remove', { Operation: 'remove', PolicyArn: 'arn:aws:iam::aws:policy/x' }, 'Validation'],
    ['no policy to replace', { Operation: 'replace' }, 'Validation'],
    ['no target', { Target: undefined }, 'Validation'],
    ['a target that is nobody', { Target: 'arn:aws:iam::999999999999:user/x' }, 'NotFound'],
    ['a unit that is not there', { PolicyType: 'scp', Target: 'ou-ab12-nowhere0' }, 'NotFound'],
    [
      'a guardrail that is not there',
      { PolicyType: 'scp', Operation: 'replace', PolicyArn: 'p-nothing', Target: ROOT },
      'NotFound',
    ],
    ['a document that does not compile', { Document: '{"Statement":[]}' }, 'MalformedPolicyDocument'],
    [
      'an allowing resource control policy',
      { PolicyType: 'rcp', Target: ROOT, Document: policy(allow('iam:*')) },
      'MalformedPolicyDocument',
    ],
  ])('refuses %s', async (_, change, code) => {
    const Changes = [{ ...deny, Target: world.admin.accountId, ...change }];
    expect(await errorOf(whatIf({ Changes }))).toMatchObject({ code });
  });
});
