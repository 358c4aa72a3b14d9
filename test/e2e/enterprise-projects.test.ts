/** Enterprise projects: the page of the documentation as it is pasted, and what the page only claims. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Credentials, eventually, type RawAnswer } from '../harness/clients.ts';
import { runPage } from '../harness/page.ts';
import { createUser, type Person, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';

function tried(path: string, input: object, credentials?: Credentials): Promise<RawAnswer> {
  return native(server, `/v1/${path}`, input, credentials ? { credentials } : {});
}

/** The answer of an operation that must succeed. */
async function done<T = Record<string, unknown>>(path: string, input: object, credentials?: Credentials): Promise<T> {
  const answer = await tried(path, input, credentials);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  return (answer.text === '' ? {} : answer.json()) as T;
}

async function project(name: string): Promise<string> {
  const path = 'iam/create-enterprise-project';
  const made = await done<{ EnterpriseProject: { EnterpriseProjectId: string } }>(path, { Name: name });
  return made.EnterpriseProject.EnterpriseProjectId;
}

async function keyIn(EnterpriseProjectId: string): Promise<{ KeyId: string; Arn: string }> {
  return (await done<{ KeyMetadata: { KeyId: string; Arn: string } }>('kms/create-key', { EnterpriseProjectId }))
    .KeyMetadata;
}

describe('the group with two subsidiaries of three departments', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-projects-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('works as it is written down', async () => {
    const { shown, printed, ...ran } = await runPage(server, 'docs/how-to/enterprise-projects.md', folder);
    expect(ran).toEqual({ code: 0, stderr: '' });
    expect(shown.length).toBeGreaterThan(8);
    expect(printed).toEqual(shown);
  }, 600_000);
});

describe('a grant in a project', () => {
  let research: string;
  let sales: string;
  let alice: Person;
  beforeAll(async () => {
    [research, sales] = [await project(uniqueName('research')), await project(uniqueName('sales'))];
    alice = await createUser(server);
  });
  const encrypt = (KeyId: string) => tried('kms/encrypt', { KeyId, Plaintext: 'eA==' }, alice.credentials);

  it('opens the keys of the project within a second, no other ones, and is named in the record', async () => {
    const [mine, theirs] = [await keyIn(research), await keyIn(sales)];
    expect((await encrypt(mine.KeyId)).status).toBe(403);
    const grant = { EnterpriseProjectId: research, PolicyArn: ADMINISTRATOR, UserName: alice.name };
    await done('iam/attach-project-policy', grant);
    await eventually(async () => (await encrypt(mine.KeyId)).status === 200);
    const denied = await encrypt(theirs.KeyId);
    expect(denied.status).toBe(403);
    const { Reason, Context } = await explained(denied.json().decisionId as string);
    expect({ Reason, project: Context['parapet:enterpriseprojectid'] }).toEqual({
      Reason: 'implicit-deny',
      project: sales,
    });
    const allowed = await eventually(async () => {
      const path = `/v1/audit/events?EventName=Encrypt&Resource=${encodeURIComponent(mine.Arn)}`;
      const { Events } = (await native(server, path, {}, { method: 'GET' })).json() as unknown as { Events: Found[] };
      return Events.find(({ Event }) => Event.errorCode === undefined);
    });
    expect(allowed.Event.x).toMatchObject({
      enterpriseProject: research,
      decision: {
        checks: [{ statements: expect.arrayContaining([expect.objectContaining({ enterpriseProjectId: research })]) }],
      },
    });
    await done('iam/detach-project-policy', grant);
    await eventually(async () => (await encrypt(mine.KeyId)).status === 403);
  });

  it('is taken away by moving the key out, on every node within a second', async () => {
    const key = await keyIn(research);
    await done('iam/attach-project-policy', {
      EnterpriseProjectId: research,
      PolicyArn: ADMINISTRATOR,
      UserName: alice.name,
    });
    await eventually(async () => (await encrypt(key.KeyId)).status === 200);
    const move = { ResourceArn: key.Arn, EnterpriseProjectId: sales };
    // A page considers some of the principals of the account, and other tests have made many.
    const losses: { PrincipalArn: string; Actions: string[] }[] = [];
    for (let Marker: string | undefined, more = true; more; ) {
      const page = await done<{ Loses: typeof losses; Truncated: boolean; NextMarker?: string }>(
        'kms/preview-move-resource',
        { ...move, ...(Marker !== undefined && { Marker }) },
      );
      losses.push(...page.Loses);
      Marker = page.NextMarker;
      more = page.Truncated;
    }
    expect(losses.find((change) => change.PrincipalArn === alice.arn)?.Actions).toContain('kms:Encrypt');
    expect((await encrypt(key.KeyId)).status).toBe(200);
    await done('kms/move-resource', move);
    await eventually(async () => (await encrypt(key.KeyId)).status === 403);
  });

  it('counts in questions about the key, as it counts in requests', async () => {
    const bob = await createUser(server);
    await done('iam/attach-project-policy', {
      EnterpriseProjectId: research,
      PolicyArn: ADMINISTRATOR,
      UserName: bob.name,
    });
    const key = await keyIn(research);
    const describeKey = async () => {
      const question = { Principal: bob.arn, Action: 'kms:DescribeKey', Resource: key.Arn };
      const asked = await done<{ Decision: string }>('authz/authorize', question);
      const { status } = await tried('kms/describe-key', { KeyId: key.KeyId }, bob.credentials);
      return [asked.Decision, status];
    };
    await eventually(async () => (await describeKey())[1] === 200);
    expect(await describeKey()).toEqual(['Allow', 200]);
    await done('kms/move-resource', { ResourceArn: key.Arn, EnterpriseProjectId: sales });
    await eventually(async () => (await describeKey())[1] === 403);
    expect(await describeKey()).toEqual(['Deny', 403]);
    await done('kms/move-resource', { ResourceArn: key.Arn, EnterpriseProjectId: research });
    await eventually(async () => (await describeKey())[1] === 200);
    expect(await describeKey()).toEqual(['Allow', 200]);
  });
});

