/** Every case of the authorization matrix, put to a running server. A wrong answer here is a hole or a lock-out. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type MatrixCase, matrixCases } from '../../derive/matrix.ts';
import { byArea, operations } from '../../derive/operations.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { adminCredentials, type Credentials, eventually } from '../harness/clients.ts';
import { ensureOrganization, joinedAccount } from '../harness/organization.ts';
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
let memberAdministrator: Person;
let decisionId: string;

beforeAll(async () => {
  nobody = await createUser(server);
  other = await createAccount(server);
  bystander = await createAccount(server);
  await ensureOrganization(server);
  memberAdministrator = await joinedAccount(server);
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
    case 'the administrator of a member account':
      return memberAdministrator.credentials;
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
  // The certificate of an example is nobody's.
  'pca ImportCertificateAuthorityCertificate': [400, 'MalformedCertificate'],
  // The account of the example does not exist; who may do nothing but delete a policy could not put it back.
  'pca PutPolicy': [400, 'InvalidPolicy'],
  'pca DeletePolicy': [409, 'LockoutPrevented'],
  // Only its client opens an account of an ACME directory.
  'pca DescribeAcmeAccount': [404, 'NotFound'],
  'pca DeactivateAcmeAccount': [404, 'NotFound'],
  // The CA outside of the example issues nothing.
  'pca DescribeOutsideCertificate': [404, 'NotFound'],
  'pca RenewOutsideCertificate': [404, 'NotFound'],
  'pca RevokeOutsideCertificate': [404, 'NotFound'],
  // There is an organization, with members and all features, and its management account cannot leave.
  'org CreateOrganization': [409, 'AlreadyInOrganization'],
  // Nothing was restored.
  'audit DeclareRestore': [409, 'NothingToDeclare'],
  // The root keys were never rotated.
  'kms RetireRootVersion': [409, 'RootRotationRefused'],
  'org DeleteOrganization': [409, 'OrganizationNotEmpty'],
  'org EnableAllFeatures': [409, 'HandshakeConstraintViolation'],
  'org LeaveOrganization': [409, 'MasterCannotLeaveOrganization'],
  // The fresh account is active, the fresh policy is attached nowhere, nothing is delegated.
  'org ResumeAccount': [409, 'AccountConflict'],
  'org ReinstateAccount': [409, 'AccountConflict'],
  'org UpdatePolicyAttachment': [409, 'PolicyNotAttached'],
  'org DetachPolicy': [409, 'PolicyNotAttached'],
  'org DescribeEffectivePolicy': [404, 'EffectivePolicyNotFound'],
  'org RegisterDelegatedAdministrator': [409, 'ConstraintViolation'],
  'org DeregisterDelegatedAdministrator': [409, 'AccountNotRegistered'],
  'org ListDelegatedServicesForAccount': [409, 'AccountNotRegistered'],
  'org DescribeResourcePolicy': [404, 'ResourcePolicyNotFound'],
  'org DeleteResourcePolicy': [404, 'ResourcePolicyNotFound'],
  // The example names no member.
  'org PutResourcePolicy': [400, 'InvalidInput'],
  // The sender of an invitation does not answer it: by AWS a denial, though not by a policy.
  'org AcceptHandshake': [403, 'AccessDenied'],
  'org DeclineHandshake': [403, 'AccessDenied'],
  // No database is there to log in to, and the fresh role may read no secret.
  'ccms TestTarget': [409, 'TargetFailed'],
  'ccms CreateTarget': [409, 'TargetFailed'],
  'ccms UpdateTarget': [409, 'TargetFailed'],
  'ccms IssueCredential': [409, 'TargetFailed'],
  // Only who asked for a lease lives by it: for everybody else there is none, of whatever role.
  'ccms RenewLease': [403, 'AccessDenied'],
  // Nothing is attached to the fresh user or group.
  'iam RemoveUserFromGroup': [404, 'NotFound'],
  'iam DetachUserPolicy': [404, 'NotFound'],
  'iam DetachGroupPolicy': [404, 'NotFound'],
  'iam DetachProjectPolicy': [404, 'NotFound'],
  'iam DeleteUserPermissionsBoundary': [404, 'NotFound'],
  'iam GetUserPolicy': [404, 'NotFound'],
  'iam DeleteUserPolicy': [404, 'NotFound'],
  'iam GetGroupPolicy': [404, 'NotFound'],
  'iam DeleteGroupPolicy': [404, 'NotFound'],
  'iam DetachRolePolicy': [404, 'NotFound'],
  'iam DeleteRolePermissionsBoundary': [404, 'NotFound'],
  'iam GetRolePolicy': [404, 'NotFound'],
  'iam DeleteRolePolicy': [404, 'NotFound'],
  // The device is nobody's, and the codes of the example are of no device.
  'iam ResyncMFADevice': [404, 'NotFound'],
  'iam DeactivateMFADevice': [404, 'NotFound'],
  'iam EnableMFADevice': [403, 'InvalidAuthenticationCode'],
  'iam ClaimRootUser': [403, 'AccessDenied'],
  // The only version is the default one; the key is not to be deleted.
  'iam DeletePolicyVersion': [409, 'DeleteConflict'],
  'kms CancelKeyDeletion': [409, 'InvalidState'],
  // The examples hold a signature and a MAC of no key.
  'kms Verify': [400, 'InvalidSignature'],
  'kms VerifyMac': [400, 'InvalidMac'],
  // The examples name an application that is not registered, keys of its name, and a policy that locks the caller out.
  'authz Authorize': [400, 'Validation'],
  'authz RegisterNamespace': [400, 'Validation'],
  'kms PutKeyPolicy': [400, 'MalformedPolicyDocument'],
  // The example names an account that does not exist.
  'ccms PutResourcePolicy': [400, 'MalformedPolicyDocument'],
  // The examples hold what never was a token.
  'ccms UnwrapSecretValue': [404, 'InvalidWrappingToken'],
  'ccms LookUpWrapping': [404, 'InvalidWrappingToken'],
  // The fresh secret does not rotate, no rotation of it has failed, and the target of the example does not exist.
  'ccms RotateSecret': [409, 'InvalidRequest'],
  'ccms CancelRotateSecret': [409, 'InvalidRequest'],
  'ccms PutRotationStrategy': [400, 'InvalidParameter'],
  'ccms ResumeRotation': [409, 'InvalidRequest'],
  'ccms AdoptRotation': [409, 'InvalidRequest'],
  'ccms AbandonRotation': [409, 'InvalidRequest'],
  'ccms ResetRotation': [409, 'InvalidRequest'],
  'ccms ForgoRotation': [409, 'InvalidRequest'],
  // Replicas are not offered.
  'ccms ReplicateSecretToRegions': [409, 'InvalidRequest'],
  'ccms RemoveRegionsFromReplication': [409, 'InvalidRequest'],
  'ccms StopReplicationToReplica': [409, 'InvalidRequest'],
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
  const missing = subjectOf(operation, missingObjects(operation, objects, home), home, 'missing');
  const found = await ask(server, operation, existing, other.credentials);
  const absent = await ask(server, operation, missing, other.credentials);
  expect(essence(found, existing)).toBe(essence(absent, missing));
  expect(found.status).toBeLessThan(500);
  // What was not in the question says nothing about our account.
  const mentions = (verdict: Verdict, subject: Subject) => withoutNames(verdict.text, subject).split(home).length;
  expect(mentions(found, existing)).toBe(mentions(absent, missing));
}

/** The organization is there or not, the objects are its or not: the answer is the same. */
async function expectOutside(operation: AnyOperation, objects: Objects): Promise<void> {
  const existing = subjectOf(operation, objects, home, 'existing');
  const missing = subjectOf(operation, missingObjects(operation, objects, home), home, 'missing');
  for (const subject of [existing, missing]) {
    const verdict = await ask(server, operation, subject, other.credentials);
    expect(verdict).toMatchObject({ status: 409, code: 'OrganizationsNotInUse' });
    expect(withoutNames(verdict.text, subject).includes(home)).toBe(false);
  }
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
      if (outcome === 'outside') return expectOutside(operation, objects);
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
          return expect([verdict.status, verdict.code]).toEqual(
            NOT_DONE[`${operation.area} ${operation.name}`] ?? [200, undefined],
          );
      }
    });
  });
});
