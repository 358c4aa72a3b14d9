/**
 * What a request of the matrix is about. Turns the first example of an operation into an input that names real objects
 * of this account, or objects that do not exist, and says which resources that input is about.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { createKey, uniqueName } from '../harness/people.ts';
import type { SharedServer } from '../harness/shared.ts';
import { native } from '../harness/signed.ts';
import {
  type ConfigObjects,
  configSubject,
  isConfigOperation,
  makeConfigObjects,
  noConfigObjects,
} from './config-subject.ts';
import { isLeaseOperation, leaseResources, leaseValue, makeLeaseObjects } from './lease-subject.ts';
import { makeOrgObjects, missingOrgObjects, type OrgObjects, orgResources, orgValue } from './org-subject.ts';
import { isOnUploaded, makeAuthority, newCertificate, serialOf } from './pca-subject.ts';

type Input = Record<string, unknown>;

export interface Subject {
  input: Input;
  /** ARNs that an exact policy has to name. */
  resources: readonly string[];
  /** Every text of the input that names an object. */
  names: readonly string[];
}

/** new: names for what the operation makes; existing: names of objects of this account; missing: of none. */
export type Naming = 'new' | 'existing' | 'missing';

/** Objects of this account, made anew for each operation because some operations destroy them. */
export interface Objects {
  user: string;
  group: string;
  role: string;
  sessionId: string;
  device: string;
  policyArn: string;
  accessKeyId: string;
  keyArn: string;
  alias: string;
  grantId: string;
  namespace: string;
  ciphertext: string;
  decisionId: string;
  project: string;
  secretArn: string;
  versionId: string;
  target: string;
  authorityArn: string;
  certificateArn: string;
  auditReportId: string;
  acmeDirectory: string;
  acmeKey: string;
  outsideArn: string;
  outsideOrder: string;
  wrappingId: string;
  wrappingToken: string;
  credentialRole: string;
  leaseId: string;
  rotationFunction: string;
  auditExport: string;
  /** Only for operations on the organization. */
  org?: OrgObjects;
  /** Only for operations of the detective engine. */
  config?: ConfigObjects;
}

const SIGNER: Input = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' };
const MAC_KEY: Input = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' };
/** Keys of operations that no symmetric key serves. */
const KEY_FOR: Readonly<Record<string, Input>> = {
  Sign: SIGNER,
  Verify: SIGNER,
  GetPublicKey: SIGNER,
  GenerateMac: MAC_KEY,
  VerifyMac: MAC_KEY,
};
const CONTEXTS = ['EncryptionContext', 'SourceEncryptionContext'] as const;

