/** Every case of the authorization matrix, put to a running server. A wrong answer here is a hole or a lock-out. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type MatrixCase, matrixCases } from '../../derive/matrix.ts';
import { byArea, operations } from '../../derive/operations.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { adminCredentials, type Credentials, eventually } from '../harness/clients.ts';
import { allow, createAccount, createUser, type Person } from '../harness/people.ts';
import { native } from '../harness/signed.ts';
import { ask, essence, policyDocument, type Verdict, withoutNames } from './ask.ts';
import { makeObjects, missingObjects, type Objects, type Subject, subjectOf } from './subject.ts';

const server = inject('server');
const home = server.admin.accountId;

let nobody: Person;
let deactivated: Person;
let other: Person;
/** The administrator of an account that never asked about ours: its own records do not name us. */
let bystander: Person;
let decisionId: string;

beforeAll(async () => {
  nobody = await createUser(server);
  other = await createAccount(server);
  bystander = await createAccount(server);
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

/** The actor of a case with a policy of its own. */
function actorOf({ operation, policy }: MatrixCase, objects: Objects): Promise<Asker> | undefined {
  if (!policy) return undefined;
  const subject = subjectOf(operation, objects, home, 'new');
  return createUser(server, policyDocument(policy, subject)).then(({ credentials }) => ({ subject, credentials }));
}

/** What becomes of the few permitted requests that the service then cannot carry out. */
const NOT_DONE: Readonly<Record<string, [status: number, code: string]>> = {
  // Nothing is attached to the fresh user or group.
  RemoveUserFromGroup: [404, 'NotFound'],
  DetachUserPolicy: [404, 'NotFound'],
  DetachGroupPolicy: [404, 'NotFound'],
  DetachProjectPolicy: [404, 'NotFound'],
  DeleteUserPermissionsBoundary: [404, 'NotFound'],
  GetUserPolicy: [404, 'NotFound'],
  DeleteUserPolicy: [404, 'NotFound'],
  GetGroupPolicy: [404, 'NotFound'],
  DeleteGroupPolicy: [404, 'NotFound'],
  // The only version is the default one; the key is not to be deleted.
  DeletePolicyVersion: [409, 'DeleteConflict'],
  CancelKeyDeletion: [409, 'InvalidState'],
  // The examples name an application that is not registered, keys of its name, and a policy that locks the caller out.
  Authorize: [400, 'Validation'],
  RegisterNamespace: [400, 'Validation'],
  PutKeyPolicy: [400, 'MalformedPolicyDocument'],
};

interface Asker {
  subject: Subject;
  credentials: Credentials;
}

async function expectHidden(operation: AnyOperation, objects: Objects): Promise<void> {
  const existing = subjectOf(operation, objects, home, 'existing');
  if (existing.names.length === 0) {
    const found = await ask(server, operation, existing, bystander.credentials);
    expect(found.status).toBe(200);
    return expect(found.text.includes(home)).toBe(false);
  }
  const missing = subjectOf(operation, missingObjects(objects, home), home, 'missing');
  const found = await ask(server, operation, existing, other.credentials);
  const absent = await ask(server, operation, missing, other.credentials);
  expect(essence(found, existing)).toBe(essence(absent, missing));
  expect(found.status).toBeLessThan(500);
  // What was not in the question says nothing about our account.
  const mentions = (verdict: Verdict, subject: Subject) => withoutNames(verdict.text, subject).split(home).length;
  expect(mentions(found, existing)).toBe(mentions(absent, missing));
}

describe.each([...byArea(operations).keys()])('authorization of %s', (area) => {
  const all = operations.filter((operation) => operation.area === area);

  describe.each(all.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
    // Permitted cases last: they may destroy what the others ask about.
    const cases = matrixCases([operation]).sort(
      (a, b) => Number(a.outcome === 'permitted') - Number(b.outcome === 'permitted'),
    );

    let objects: Objects;
    const askers = new Map<MatrixCase, Asker>();
    beforeAll(async () => {
      objects = await makeObjects(server, operation, decisionId);
      for (const matrixCase of cases) {
        const asker = await actorOf(matrixCase, objects);
        if (asker) askers.set(matrixCase, asker);
      }
    });

    it.each(cases.map((c) => [c.actor, c.outcome, c] as const))('%s: %s', async (_actor, outcome, matrixCase) => {
      if (outcome === 'hidden') return expectHidden(operation, objects);
      const { subject, credentials } = askers.get(matrixCase) ?? {
        subject: subjectOf(operation, objects, home, 'new'),
        credentials: standing(matrixCase.actor),
      };
      const verdict = await ask(server, operation, subject, credentials);
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
          return expect([verdict.status, verdict.code]).toEqual(NOT_DONE[operation.name] ?? [200, undefined]);
      }
    });
  });
});
