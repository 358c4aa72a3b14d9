/** The detective engine as people meet it: what was changed is recorded and judged, by whom it was, and what is excused. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { allow, createAccount, createUser, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const home = server.admin.accountId;

type Answer = Record<string, unknown>;
interface Verdict {
  Arn: string;
  RuleId: string;
  Verdict: string;
  ExceptionId?: string;
}

async function org(operation: string, input: object = {}): Promise<Answer> {
  const answer = await native(server, `/v1/org/${operation}`, input);
  if (answer.status !== 200) throw new Error(`${operation} answered ${answer.text}`);
  return answer.text === '' ? {} : answer.json();
}

/** The recorded resource, as soon as there is one for which `wanted` holds. */
function recorded(Arn: string, wanted: (answer: Answer) => boolean = () => true): Promise<Answer> {
  return eventually(async () => {
    const answer = await native(server, '/v1/org/get-resource-config', { Arn });
    if (answer.status !== 200) return undefined;
    return wanted(answer.json()) ? answer.json() : undefined;
  }, 30_000);
}

const verdictOf = (answer: Answer, rule: string) =>
  (answer.Verdicts as Verdict[]).find((verdict) => verdict.RuleId === rule)?.Verdict;
const judged = (Arn: string, rule: string, verdict: string) =>
  recorded(Arn, (answer) => verdictOf(answer, rule) === verdict);

