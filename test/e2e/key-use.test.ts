/** Keys that nobody uses any more can be found: the last use of each is known. */
import { expect, inject, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { allow, createUser } from '../harness/people.ts';
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
