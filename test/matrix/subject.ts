/**
 * What a request of the matrix is about. Turns the first example of an operation into an input that names real objects
 * of this account, or objects that do not exist, and says which resources that input is about.
 */
import { randomUUID } from 'node:crypto';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { createKey, uniqueName } from '../harness/people.ts';
import type { SharedServer } from '../harness/shared.ts';
import { native } from '../harness/signed.ts';

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
  policyArn: string;
  accessKeyId: string;
  keyArn: string;
  alias: string;
  namespace: string;
  ciphertext: string;
  decisionId: string;
}

const CONTEXTS = ['EncryptionContext', 'SourceEncryptionContext'] as const;

export async function makeObjects(server: SharedServer, operation: AnyOperation, decisionId: string): Promise<Objects> {
  const example = exampleOf(operation);
  const ask = async (path: string, input: Input): Promise<Input> => {
    const answer = await native(server, path, input);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
    return answer.json();
  };
  const names = { user: uniqueName('user'), group: uniqueName('group'), namespace: uniqueName('space') };
  await ask('/v1/iam/create-user', { UserName: names.user });
  await ask('/v1/iam/create-group', { GroupName: names.group });
  const document = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:Sign","Resource":"*"}]}';
  const policy = await ask('/v1/iam/create-policy', { PolicyName: uniqueName('policy'), PolicyDocument: document });
  const key = await ask('/v1/kms/create-key', {});
  const keyArn = (key.KeyMetadata as { Arn: string }).Arn;
  const alias = `alias/${uniqueName('alias')}`;
  await ask('/v1/kms/create-alias', { AliasName: alias, TargetKeyId: keyArn });
  await ask('/v1/authz/register-namespace', { Name: names.namespace, Actions: [{ Name: 'Read' }] });
  const context = CONTEXTS.map((member) => example[member]).find((value) => value !== undefined) ?? {};
  const sealed = await ask('/v1/kms/encrypt', { KeyId: keyArn, Plaintext: 'eA==', EncryptionContext: context });
  return {
    ...names,
    policyArn: (policy.Policy as { Arn: string }).Arn,
    accessKeyId: (await createKey(server, names.user)).accessKeyId,
    keyArn,
    alias,
    ciphertext: sealed.CiphertextBlob as string,
    decisionId,
  };
}

/** Objects with the same forms of names that do not exist. */
export function missingObjects(objects: Objects): Objects {
  // The header of a ciphertext names its key: 16 bytes from the fifth.
  const ciphertext = Buffer.from(objects.ciphertext, 'base64');
  ciphertext.fill(7, 4, 20);
  return {
    user: uniqueName('user'),
    group: uniqueName('group'),
    namespace: uniqueName('space'),
    policyArn: `${objects.policyArn}-missing`,
    accessKeyId: `AKIA${randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()}`,
    keyArn: `${objects.keyArn.slice(0, objects.keyArn.indexOf('/'))}/${randomUUID()}`,
    alias: `alias/${uniqueName('alias')}`,
    ciphertext: ciphertext.toString('base64'),
    decisionId: randomUUID(),
  };
}

export function subjectOf(operation: AnyOperation, objects: Objects, home: string, naming: Naming): Subject {
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
    KeyId: objects.keyArn,
    TargetKeyId: objects.keyArn,
    SourceKeyId: objects.keyArn,
    DestinationKeyId: objects.keyArn,
    AliasName: makes ? `alias/${uniqueName('alias')}` : objects.alias,
    CiphertextBlob: objects.ciphertext,
    Principal: arn(`user/${objects.user}`),
    DecisionId: objects.decisionId,
    AdministratorUserName: uniqueName('admin'),
    Name: operation.area === 'authz' ? (makes ? uniqueName('space') : objects.namespace) : uniqueName('account'),
  };
  const names = new Set<string>();
  const replace = (value: unknown, name?: string): unknown => {
    const replaced = name === undefined ? undefined : values[name];
    if (replaced !== undefined && typeof value === 'string') {
      names.add(String(replaced));
      return replaced;
    }
    if (Array.isArray(value)) return value.map((item) => (typeof item === 'object' ? replace(item) : item));
    if (typeof value !== 'object' || value === null) return value;
    // Members of namespaces and tags have names of their own.
    if (name === undefined || name === 'Items')
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, replace(v, k)]));
    return value;
  };
  const input = replace(exampleOf(operation)) as Input;
  return { input, resources: resourcesOf(operation, input, objects, home), names: [...names] };
}

function exampleOf(operation: AnyOperation): Input {
  return operation.examples[0]?.input ?? {};
}

/** The ARNs an input is about, of the declared kind; for aliases their keys too. */
function resourcesOf(operation: AnyOperation, input: Input, objects: Objects, home: string): string[] {
  const kind = typeof operation.authz === 'object' ? operation.authz.resource : '*';
  const arn = (rest: string) => `arn:aws:iam::${home}:${rest}`;
  const keys = objects.keyArn.slice(0, objects.keyArn.indexOf(':key/'));
  const named = (...members: string[]) =>
    members.flatMap((m) => (typeof input[m] === 'string' ? [input[m] as string] : []));
  switch (kind) {
    case 'iam:user': {
      const items = (input.Items as { Principal: string }[] | undefined) ?? [];
      const users = named('UserName', 'NewUserName').map((name) => arn(`user/${name}`));
      const owner = operation.name === 'GetAccessKeyLastUsed' ? [arn(`user/${objects.user}`)] : [];
      return [...users, ...named('Principal'), ...items.map((item) => item.Principal), ...owner];
    }
    case 'iam:group':
      return named('GroupName', 'NewGroupName').map((name) => arn(`group/${name}`));
    case 'iam:policy':
      return [
        ...named('PolicyArn'),
        ...(operation.name === 'CreatePolicy' ? named('PolicyName').map((n) => arn(`policy/${n}`)) : []),
      ];
    case 'authz:namespace':
      return named('Name').map((name) => `${keys.replace(':kms:', ':authz:')}:namespace/${name}`);
    case 'kms:alias':
      return [...named('AliasName').map((name) => `${keys}:${name}`), objects.keyArn];
    case 'kms:key':
      return [objects.keyArn];
    default:
      return [];
  }
}