/** Makes what the example of the operation can name; what it does not name keeps a name of nothing. */
export async function makeObjects(server: SharedServer, operation: AnyOperation, decisionId: string): Promise<Objects> {
  const wanted = new Set(
    JSON.stringify(exampleOf(operation))
      .match(/"\w+"(?=:)/g)
      ?.map((member) => member.slice(1, -1)),
  );
  const names = (...members: string[]) => members.some((member) => wanted.has(member));
  const ask = async (path: string, input: Input): Promise<Input> => {
    const answer = await native(server, path, input);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
    return answer.json();
  };
  const objects = nothing(operation, server.admin.accountId, decisionId);
  if (isConfigOperation(operation)) return { ...objects, config: await makeConfigObjects(server, operation) };
  if (operation.area === 'org') return { ...objects, org: await makeOrgObjects(server, operation, names) };
  const makeUser = async () => {
    await ask('/v1/iam/create-user', { UserName: objects.user });
    if (names('AccessKeyId')) objects.accessKeyId = (await createKey(server, objects.user)).accessKeyId;
  };
  const makeGrant = async () => {
    const GranteePrincipal = `arn:aws:iam::${server.admin.accountId}:user/${server.admin.userName}`;
    const made = { KeyId: objects.keyArn, GranteePrincipal, Operations: ['Decrypt'] };
    return (await ask('/v1/kms/create-grant', made)).GrantId as string;
  };
  const makeKey = async () => {
    const made = await ask('/v1/kms/create-key', KEY_FOR[operation.name] ?? {});
    objects.keyArn = (made.KeyMetadata as { Arn: string }).Arn;
    if (names('AliasName'))
      await ask('/v1/kms/create-alias', { AliasName: objects.alias, TargetKeyId: objects.keyArn });
    if (names('GrantId')) objects.grantId = await makeGrant();
    const context = CONTEXTS.map((member) => exampleOf(operation)[member]).find((value) => value !== undefined) ?? {};
    const plain = { KeyId: objects.keyArn, Plaintext: 'eA==', EncryptionContext: context };
    if (names('CiphertextBlob')) objects.ciphertext = (await ask('/v1/kms/encrypt', plain)).CiphertextBlob as string;
  };
  const makePolicy = async () => {
    const PolicyDocument =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:Sign","Resource":"*"}]}';
    const made = await ask('/v1/iam/create-policy', { PolicyName: uniqueName('policy'), PolicyDocument });
    objects.policyArn = (made.Policy as { Arn: string }).Arn;
  };
  const makeProject = async () => {
    const made = await ask('/v1/iam/create-enterprise-project', { Name: uniqueName('project') });
    objects.project = (made.EnterpriseProject as { EnterpriseProjectId: string }).EnterpriseProjectId;
  };
  const makeNamespace = () =>
    ask('/v1/authz/register-namespace', { Name: objects.namespace, Actions: [{ Name: 'Read' }] });
  const isAboutUser =
    names('UserName', 'Principal', 'PolicySourceArn', 'Target', 'AccessKeyId') ||
    names('GranteePrincipal', 'RetiringPrincipal') ||
    (names('ResourceArn') && operation.area === 'iam');
  if (isAboutUser) await makeUser();
  const makeRole = async () => {
    const Principal = { AWS: server.admin.accountId, Service: 'secretsmanager.amazonaws.com' };
    const Statement = [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }];
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await ask('/v1/iam/create-role', { RoleName: objects.role, AssumeRolePolicyDocument });
    const RoleArn = `arn:aws:iam::${server.admin.accountId}:role/${objects.role}`;
    if (!names('SessionId')) return;
    const made = await ask('/v1/sts/assume-role', { RoleArn, RoleSessionName: 'matrix' });
    objects.sessionId = (made.Credentials as { AccessKeyId: string }).AccessKeyId;
  };
  const isAboutLease = isLeaseOperation(operation);
  const isAboutTarget = isAboutLease || (operation.area === 'ccms' && operation.name.includes('Target'));
  const isAboutFunction = isOnFunction(operation);
  if (names('RoleName', 'RoleArn', 'SessionId') || isAboutTarget || isAboutFunction) await makeRole();
  if (names('SerialNumber')) await ask('/v1/iam/create-virtual-mfa-device', { VirtualMFADeviceName: objects.device });
  if (names('GroupName')) await ask('/v1/iam/create-group', { GroupName: objects.group });
  if (operation.area === 'kms') await makeKey();
  const makeSecret = async () => {
    const input = { Name: uniqueName('secret'), ClientRequestToken: objects.versionId, SecretString: '{"a":1}' };
    objects.secretArn = (await ask('/v1/ccms/create-secret', input)).ARN as string;
    if (operation.name === 'DiffSecretVersions')
      await ask('/v1/ccms/put-secret-value', { SecretId: objects.secretArn, SecretString: '{"a":2}' });
    const GranteePrincipal = `arn:aws:iam::${server.admin.accountId}:user/${server.admin.userName}`;
    if (names('GrantId')) {
      const made = await ask('/v1/ccms/create-secret-grant', { SecretId: objects.secretArn, GranteePrincipal });
      objects.grantId = (made.Grant as { GrantId: string }).GrantId;
    }
    if (names('WrappingId', 'WrappingToken')) {
      const made = await ask('/v1/ccms/wrap-secret-value', { SecretId: objects.secretArn });
      objects.wrappingId = (made.Wrapping as { WrappingId: string }).WrappingId;
      objects.wrappingToken = made.WrappingToken as string;
    }
    if (operation.name === 'RestoreSecret') await ask('/v1/ccms/delete-secret', { SecretId: objects.secretArn });
  };
  if (operation.area === 'ccms') await makeSecret();
  const makeTarget = () =>
    ask('/v1/ccms/create-target', {
      ...{ Name: objects.target, Engine: 'postgres', Database: 'shop', SkipTest: true },
      ...{ Endpoints: [{ Host: '127.0.0.1', Port: 1 }], Tls: { Mode: 'plain' } },
      AdminSecretId: objects.secretArn,
      RoleArn: `arn:aws:iam::${server.admin.accountId}:role/${objects.role}`,
    });
  if (isAboutTarget && operation.name !== 'CreateTarget') await makeTarget();
  if (isAboutLease) await makeLeaseObjects(ask, operation, objects);
  const makeFunction = () =>
    ask('/v1/ccms/register-rotation-function', {
      ...{ Name: objects.rotationFunction, Url: 'https://localhost/', SigningSecretId: objects.secretArn },
      RoleArn: `arn:aws:iam::${server.admin.accountId}:role/${objects.role}`,
    });
  if (isAboutFunction && !operation.name.startsWith('Register')) await makeFunction();
  const makeExport = () =>
    ask('/v1/audit/create-export', {
      ...{ Name: objects.auditExport, Format: 'native', StartAt: 'NOW' },
      Destination: { Archive: { Store: 'archive' } },
    });
  if (isOnExport(operation) && operation.name !== 'CreateExport') await makeExport();
  if (operation.area === 'pca') Object.assign(objects, await makeAuthority(operation, ask));
  if (names('PolicyArn', 'PermissionsBoundary') || operation.name === 'CreatePolicy') await makePolicy();
  if (operation.area === 'authz' && names('Name')) await makeNamespace();
  if (names('EnterpriseProjectId')) await makeProject();
  return objects;
}

