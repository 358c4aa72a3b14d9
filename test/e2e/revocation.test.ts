/** Whatever ends a credential or a permission takes effect within one second, on every node and every credential. */
import { describe, expect, inject, it } from 'vitest';
import type { Credentials, RawAnswer } from '../harness/clients.ts';
import { allow, createUser, type Person, putPolicy } from '../harness/people.ts';
import { A_SECOND_MS } from '../harness/second.ts';
import { json11, native } from '../harness/signed.ts';

const server = inject('server');
const ALL = allow(['kms:*', 'sts:*', 'iam:*']);

interface Attempt {
  name: string;
  try(person: Person): Promise<() => Promise<RawAnswer>>;
}

/** The ways in that a user has. */
const ways: Attempt[] = [
  {
    name: 'access key',
    try: async (person) => () => json11(server, 'TrentService.ListKeys', {}, { credentials: person.credentials }),
  },
  {
    name: 'temporary credentials',
    async try(person) {
      const made = (await native(server, '/v1/sts/get-session-token', {}, { credentials: person.credentials })).json();
      const c = made.Credentials as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
      const credentials: Credentials = {
        accessKeyId: c.AccessKeyId,
        secretAccessKey: c.SecretAccessKey,
        sessionToken: c.SessionToken,
      };
      return () => json11(server, 'TrentService.ListKeys', {}, { credentials });
    },
  },
  {
    name: 'session token (JWT)',
    async try(person) {
      const { raw } = await import('../harness/clients.ts');
      const made = (await native(server, '/v1/sts/create-session', {}, { credentials: person.credentials })).json();
      return () =>
        raw(server, {
          method: 'POST',
          path: '/v1/kms/list-keys',
          body: '{}',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${made.Token as string}` },
        });
    },
  },
];

const ends: { name: string; end(person: Person): Promise<RawAnswer> }[] = [
  {
    name: 'the key is disabled',
    end: (p) =>
      native(server, '/v1/iam/update-access-key', {
        UserName: p.name,
        AccessKeyId: p.credentials.accessKeyId,
        Status: 'Inactive',
      }),
  },
  {
    name: 'the key is deleted',
    end: (p) =>
      native(server, '/v1/iam/delete-access-key', { UserName: p.name, AccessKeyId: p.credentials.accessKeyId }),
  },
  {
    name: 'the policy is removed',
    end: (p) => native(server, '/v1/iam/delete-user-policy', { UserName: p.name, PolicyName: 'test' }),
  },
  {
    name: 'a deny is added',
    async end(p) {
      const deny = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] };
      return native(server, '/v1/iam/put-user-policy', {
        UserName: p.name,
        PolicyName: 'deny',
        PolicyDocument: JSON.stringify(deny),
      });
    },
  },
];

describe.each(ends)('when $name', ({ end }) => {
  it.each(ways)('$name stops within a second', async (way) => {
    const person = await createUser(server, ALL);
    const attempt = await way.try(person);
    await expect.poll(async () => (await attempt()).status, { timeout: 20_000 }).toBe(200);
    expect((await end(person)).status).toBe(200);
    const from = performance.now();
    let last = await attempt();
    while (last.status === 200 && performance.now() - from < 3 * A_SECOND_MS) last = await attempt();
    expect(last.status).not.toBe(200);
    expect(performance.now() - from).toBeLessThan(A_SECOND_MS);
  });
});

it('a permission given is seen within a second', async () => {
  const person = await createUser(server);
  await putPolicy(server, person.name, ALL);
  const from = performance.now();
  let status = 0;
  while (status !== 200 && performance.now() - from < 3 * A_SECOND_MS)
    status = (await json11(server, 'TrentService.ListKeys', {}, { credentials: person.credentials })).status;
  expect(performance.now() - from).toBeLessThan(A_SECOND_MS);
});
