/**
 * What recorded decisions would have become: asked of decisions that every service really made and recorded, and
 * compared with what becomes of the same requests once the proposal is the policy.
 */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { allow, createAccount, createUser, type Person, policy, putPolicy, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');

interface Flip {
  EventId: string;
  EventName: string;
  AccountId: string;
  Principal: string;
  Action: string;
  Resource: string;
  Was: string;
  Becomes: string;
  Layer?: string;
  Statements: { PolicyArn?: string; Sid?: string }[];
}
interface Totals {
  Decisions: number;
  Touched: number;
  NewlyDenied: number;
  NewlyAllowed: number;
  Unknown: number;
}
interface Part {
  Flips: Flip[];
  Unknown: object[];
  ByPrincipal: { Principal: string; NewlyDenied: number; NewlyAllowed: number }[];
  ByAction: { Action: string; NewlyDenied: number; NewlyAllowed: number }[];
  Totals: Totals;
  Progress: { AccountsDone: number; Accounts: number; Percent: number; Done: boolean };
  Marker?: string;
}

let owner: Person;
let clerk: Person;
let secret: string;
/** All that is asked about happened between these. */
let start: number;
let end: number;

const ask = (input: object, credentials = owner.credentials) =>
  native(server, '/v1/authz/what-if', input, { credentials });
const as = (person: Person, path: string, input: object = {}) =>
  native(server, path, input, { credentials: person.credentials });

/** All parts of an answer. */
async function whatIf(Changes: object[], more: object = {}): Promise<{ parts: Part[]; flips: Flip[]; last: Part }> {
  const parts: Part[] = [];
  let Marker: string | undefined;
  const window = { StartTime: new Date(start).toISOString(), EndTime: new Date(end).toISOString() };
  do {
    const answer = await ask({ Changes, ...window, ...more, ...(Marker !== undefined && { Marker }) });
    expect(answer.status, answer.text).toBe(200);
    const part = answer.json() as unknown as Part;
    parts.push(part);
    Marker = part.Marker;
  } while (Marker !== undefined);
  const last = parts.at(-1) as Part;
  expect(last.Progress).toMatchObject({ Done: true, Percent: 100 });
  return { parts, flips: parts.flatMap(({ Flips }) => Flips), last };
}

const denying = (...actions: string[]) => policy({ Sid: 'Proposed', Effect: 'Deny', Action: actions, Resource: '*' });
const adding = (Document: string, Target = clerk.arn) => ({
  PolicyType: 'identity',
  Operation: 'add',
  Target,
  Document,
});
const actionsOf = (flips: readonly Flip[]) => flips.map(({ Action }) => Action).sort();

beforeAll(async () => {
  owner = await createAccount(server);
  secret = uniqueName('what-if');
  const made = await as(owner, '/v1/ccms/create-secret', { Name: secret, SecretString: 'hidden-from-records' });
  expect(made.status, made.text).toBe(200);
  clerk = await createUser(server, undefined, owner.credentials);
  await putPolicy(
    server,
    clerk.name,
    allow(['kms:ListKeys', 'secretsmanager:GetSecretValue', 'iam:ListUsers']),
    owner.credentials,
  );
  // In a service of its own a policy is seen within a second.
  await eventually(async () => (await as(clerk, '/v1/kms/list-keys')).status === 200);
  await eventually(async () => (await as(clerk, '/v1/ccms/get-secret-value', { SecretId: secret })).status === 200);
  start = Date.now();
  for (const [path, input, status] of [
    ['/v1/kms/list-keys', {}, 200],
    ['/v1/iam/list-users', {}, 200],
    ['/v1/ccms/get-secret-value', { SecretId: secret }, 200],
    ['/v1/kms/create-key', {}, 403],
    ['/v1/iam/list-groups', {}, 403],
  ] as const)
    expect([path, (await as(clerk, path, input)).status]).toEqual([path, status]);
  end = Date.now();
  // Records reach the audit service after the answers, those of each service on their own way: four that allowed, two that
  // did not.
  await eventually(async () => {
    const { last } = await whatIf([adding(denying('*'))]);
    return last.Totals.NewlyDenied === 4 && last.Totals.Decisions === 6;
  }, 30_000);
});

describe('what if', () => {
  it('shows who loses what, in every service that decided, also what another service asked for', async () => {
    const { flips, last } = await whatIf([adding(denying('kms:*', 'iam:ListUsers'))]);
    expect(actionsOf(flips)).toEqual(['iam:ListUsers', 'kms:Decrypt', 'kms:ListKeys']);
    for (const flip of flips)
      expect(flip).toMatchObject({
        AccountId: owner.accountId,
        Principal: clerk.arn,
        Was: 'Allow',
        Becomes: 'Deny',
        Layer: 'identity',
        Statements: [{ Sid: 'Proposed' }],
      });
    expect(last.Totals).toMatchObject({ NewlyDenied: 3, NewlyAllowed: 0, Unknown: 0 });
    expect(last.ByPrincipal).toEqual([{ Principal: clerk.arn, NewlyDenied: 3, NewlyAllowed: 0 }]);
    expect(last.ByAction.map(({ Action }) => Action).sort()).toEqual(actionsOf(flips));
  });

  it('names records that can be found, and nothing that is in them besides', async () => {
    const { flips } = await whatIf([adding(denying('secretsmanager:*'))]);
    expect(flips).toHaveLength(1);
    const [{ EventId, EventName, Resource }] = flips as [Flip];
    expect([EventName, Resource.includes(`:secret:${secret}-`)]).toEqual(['GetSecretValue', true]);
    const found = await native(
      server,
      `/v1/authz/decisions/${EventId}`,
      {},
      {
        method: 'GET',
        credentials: owner.credentials,
      },
    );
    expect(found.status, found.text).toBe(200);
    expect(JSON.stringify(flips)).not.toContain('hidden-from-records');
  });

  it('shows who gains what by a policy more, and nothing where nothing would change', async () => {
    const { flips, last } = await whatIf([adding(policy({ Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' }))]);
    expect(flips).toMatchObject([{ Action: 'kms:CreateKey', Was: 'Deny', Becomes: 'Allow', EventName: 'CreateKey' }]);
    expect(last.Totals).toMatchObject({ NewlyDenied: 0, NewlyAllowed: 1, Unknown: 0 });
    const none = await whatIf([adding(denying('kms:ScheduleKeyDeletion'))]);
    expect(none.flips).toEqual([]);
    expect(none.last.Totals.Touched).toBeGreaterThanOrEqual(5);
  });

  it('takes away what a policy gives that is removed, and leaves others alone', async () => {
    const PolicyArn = (await listedPolicy()) as string;
    const { flips, last } = await whatIf([
      { PolicyType: 'identity', Operation: 'remove', Target: clerk.arn, PolicyArn },
    ]);
    expect(actionsOf(flips)).toEqual(['iam:ListUsers', 'kms:ListKeys', 'secretsmanager:GetSecretValue']);
    expect(new Set(flips.map(({ Principal }) => Principal))).toEqual(new Set([clerk.arn]));
    expect(last.Totals.Unknown).toBe(0);
  });

  it('answers in parts that together are the whole', async () => {
    const Changes = [adding(denying('*'), owner.accountId)];
    const whole = await whatIf(Changes);
    const split = await whatIf(Changes, { MaxItems: 1 });
    expect(split.parts.length).toBeGreaterThan(2);
    expect(split.flips).toEqual(whole.flips);
    expect(split.last.Totals).toEqual(whole.last.Totals);
    const percents = split.parts.map(({ Progress }) => Progress.Percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
  });

  it('refuses a marker under another question, an empty proposal and a policy that is none', async () => {
    const [part] = (await whatIf([adding(denying('*'))], { MaxItems: 1 })).parts as [Part];
    const other = await ask({ Changes: [adding(denying('kms:*'))], MaxItems: 1, Marker: part.Marker });
    expect([other.status, other.json().code]).toEqual([400, 'Validation']);
    expect((await ask({ Changes: [] })).status).toBe(400);
    const broken = await ask({ Changes: [adding('{"Version":"2012-10-17"}')] });
    expect([broken.status, broken.json().code]).toEqual([400, 'MalformedPolicyDocument']);
    const nobody = await ask({ Changes: [adding(denying('*'), `${clerk.arn}-gone`)] });
    expect([nobody.status, nobody.json().code]).toEqual([404, 'NotFound']);
  });

  it('answers neither the clerk nor another account', async () => {
    const Changes = [adding(denying('*'))];
    const denied = await ask({ Changes }, clerk.credentials);
    expect([denied.status, denied.json().code]).toEqual([403, 'AccessDenied']);
    const stranger = await createAccount(server);
    const abroad = await ask(
      { Changes: [adding(denying('*'), stranger.accountId)], AccountIds: [owner.accountId] },
      stranger.credentials,
    );
    expect([abroad.status, abroad.json().code]).toEqual([403, 'AccessDenied']);
    const foreign = await ask({ Changes }, stranger.credentials);
    expect([foreign.status, foreign.json().code]).toEqual([404, 'NotFound']);
  });

  it('foretells what really happens when the proposal becomes the policy', async () => {
    const proposed = policy(
      { Effect: 'Allow', Action: ['kms:ListKeys', 'kms:CreateKey', 'secretsmanager:GetSecretValue'], Resource: '*' },
      { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' },
    );
    const PolicyArn = (await listedPolicy()) as string;
    const { flips } = await whatIf([
      { PolicyType: 'identity', Operation: 'replace', Target: clerk.arn, PolicyArn, Document: proposed },
    ]);
    expect(flips.map(({ Action, Becomes }) => [Action, Becomes]).sort()).toEqual([
      ['iam:ListUsers', 'Deny'],
      ['kms:CreateKey', 'Allow'],
      ['kms:Decrypt', 'Deny'],
    ]);
    await putPolicy(server, clerk.name, JSON.parse(proposed), owner.credentials);
    const becomes = (path: string, input: object, status: number) =>
      eventually(async () => (await as(clerk, path, input)).status === status);
    await becomes('/v1/iam/list-users', {}, 403);
    await becomes('/v1/kms/create-key', {}, 200);
    // The value is refused by the decision of kms.
    await becomes('/v1/ccms/get-secret-value', { SecretId: secret }, 403);
    await becomes('/v1/kms/list-keys', {}, 200);
    await becomes('/v1/iam/list-groups', {}, 403);
  });
});

/** The ARN under which records name the inline policy. */
async function listedPolicy(): Promise<string | undefined> {
  const { flips } = await whatIf([adding(policy({ Effect: 'Deny', Action: 'iam:ListUsers', Resource: '*' }))]);
  const [{ EventId }] = flips as [Flip];
  const found = await native(
    server,
    `/v1/authz/decisions/${EventId}`,
    {},
    {
      method: 'GET',
      credentials: owner.credentials,
    },
  );
  return /"(arn:[^"@]*\/test)["@]/.exec(found.text)?.[1];
}