function nothing(operation: AnyOperation, home: string, decisionId: string): Objects {
  const { area } = operation;
  const authorityArn = `arn:aws:acm-pca:local-1:${home}:certificate-authority/${randomUUID()}`;
  return {
    user: uniqueName('user'),
    group: uniqueName('group'),
    role: uniqueName('role'),
    sessionId: `ASIA${randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()}`,
    device: uniqueName('phone'),
    namespace: uniqueName('space'),
    policyArn: `arn:aws:iam::${home}:policy/${uniqueName('policy')}`,
    accessKeyId: `AKIA${randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()}`,
    keyArn: `arn:aws:kms:local-1:${home}:key/${randomUUID()}`,
    alias: `alias/${uniqueName('alias')}`,
    grantId: area === 'ccms' ? randomUUID() : randomBytes(32).toString('hex'),
    ciphertext: Buffer.alloc(64, 1).toString('base64'),
    decisionId,
    project: randomUUID(),
    secretArn: `arn:aws:secretsmanager:local-1:${home}:secret:${uniqueName('secret')}-a1B2c3`,
    versionId: randomUUID(),
    target: uniqueName('target'),
    authorityArn,
    auditReportId: randomUUID(),
    certificateArn: isOnUploaded(operation)
      ? `arn:aws:acm-pca:local-1:${home}:certificate/${randomUUID()}`
      : `${authorityArn}/certificate/${randomBytes(18).toString('hex')}`,
    acmeDirectory: randomUUID(),
    acmeKey: randomUUID(),
    outsideArn: `arn:aws:acm-pca:local-1:${home}:outside-authority/${randomUUID()}`,
    outsideOrder: randomUUID(),
    wrappingId: randomUUID(),
    wrappingToken: `pwt_${randomBytes(32).toString('base64url')}`,
    credentialRole: uniqueName('role'),
    leaseId: randomUUID(),
    rotationFunction: uniqueName('function'),
    auditExport: uniqueName('export'),
  };
}

/** Objects with the same forms of names that do not exist. */
export function missingObjects(operation: AnyOperation, objects: Objects, home: string): Objects {
  // The header of a ciphertext names its key: 16 bytes from the fifth.
  const ciphertext = Buffer.from(objects.ciphertext, 'base64');
  ciphertext.fill(7, 4, 20);
  return {
    ...nothing(operation, home, randomUUID()),
    ciphertext: ciphertext.toString('base64'),
    ...(objects.org && { org: missingOrgObjects(objects.org) }),
    ...(objects.config && { config: noConfigObjects() }),
  };
}