describe('devices and namespaces', () => {
  it('are in projects, and move', async () => {
    const [here, there] = [await project(uniqueName('here')), await project(uniqueName('there'))];
    const device = await done<{ VirtualMFADevice: { SerialNumber: string } }>('iam/create-virtual-mfa-device', {
      VirtualMFADeviceName: uniqueName('phone'),
      EnterpriseProjectId: here,
    });
    const Name = uniqueName('space');
    await done('authz/register-namespace', { Name, Actions: [{ Name: 'Do' }], EnterpriseProjectId: here });
    const namespace = `arn:aws:authz:local-1:${server.admin.accountId}:namespace/${Name}`;
    const listed = async (EnterpriseProjectId: string) =>
      (await done<{ Resources: object[] }>('iam/list-project-resources', { EnterpriseProjectId })).Resources;
    const resources = [
      { ResourceArn: device.VirtualMFADevice.SerialNumber, ResourceType: 'iam:mfa' },
      { ResourceArn: namespace, ResourceType: 'authz:namespace' },
    ];
    expect(await listed(here)).toEqual(resources);
    for (const { ResourceArn } of resources)
      await done('iam/move-resource', { ResourceArn, EnterpriseProjectId: there });
    expect([await listed(here), await listed(there)]).toEqual([[], resources]);
  });
});

interface Found {
  Event: { errorCode?: string; x: object };
}

async function explained(id: string): Promise<{ Reason: string; Context: Record<string, string> }> {
  const answer = await eventually(async () => {
    const found = await native(server, `/v1/authz/decisions/${id}`, {}, { method: 'GET' });
    return found.status === 200 && found;
  });
  const view = answer.json() as { Reason: string; Checks: { Context: Record<string, string> }[] };
  return { Reason: view.Reason, Context: view.Checks[0]?.Context ?? {} };
}