describe('the detective engine', () => {
  beforeAll(async () => {
    // The first walk over what there was before: the administrator is met by it.
    await recorded(`arn:aws:iam::${home}:user/${server.admin.userName}`);
  }, 60_000);

  it('records a user and its access key with who made them and the record of it', async () => {
    const UserName = uniqueName('user');
    const Arn = `arn:aws:iam::${home}:user/${UserName}`;
    await native(server, '/v1/iam/create-user', { UserName });
    // Two changes that are made before the first is looked at are one version.
    await recorded(Arn);
    const made = await native(server, '/v1/iam/create-access-key', { UserName });
    const key = made.json().AccessKey as { AccessKeyId: string; SecretAccessKey: string };
    const item = await recorded(Arn, (answer) => String(answer.Configuration).includes('AKIA'));
    expect(item.Item).toMatchObject({ ResourceType: 'iam:user', AccountId: home, Status: 'OK' });
    expect(JSON.parse(item.Configuration as string).accessKeys).toMatchObject([
      { id: key.AccessKeyId, status: 'Active' },
    ]);
    expect(item.Configuration).not.toContain(key.SecretAccessKey);
    const { Versions } = (await org('get-resource-config-history', { Arn })) as {
      Versions: { Cause?: { EventId: string; EventName: string; ActorArn: string }; Changes: { Path: string }[] }[];
    };
    const cause = Versions[0]?.Cause;
    expect(cause).toMatchObject({ EventName: 'CreateAccessKey' });
    const explained = await native(server, `/v1/authz/decisions/${cause?.EventId}`, {}, { method: 'GET' });
    expect(explained.status).toBe(200);
    expect(explained.json()).toMatchObject({ EventName: 'CreateAccessKey', Effect: 'allow' });
    expect((explained.json().Principal as Answer).Arn).toBe(cause?.ActorArn);
  });

  it('records a role from its making to its end, and judges whom it trusts', async () => {
    const RoleName = uniqueName('role');
    const Arn = `arn:aws:iam::${home}:role/${RoleName}`;
    const trust = (account: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' },
      });
    const iam = async (operation: string, input: object) => {
      const answer = await native(server, `/v1/iam/${operation}`, input);
      expect(answer.status, answer.text).toBe(200);
    };
    await iam('create-role', { RoleName, AssumeRolePolicyDocument: trust(home) });
    await judged(Arn, 'G-D-13', 'COMPLIANT');
    const stranger = await createAccount(server);
    const foreign = stranger.arn.split(':')[4] as string;
    await iam('update-assume-role-policy', { RoleName, PolicyDocument: trust(foreign) });
    await judged(Arn, 'G-D-13', 'NON_COMPLIANT');
    await iam('delete-role', { RoleName });
    await recorded(Arn, (answer) => (answer.Item as Answer).Status === 'DELETED');
    const { Versions } = (await org('get-resource-config-history', { Arn })) as {
      Versions: { Cause?: { EventName: string } }[];
    };
    expect(Versions.map(({ Cause }) => Cause?.EventName)).toEqual([
      'DeleteRole',
      'UpdateAssumeRolePolicy',
      'CreateRole',
    ]);
  });

  it('sees a rule turn when a key is scheduled for deletion too soon, and turn back', async () => {
    const made = await native(server, '/v1/kms/create-key', {});
    const { Arn, KeyId } = made.json().KeyMetadata as { Arn: string; KeyId: string };
    await judged(Arn, 'G-D-17', 'COMPLIANT');
    await native(server, '/v1/kms/schedule-key-deletion', { KeyId, PendingWindowInDays: 7 });
    await judged(Arn, 'G-D-17', 'NON_COMPLIANT');
    await native(server, '/v1/kms/cancel-key-deletion', { KeyId });
    await judged(Arn, 'G-D-17', 'COMPLIANT');
    const history = await org('get-resource-config-history', { Arn });
    const turns = (history.VerdictChanges as { RuleId: string; After?: string }[]).filter((t) => t.RuleId === 'G-D-17');
    expect(turns.map((turn) => turn.After)).toEqual(['COMPLIANT', 'NON_COMPLIANT', 'COMPLIANT']);
  });

  it('judges a registered volume at once, excuses it for a while and counts it in the score', async () => {
    const person = await createAccount(server);
    const asked = async (operation: string, input: object) => {
      const answer = await native(server, `/v1/org/${operation}`, input, { credentials: person.credentials });
      expect(answer.status, answer.text).toBe(200);
      return answer.json();
    };
    const volume = { ResourceType: 'ext:volume', ResourceId: uniqueName('vol'), Configuration: '{"encrypted":false}' };
    const { Item, Verdicts } = await asked('put-resource-config', volume);
    const { Arn } = Item as { Arn: string };
    expect(verdictOf({ Verdicts }, 'G-D-38')).toBe('NON_COMPLIANT');
    const score = async () => (await asked('get-config-score', {})).Total as Record<string, number>;
    const before = await score();
    expect(before.NonCompliant).toBeGreaterThanOrEqual(1);
    const ExpiresAt = new Date(Date.now() + 6_000).toISOString();
    const { Exception } = await asked('put-config-exception', {
      RuleId: 'G-D-38',
      Scope: { ResourceArn: Arn },
      Category: 'WAIVER',
      Owner: 'storage@acme.example',
      Reason: 'it is emptied this week',
      ExpiresAt,
    });
    const excused = await asked('get-resource-config', { Arn });
    expect((excused.Verdicts as Verdict[]).find((v) => v.RuleId === 'G-D-38')).toMatchObject({
      Verdict: 'EXEMPT',
      ExceptionId: (Exception as { ExceptionId: string }).ExceptionId,
    });
    const after = await score();
    expect(after.Exempt).toBe(1);
    expect(after.NonCompliant).toBe((before.NonCompliant ?? 0) - 1);
    // It ends by itself.
    await eventually(
      async () => verdictOf(await asked('get-resource-config', { Arn }), 'G-D-38') === 'NON_COMPLIANT',
      20_000,
    );
  });

  it('judges a volume again when the key that encrypts it is disabled', async () => {
    const made = await native(server, '/v1/kms/create-key', {});
    const { Arn: key, KeyId } = made.json().KeyMetadata as { Arn: string; KeyId: string };
    await recorded(key);
    const put = await org('put-resource-config', {
      ResourceType: 'ext:volume',
      ResourceId: uniqueName('vol'),
      Configuration: JSON.stringify({ encrypted: true, kmsKeyArn: key }),
    });
    const { Arn } = put.Item as { Arn: string };
    expect(verdictOf(put, 'G-D-38')).toBe('COMPLIANT');
    await native(server, '/v1/kms/disable-key', { KeyId });
    await judged(Arn, 'G-D-38', 'NON_COMPLIANT');
  });

  it('runs a rule of the customer where code from strings is forbidden', async () => {
    const made = await org('put-config-rule', {
      Title: 'Hosts have an owner',
      Severity: 'MEDIUM',
      ResourceTypes: ['ext:host'],
      Expression: 'has(resource.tags.owner)',
      Message: 'the host has no owner',
    });
    const { RuleId } = made.Rule as { RuleId: string };
    const put = async (Tags: object) => {
      const input = { ResourceType: 'ext:host', ResourceId: uniqueName('host'), Configuration: '{}', Tags };
      return verdictOf(await org('put-resource-config', input), RuleId);
    };
    expect(await put({})).toBe('NON_COMPLIANT');
    expect(await put({ owner: 'payments' })).toBe('COMPLIANT');
    await org('delete-config-rule', { RuleId });
  });

  it('shows another account nothing of it, and lets nobody in without permission', async () => {
    const stranger = await createAccount(server);
    const Arn = `arn:aws:iam::${home}:user/${server.admin.userName}`;
    const asStranger = await native(
      server,
      '/v1/org/get-resource-config',
      { Arn },
      { credentials: stranger.credentials },
    );
    const missing = await native(
      server,
      '/v1/org/get-resource-config',
      { Arn: `arn:aws:iam::${home}:user/no-such-user` },
      { credentials: stranger.credentials },
    );
    expect(asStranger.status).toBe(404);
    expect(asStranger.json().code).toBe(missing.json().code);
    const nobody = await createUser(server, allow('kms:*'));
    const denied = await native(server, '/v1/org/list-config-verdicts', {}, { credentials: nobody.credentials });
    expect(denied.status).toBe(403);
  });
});