export function subjectOf(operation: AnyOperation, objects: Objects, home: string, naming: Naming): Subject {
  if (objects.config) return configSubject(operation, objects.config, home, naming);
  const makes = naming === 'new' && /^(Create|Register)/.test(operation.name) && operation.name !== 'CreateAccessKey';
  const policyName = objects.policyArn.slice(objects.policyArn.lastIndexOf('/') + 1);
  const arn = (rest: string) => `arn:aws:iam::${home}:${rest}`;
  const values: Readonly<Record<string, unknown>> = {
    UserName: makes ? uniqueName('user') : objects.user,
    NewUserName: uniqueName('user'),
    GroupName: makes ? uniqueName('group') : objects.group,
    NewGroupName: uniqueName('group'),
    PolicyName: operation.name === 'CreatePolicy' ? (makes ? uniqueName('policy') : policyName) : undefined,
    PolicyArn: objects.policyArn,
    PermissionsBoundary: objects.policyArn,
    AccessKeyId: objects.accessKeyId,
    RoleName: makes ? uniqueName('role') : objects.role,
    RoleArn: arn(`role/${objects.role}`),
    SessionId: objects.sessionId,
    SerialNumber: arn(`mfa/${objects.device}`),
    VirtualMFADeviceName: uniqueName('phone'),
    AccountId: operation.name === 'IssueRootClaim' ? home : undefined,
    KeyId: objects.keyArn,
    TargetKeyId: objects.keyArn,
    SourceKeyId: objects.keyArn,
    DestinationKeyId: objects.keyArn,
    AliasName: makes ? `alias/${uniqueName('alias')}` : objects.alias,
    CiphertextBlob: objects.ciphertext,
    GrantId: objects.grantId,
    GranteePrincipal: arn(`user/${objects.user}`),
    RetiringPrincipal: arn(`user/${objects.user}`),
    // Permissions of authorities are for a service of AWS.
    Principal: operation.area === 'pca' ? undefined : arn(`user/${objects.user}`),
    PolicySourceArn: arn(`user/${objects.user}`),
    Target: arn(`user/${objects.user}`),
    DecisionId: objects.decisionId,
    EventId: objects.decisionId,
    EnterpriseProjectId: objects.project,
    ResourceArn: movable(operation, objects) ?? arn(`user/${objects.user}`),
    SecretId: objects.secretArn,
    AdminSecretId: objects.secretArn,
    CertificateAuthorityArn: objects.authorityArn,
    CertificateArn: objects.certificateArn,
    Confirmation: operation.area === 'pca' ? `delete the key of ${serialOf(objects.certificateArn)}` : undefined,
    Certificate: operation.name.startsWith('UploadCertificate') ? newCertificate().toString('base64') : undefined,
    AuditReportId: objects.auditReportId,
    DirectoryId: objects.acmeDirectory,
    ExternalAccountKeyId: objects.acmeKey,
    AcmeAccountId: randomUUID(),
    OutsideAuthorityArn: objects.outsideArn,
    OrderId: objects.outsideOrder,
    CertificateId: randomUUID(),
    CertificateSerial: serialOf(objects.certificateArn),
    WrappingId: objects.wrappingId,
    // A token permits by itself: what is no token at all is what policies decide about.
    WrappingToken: naming === 'new' ? undefined : objects.wrappingToken,
    SigningSecretId: objects.secretArn,
    MoveToVersionId: objects.versionId,
    IfCurrentVersionId: objects.versionId,
    AdministratorUserName: uniqueName('admin'),
    Name:
      operation.area === 'sts'
        ? uniqueName('f')
        : operation.area === 'authz'
          ? makes
            ? uniqueName('space')
            : objects.namespace
          : operation.area === 'ccms' && operation.name.includes('Target')
            ? makes
              ? uniqueName('target')
              : objects.target
            : isOnFunction(operation)
              ? makes
                ? uniqueName('function')
                : objects.rotationFunction
              : isOnExport(operation)
                ? makes
                  ? uniqueName('export')
                  : objects.auditExport
                : uniqueName('account'),
  };
  const insteadOf = (name: string) => {
    if (objects.org) return orgValue(objects.org, name);
    return (isLeaseOperation(operation) ? leaseValue(objects, makes, name) : undefined) ?? values[name];
  };
  const names = new Set<string>();
  const replace = (value: unknown, name?: string): unknown => {
    const replaced = name === undefined ? undefined : insteadOf(name);
    if (typeof replaced === 'object') {
      names.add((replaced as { Id: string }).Id);
      return replaced;
    }
    if (replaced !== undefined && typeof value === 'string') {
      names.add(String(replaced));
      return replaced;
    }
    if (Array.isArray(value)) return value.map((item) => (typeof item === 'object' ? replace(item) : item));
    if (typeof value !== 'object' || value === null) return value;
    // Members of namespaces and tags have names of their own.
    if (name === undefined || name === 'Items' || name === 'Changes')
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, replace(v, k)]));
    return value;
  };
  const input = replace(exampleOf(operation)) as Input;
  // The ARN of a certificate holds that of its authority, which answers name.
  if (operation.name === 'ReissueCertificate') names.add(objects.authorityArn);
  return { input, resources: resourcesOf(operation, input, objects, home), names: [...names] };
}

