/** Enterprise projects through the native API. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type Credentials, eventually, type RawAnswer } from '../harness/clients.ts';
import { createAccount, createUser, type Person, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');

/** The answer of an operation that must succeed. */
async function done<T = Record<string, unknown>>(path: string, input: object, credentials?: Credentials): Promise<T> {
  const answer = await native(server, `/v1/${path}`, input, credentials ? { credentials } : {});
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  return (answer.text === '' ? {} : answer.json()) as T;
}

function tried(path: string, input: object, credentials?: Credentials): Promise<RawAnswer> {
  return native(server, `/v1/${path}`, input, credentials ? { credentials } : {});
}

async function project(name: string, by?: Credentials): Promise<string> {
  const made = await done<{ EnterpriseProject: { EnterpriseProjectId: string } }>(
    'iam/create-enterprise-project',
    { Name: name },
    by,
  );
  return made.EnterpriseProject.EnterpriseProjectId;
}

async function keyIn(EnterpriseProjectId: string, by?: Credentials): Promise<{ KeyId: string; Arn: string }> {
  return (await done<{ KeyMetadata: { KeyId: string; Arn: string } }>('kms/create-key', { EnterpriseProjectId }, by))
    .KeyMetadata;
}

describe('a grant in a project', () => {
  it('opens the keys of the project within a second, and no other ones', async () => {
    const [research, sales] = [await project(uniqueName('research')), await project(uniqueName('sales'))];
    const [mine, theirs] = [await keyIn(research), await keyIn(sales)];
    const alice = await createUser(server);
    const encrypt = (KeyId: string) => tried('kms/encrypt', { KeyId, Plaintext: 'eA==' }, alice.credentials);
    expect((await encrypt(mine.KeyId)).status).toBe(403);
    await done('iam/attach-project-policy', {
      EnterpriseProjectId: research,
      PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
      UserName: alice.name,
    });
    await eventually(async () => (await encrypt(mine.KeyId)).status === 200, 1_000);
    expect((await encrypt(theirs.KeyId)).status).toBe(403);
  });
});
