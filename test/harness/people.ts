/** Users and accounts for tests, made through the public API. */
import type { Credentials } from './clients.ts';
import type { SharedServer } from './shared.ts';
import { native, query } from './signed.ts';

type Target = Pick<SharedServer, 'endpoint' | 'caPath' | 'admin'>;

export interface Person {
  arn: string;
  name: string;
  accountId: string;
  credentials: Credentials;
}

let counter = 0;

export function uniqueName(prefix: string): string {
  counter++;
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${counter}`;
}

/** A user of the management account (or of the administrator given) with an optional inline policy. */
export async function createUser(server: Target, policy?: object, by?: Credentials): Promise<Person> {
  const name = uniqueName('user');
  const options = by ? { credentials: by } : {};
  const made = await native(server, '/v1/iam/create-user', { UserName: name }, options);
  if (made.status !== 200) throw new Error(`CreateUser answered ${made.text}`);
  const arn = (made.json().User as { Arn: string }).Arn;
  if (policy) await putPolicy(server, name, policy, by);
  return { arn, name, accountId: arn.split(':')[4] as string, credentials: await createKey(server, name, by) };
}

export async function createKey(server: Target, name: string, by?: Credentials): Promise<Credentials> {
  const answer = await native(server, '/v1/iam/create-access-key', { UserName: name }, by ? { credentials: by } : {});
  if (answer.status !== 200) throw new Error(`CreateAccessKey answered ${answer.text}`);
  const key = answer.json().AccessKey as { AccessKeyId: string; SecretAccessKey: string };
  return { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };
}

export async function putPolicy(server: Target, name: string, policy: object, by?: Credentials): Promise<void> {
  const answer = await native(
    server,
    '/v1/iam/put-user-policy',
    { UserName: name, PolicyName: 'test', PolicyDocument: JSON.stringify(policy) },
    by ? { credentials: by } : {},
  );
  if (answer.status !== 200) throw new Error(`PutUserPolicy answered ${answer.text}`);
}

/** Another account with its administrator. */
export async function createAccount(server: Target): Promise<Person> {
  const name = uniqueName('account');
  const answer = await native(server, '/v1/iam/create-account', { Name: name, AdministratorUserName: 'admin' });
  if (answer.status !== 200) throw new Error(`CreateAccount answered ${answer.text}`);
  const body = answer.json() as {
    Account: { AccountId: string };
    AccessKey: { AccessKeyId: string; SecretAccessKey: string };
  };
  const credentials = { accessKeyId: body.AccessKey.AccessKeyId, secretAccessKey: body.AccessKey.SecretAccessKey };
  const me = await query(server, 'sts', { Action: 'GetCallerIdentity' }, { credentials });
  const arn = /<Arn>([^<]+)</.exec(me.text)?.[1] ?? '';
  return { arn, name: 'admin', accountId: arn.split(':')[4] as string, credentials };
}

export function allow(action: string | string[], resource: string | string[] = '*', condition?: object): object {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: resource, ...(condition && { Condition: condition }) }],
  };
}

export const policy = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });

/** A trust policy that lets somebody in, with tags and a source identity. */
export function trust(principal: string, condition?: object): string {
  return policy({
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    ...(condition && { Condition: condition }),
  });
}

/** The credentials in an answer of sts, as any client shows it. */
export function keysOf(answer: object): Credentials {
  const { Credentials: found } = answer as {
    Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
  };
  return { accessKeyId: found.AccessKeyId, secretAccessKey: found.SecretAccessKey, sessionToken: found.SessionToken };
}