function isOnFunction({ area, name }: AnyOperation): boolean {
  return area === 'ccms' && name.endsWith('RotationFunction');
}

function isOnExport({ area, name }: AnyOperation): boolean {
  return area === 'audit' && /^(Create|Describe|Update|Pause|Resume|Delete)Export$/.test(name);
}

function movable({ area }: AnyOperation, objects: Objects): string | undefined {
  if (area === 'pca') return objects.authorityArn;
  return area === 'kms' ? objects.keyArn : area === 'ccms' ? objects.secretArn : undefined;
}

function exampleOf(operation: AnyOperation): Input {
  return operation.examples[0]?.input ?? {};
}

/** The ARNs an input is about, of the declared kind; for aliases their keys too. */
function resourcesOf(operation: AnyOperation, input: Input, objects: Objects, home: string): string[] {
  if (objects.org) return orgResources(operation, input, objects.org);
  const kind = typeof operation.authz === 'object' ? operation.authz.resource : '*';
  const arn = (rest: string) => `arn:aws:iam::${home}:${rest}`;
  const keys = objects.keyArn.slice(0, objects.keyArn.indexOf(':key/'));
  const secrets = keys.replace(':kms:', ':secretsmanager:');
  const named = (...members: string[]) =>
    members.flatMap((m) => (typeof input[m] === 'string' ? [input[m] as string] : []));
  switch (kind) {
    case 'iam:user': {
      const items = (input.Items as { Principal: string }[] | undefined) ?? [];
      const users = named('UserName', 'NewUserName').map((name) => arn(`user/${name}`));
      const owner = operation.name === 'GetAccessKeyLastUsed' ? [arn(`user/${objects.user}`)] : [];
      return [...users, ...named('Principal', 'PolicySourceArn'), ...items.map((item) => item.Principal), ...owner];
    }
    case 'iam:role': {
      const roles = named('RoleName').map((name) => arn(`role/${name}`));
      const owner = operation.name === 'RevokeSession' ? [arn(`role/${objects.role}`)] : [];
      return [...roles, ...named('RoleArn'), ...owner];
    }
    case 'iam:mfa':
      return [...named('SerialNumber'), ...named('VirtualMFADeviceName').map((name) => arn(`mfa/${name}`))];
    case 'sts:federated-user':
      return named('Name').map((name) => arn(`federated-user/${name}`).replace(':iam:', ':sts:'));
    case 'iam:group':
      return named('GroupName', 'NewGroupName').map((name) => arn(`group/${name}`));
    case 'iam:policy':
      return [
        ...named('PolicyArn'),
        ...(operation.name === 'CreatePolicy' ? named('PolicyName').map((n) => arn(`policy/${n}`)) : []),
      ];
    case 'iam:enterprise-project':
      return [arn(`enterprise-project/${objects.project}`)];
    case 'iam:resource':
      return named('ResourceArn');
    case 'authz:namespace':
      return named('Name').map((name) => `${keys.replace(':kms:', ':authz:')}:namespace/${name}`);
    case 'kms:alias':
      return [...named('AliasName').map((name) => `${keys}:${name}`), objects.keyArn];
    case 'kms:key':
      return [objects.keyArn];
    case 'secretsmanager:secret': {
      if (operation.name === 'CreateSecret') return named('Name').map((name) => `${secrets}:secret:${name}-*`);
      const at = input.Target as { Name?: string } | undefined;
      return [objects.secretArn, ...(at?.Name === undefined ? [] : [`${secrets}:target:${at.Name}`])];
    }
    case 'secretsmanager:credential-role':
      return leaseResources(operation, input, objects, secrets);
    case 'secretsmanager:rotation-function':
      return [
        ...named('Name').map((name) => `${secrets.replace(':secretsmanager:', ':lambda:')}:function:${name}`),
        arn(`role/${objects.role}`),
      ];
    case 'audit:export':
      return named('Name').map((name) => `${keys.replace(':kms:', ':audit:')}:export/${name}`);
    case 'acm-pca:certificate-authority':
      return [objects.authorityArn];
    case 'acm-pca:certificate':
      return [isOnUploaded(operation) ? objects.certificateArn : objects.authorityArn];
    case 'acm-pca:outside-authority':
      return [objects.outsideArn];
    case 'secretsmanager:target':
      return [...named('Name').map((name) => `${secrets}:target:${name}`), arn(`role/${objects.role}`)];
    default:
      return [];
  }
}
