/**
 * Class C11: a page token is a position that we sealed. No list takes one that was made by somebody else, for another list,
 * or by a client's imagination; whatever it holds reaches no query.
 */
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { operations } from '../../derive/operations.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { shapeTree } from '../../platform/contract/shape-tree.ts';
import { nativeRequest } from '../../sdk/native-request.ts';
import { createAccount } from '../harness/people.ts';
import { native, send } from '../harness/signed.ts';
import { FORGED_TOKENS } from './forged-tokens.ts';

const server = inject('server');
const agent = new Agent({ keepAlive: true, ca: readFileSync(server.caPath) });
afterAll(() => agent.destroy());

function tokenMember(operation: AnyOperation): string | undefined {
  const shape = shapeTree(operation.input);
  if (shape.kind !== 'structure' || operation.authz === 'internal') return undefined;
  return shape.members.map(({ name }) => name).find((name) => /^(Marker|NextToken|PageToken)$/.test(name));
}

const lists = operations.flatMap((operation) => {
  const member = tokenMember(operation);
  return member === undefined ? [] : [{ operation, member, title: `${operation.area}:${operation.name}` }];
});

/** Sealed by this server: for two other lists, and for another account. */
const sealed: Record<string, string> = {};

beforeAll(async () => {
  const other = await createAccount(server);
  for (const credentials of [undefined, other.credentials]) {
    const options = credentials ? { credentials } : {};
    const name = credentials ? 'of another account' : 'of the list of keys';
    for (let i = 0; i < 2; i++) await native(server, '/v1/kms/create-key', {}, options);
    const page = await native(server, '/v1/kms/list-keys', { Limit: 1 }, options);
    sealed[name] = page.json().NextMarker as string;
  }
  for (const UserName of ['page-a', 'page-b']) await native(server, '/v1/iam/create-user', { UserName });
  sealed['of the list of users'] = (await native(server, '/v1/iam/list-users', { MaxItems: 1 })).json()
    .Marker as string;
});

it('there are lists, and sealed tokens', () => {
  expect(lists.length).toBeGreaterThan(30);
  expect(Object.values(sealed).map((token) => typeof token)).toEqual(['string', 'string', 'string']);
});

describe.each(lists)('$title', ({ operation, member }) => {
  it('takes no token that is not its own', async () => {
    const tokens = { ...FORGED_TOKENS, ...sealed };
    if (operation.name === 'ListKeys') delete tokens['of the list of keys'];
    if (operation.name === 'ListUsers') delete tokens['of the list of users'];
    const example = operation.examples[0]?.input ?? {};
    for (const [what, token] of Object.entries(tokens)) {
      const { method, target, body } = nativeRequest(operation, { ...example, [member]: token });
      const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
      const answer = await send(server, { method, path: target, headers, agent, ...(body && { body }) });
      expect(answer.status, `a token ${what}: ${answer.text.slice(0, 200)}`).toBeGreaterThanOrEqual(400);
      expect(answer.status === 503 || answer.status < 500, `a token ${what}: ${answer.text.slice(0, 200)}`).toBe(true);
    }
  });
});
