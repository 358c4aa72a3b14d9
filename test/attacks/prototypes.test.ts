/**
 * Names of the machinery of objects in every place of a request: refused, or a name like any other. Nothing that was sent
 * turns up in an object that somebody else made, and nobody may do more than before.
 */
import { expect, inject, it } from 'vitest';
import type { RawAnswer } from '../harness/clients.ts';
import { createUser } from '../harness/people.ts';
import { json11, native, query, send } from '../harness/signed.ts';

const server = inject('server');
const NAMES = ['__proto__', 'constructor', 'prototype'] as const;
const MARK = 'polluted-by-a-test';

/** The text of JSON: in a literal `__proto__` would be the prototype. */
const text = (path: string, body: string) =>
  send(server, { path, body, headers: { 'content-type': 'application/json' } });
const deep = (name: string) => `{"${name}":{"${MARK}":"1","UserName":"${MARK}","isAdmin":true,"Effect":"Allow"}}`;

const PLACES: Readonly<Record<string, (name: string) => Promise<RawAnswer>>> = {
  'the body': (n) => text('/v1/kms/create-key', deep(n)),
  'the body, escaped': (n) =>
    text('/v1/kms/create-key', deep(n).replace(n, `\\u${n.charCodeAt(0).toString(16).padStart(4, '0')}${n.slice(1)}`)),
  'a list in the body': (n) => text('/v1/kms/create-key', `{"Tags":[${deep(n)}]}`),
  'a map in the body': (n) =>
    text('/v1/kms/encrypt', `{"KeyId":"alias/none","Plaintext":"eA==","EncryptionContext":{"${n}":"1"}}`),
  'a map of maps': (n) =>
    text('/v1/kms/encrypt', `{"KeyId":"alias/none","Plaintext":"eA==","EncryptionContext":${deep(n)}}`),
  'a policy': (n) => text('/v1/iam/create-policy', JSON.stringify({ PolicyName: `p-${n}`, PolicyDocument: deep(n) })),
  'a statement': (n) =>
    text(
      '/v1/iam/create-policy',
      JSON.stringify({
        PolicyName: `s-${n}`,
        PolicyDocument: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":${deep(n)}}]}`,
      }),
    ),
  'the AWS JSON body': (n) => json11(server, 'TrentService.CreateKey', {}, { body: deep(n) }),
  'the operation of AWS JSON': (n) => json11(server, `TrentService.${n}`, {}),
  'the service of AWS JSON': (n) => json11(server, `${n}.CreateKey`, {}),
  'a parameter of a form': (n) => query(server, 'iam', { Action: 'ListUsers', [n]: MARK }),
  'a parameter below a form': (n) => query(server, 'iam', { Action: 'ListUsers', [`${n}.${MARK}`]: '1' }),
  'a member of a list of a form': (n) =>
    query(server, 'iam', { Action: 'CreateUser', UserName: `f-${n}`, [`Tags.member.1.${n}.${MARK}`]: '1' }),
  'the list of a form': (n) =>
    query(server, 'iam', { Action: 'CreateUser', UserName: `g-${n}`, [`Tags.${n}.1.Key`]: MARK }),
  'the place in a list of a form': (n) =>
    query(server, 'iam', { Action: 'CreateUser', UserName: `h-${n}`, [`Tags.member.${n}.Key`]: MARK }),
  'the action of a form': (n) => query(server, 'iam', { Action: n }),
  'a parameter of the target': (n) => send(server, { method: 'GET', path: `/v1/audit/events?${n}=${MARK}` }),
  'a parameter below one of the target': (n) =>
    send(server, { method: 'GET', path: `/v1/audit/events?${n}%5B${MARK}%5D=1` }),
  'the target': (n) => text(`/v1/kms/${n}`, '{}'),
  'the area of the target': (n) => text(`/v1/${n}/list-keys`, '{}'),
  'the name of a header': (n) => send(server, { path: '/v1/kms/list-keys', body: '{}', headers: { [n]: MARK } }),
  'the operation of a header': (n) => send(server, { body: '{}', headers: { 'x-amz-target': n } }),
};

const cases = NAMES.flatMap((name) => Object.entries(PLACES).map(([place, put]) => [name, place, put] as const));

it.each(cases)('%s as %s', async (name, _place, put) => {
  const answer = await put(name);
  // A busy machine may refuse for a moment; a fault is something else.
  expect(answer.status === 503 || answer.status < 500, answer.text).toBe(true);
  if (answer.status === 200) expect(answer.text).not.toContain(MARK);
});

it('changed nothing for anybody', async () => {
  const nobody = await createUser(server);
  expect((await native(server, '/v1/kms/list-keys', {}, { credentials: nobody.credentials })).status).toBe(403);
  const made = await native(server, '/v1/kms/create-key', {});
  expect(made.status).toBe(200);
  expect(made.text).not.toContain(MARK);
  const tags = await native(server, '/v1/iam/list-user-tags', { UserName: nobody.name });
  expect(tags.json().Tags).toEqual([]);
});
