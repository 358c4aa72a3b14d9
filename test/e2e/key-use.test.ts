/** Keys and roles that nobody uses any more can be found: the last use of each is known. */
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { expect, inject, it } from 'vitest';
import { awsClients, eventually } from '../harness/clients.ts';
import { allow, createUser, keysOf, trust, uniqueName } from '../harness/people.ts';
import { json11, native } from '../harness/signed.ts';

const server = inject('server');

it('tells when and for what an access key was last used', async () => {
  const { credentials } = await createUser(server, allow('kms:ListKeys'));
  const AccessKeyId = credentials.accessKeyId;
  const lastUsed = async () =>
    (await native(server, '/v1/iam/get-access-key-last-used', { AccessKeyId })).json().AccessKeyLastUsed as {
      ServiceName: string;
      LastUsedDate?: string;
    };
  expect(await lastUsed()).toEqual({ ServiceName: 'N/A', Region: 'N/A' });
  const from = Date.now();
  expect((await json11(server, 'TrentService.ListKeys', {}, { credentials })).status).toBe(200);
  const use = await eventually(async () => {
    const found = await lastUsed();
    return found.ServiceName === 'kms' ? found : undefined;
  }, 20_000);
  expect(Math.abs(Date.parse(use.LastUsedDate as string) - from)).toBeLessThan(5_000);
});

it('tells when and where a role was last used', async () => {
  const { accountId } = server.admin;
  const RoleName = uniqueName('used');
  const made = await native(server, '/v1/iam/create-role', {
    RoleName,
    AssumeRolePolicyDocument: trust(accountId),
  });
  expect(made.status).toBe(200);
  await native(server, '/v1/iam/put-role-policy', {
    RoleName,
    PolicyName: 'keys',
    PolicyDocument: JSON.stringify(allow('kms:ListKeys')),
  });
  const { iam } = awsClients(server);
  const lastUsed = async () => (await iam.send(new GetRoleCommand({ RoleName }))).Role?.RoleLastUsed;
  expect(await lastUsed()).toEqual({});
  const session = await native(server, '/v1/sts/assume-role', {
    RoleArn: (made.json().Role as { Arn: string }).Arn,
    RoleSessionName: 'night',
  });
  const credentials = keysOf(session.json());
  const from = Date.now();
  await eventually(async () => {
    const { status } = await json11(server, 'TrentService.ListKeys', {}, { credentials });
    return status === 200 || undefined;
  });
  const use = await eventually(async () => {
    const found = await lastUsed();
    return found?.LastUsedDate && found;
  }, 20_000);
  expect(use.Region).toBe(server.admin.region);
  expect(Math.abs((use.LastUsedDate as Date).getTime() - from)).toBeLessThan(10_000);
  const shown = (await native(server, '/v1/iam/get-role', { RoleName })).json().Role as {
    RoleLastUsed: { LastUsedDate: string };
  };
  expect(Date.parse(shown.RoleLastUsed.LastUsedDate)).toBeGreaterThanOrEqual(from - 10_000);
});
