/** Every case of the authorization matrix, put to a running server. A wrong answer here is a hole or a lock-out. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type MatrixCase, matrixCases } from '../../derive/matrix.ts';
import { byArea, operations } from '../../derive/operations.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { adminCredentials, type Credentials, eventually } from '../harness/clients.ts';
import { allow, createAccount, createUser, type Person } from '../harness/people.ts';
import { native } from '../harness/signed.ts';
import { ask, essence, policyDocument, type Verdict, withoutNames } from './ask.ts';
import { makeObjects, missingObjects, type Objects, subjectOf } from './subject.ts';

const server = inject('server');
const home = server.admin.accountId;

let nobody: Person;
let deactivated: Person;
let other: Person;
let decisionId: string;

beforeAll(async () => {
  nobody = await createUser(server);
  other = await createAccount(server);
  deactivated = await createUser(server, allow('*'));
  const key = { UserName: deactivated.name, AccessKeyId: deactivated.credentials.accessKeyId, Status: 'Inactive' };
  await native(server, '/v1/iam/update-access-key', key);
  const identity = () => native(server, '/v1/sts/get-caller-identity', {}, { credentials: deactivated.credentials });
  await eventually(async () => (await identity()).status === 401);
  const denial = await native(server, '/v1/kms/create-key', {}, { credentials: nobody.credentials });
  decisionId = denial.json().decisionId as string;
  const explained = () => native(server, `/v1/authz/decisions/${decisionId}`, {}, { method: 'GET' });
  await eventually(async () => (await explained()).status === 200);
});

/** Credentials of an actor that is the same for every operation. */
function standing(actor: MatrixCase['actor']): Credentials | undefined {
  switch (actor) {
    case 'a wrong signature':
      return { ...adminCredentials(server), secretAccessKey: 'x'.repeat(40) };
    case 'a deactivated key':
      return deactivated.credentials;
    case 'the administrator of another account':
      return other.credentials;
    case 'no credentials':
      return undefined;
    default:
      return nobody.credentials;
  }
}

async function put(matrixCase: MatrixCase, objects: Objects): Promise<Verdict> {
  const { operation, actor, policy } = matrixCase;
  const subject = subjectOf(operation, objects, home, 'new');
  if (!policy) return ask(server, operation, subject, standing(actor));
  const person = await createUser(server, policyDocument(policy, subject));
  return ask(server, operation, subject, person.credentials);
}

async function expectHidden(operation: AnyOperation, objects: Objects): Promise<void> {
  const existing = subjectOf(operation, objects, home, 'existing');
  const missing = subjectOf(operation, missingObjects(objects), home, 'missing');
  const found = await ask(server, operation, existing, other.credentials);
  const absent = await ask(server, operation, missing, other.credentials);
  expect(essence(found, existing)).toBe(essence(absent, missing));
  expect(found.status).toBeLessThan(500);
  // Its own account id is all it may read of an account.
  expect(withoutNames(found.text, existing).split(home).length).toBe(
    withoutNames(absent.text, missing).split(home).length,
  );
  if (existing.names.length === 0) expect(found.text).not.toContain(home);
}

describe.each([...byArea(operations).keys()])('authorization of %s', (area) => {
  const all = operations.filter((operation) => operation.area === area);

  describe.each(all.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
    let objects: Objects;
    beforeAll(async () => {
      objects = await makeObjects(server, operation, decisionId);
    });

    // Permitted cases last: they may destroy what the others ask about.
    const cases = matrixCases([operation]).sort(
      (a, b) => Number(a.outcome === 'permitted') - Number(b.outcome === 'permitted'),
    );

    it.each(cases.map((c) => [c.actor, c.outcome, c] as const))('%s: %s', async (_actor, outcome, matrixCase) => {
      if (outcome === 'hidden') return expectHidden(operation, objects);
      const verdict = await put(matrixCase, objects);
      switch (outcome) {
        case 'unauthenticated':
          return expect(verdict).toMatchObject({ status: 401, code: 'Unauthenticated' });
        case 'denied':
          return expect(verdict).toMatchObject({
            status: 403,
            code: 'AccessDenied',
            decisionId: expect.stringMatching(/./),
          });
        default:
          expect([401, 403]).not.toContain(verdict.status);
          return expect(verdict.status, verdict.text).toBeLessThan(500);
      }
    });
  });
});
