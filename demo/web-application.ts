/**
 * A web application reads the password of its database from the vault, and is under load while that is rotated. Two users
 * of a real PostgreSQL take turns: no request fails. Begins with the password that people had set by hand.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { CreateSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import { startPostgres } from '../platform/store/testing/postgres-server.ts';
import { freePort } from '../platform/store/testing/private-server.ts';
import { awsClients, type Credentials, environment, eventually } from '../test/harness/clients.ts';
import { allow } from '../test/harness/people.ts';
import type { Administrator } from './landing-zone.ts';
import { startLoad } from './load.ts';
import { ask, must, type Story } from './story.ts';

const PROGRAM = join(import.meta.dirname, 'shop.ts');
const CLIENTS = 4;
const ROTATED_MS = 180_000;
const OPEN_MS = 120_000;
const SECRET = 'shop/db';

export interface Shop {
  url: string;
  /** Who reads the password. */
  arn: string;
  /** The database user that a page was made with. */
  page(): Promise<string>;
}

export const webApplication = (owner: Administrator) => async (story: Story) => {
  const { step } = story;
  const { secrets } = awsClients(story.server, owner.credentials);
  const database = await setUpDatabase(story);
  await secrets.send(
    new CreateSecretCommand({
      ...{ Name: 'shop/rotator', SecretString: `{"username":"shop_rotator","password":"${database.rotatorPassword}"}` },
    }),
  );
  const made = await secrets.send(
    new CreateSecretCommand({
      ...{ Name: SECRET, SecretString: `{"username":"shop_a","password":"${database.firstPassword}"}` },
    }),
  );
  await setUpRotation(story, owner, database.url);
  const shop = await openShop(story, owner, database.url, made.ARN as string);
  must((await shop.page()) === 'shop_a', 'the shop does not use the first password');
  step(`the shop is open at ${shop.url}; its page comes from PostgreSQL, as shop_a with a password from the vault`);

  const users = new Map<string, number>();
  const load = startLoad(CLIENTS, async () => {
    const user = await shop.page();
    users.set(user, (users.get(user) ?? 0) + 1);
  });
  await secrets.send(new RotateSecretCommand({ SecretId: SECRET }));
  await eventually(async () => (users.get('shop_b') ?? 0) > 50, ROTATED_MS);
  const { done, failed } = await load.stop();
  must(failed.length === 0, `pages of the shop failed: ${failed[0]}`);
  step(
    `rotated while ${CLIENTS} clients asked: ${done} pages, ${users.get('shop_a')} as shop_a, ${users.get('shop_b')} as shop_b, none failed`,
  );

  const { OpenRuns } = await ask<{ OpenRuns: { State: string }[] }>(
    story,
    owner.credentials,
    'ccms/describe-rotation',
    {
      SecretId: SECRET,
    },
  );
  must(OpenRuns[0]?.State === 'FINISHED', JSON.stringify(OpenRuns));
  step('the rotation is finished; shop_a is closed in a day, when nobody can use it any more');
  return { shown: `a password rotated under ${done} requests, none failed`, site: shop };
};

/** An owner nobody logs in as, a rotator that is no superuser, and a user whose password somebody knows. */
async function setUpDatabase(story: Story) {
  const postgres = await startPostgres();
  story.atEnd(() => postgres.stop());
  const url = await postgres.database();
  const name = new URL(url).pathname.slice(1);
  const rotatorPassword = randomBytes(20).toString('hex');
  const firstPassword = randomBytes(8).toString('hex');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const statements = [
    'CREATE ROLE shop_owner NOLOGIN',
    `CREATE ROLE shop_rotator LOGIN CREATEROLE PASSWORD '${rotatorPassword}'`,
    'GRANT shop_owner TO shop_rotator WITH ADMIN OPTION',
    `ALTER DATABASE ${name} OWNER TO shop_owner`,
    `REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${name} TO shop_owner`,
    `CREATE ROLE shop_a LOGIN PASSWORD '${firstPassword}' IN ROLE shop_owner`,
    'GRANT shop_a TO shop_rotator WITH ADMIN OPTION',
    'CREATE TABLE stock (item text primary key, pieces int)',
    "INSERT INTO stock VALUES ('umbrella', 12), ('lamp', 3)",
    'ALTER TABLE stock OWNER TO shop_owner',
  ];
  for (const statement of statements) await client.query(statement);
  await client.end();
  return { url, rotatorPassword, firstPassword };
}

/** The vault acts in a role of the account: it reads the secret of the rotator and writes the one that rotates. */
async function setUpRotation(story: Story, owner: Administrator, url: string): Promise<void> {
  const { port, pathname } = new URL(url);
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'secretsmanager.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  const RoleName = 'shop-rotator';
  const made = await ask<{ Role: { Arn: string } }>(story, owner.credentials, 'iam/create-role', {
    ...{ RoleName, AssumeRolePolicyDocument },
  });
  const actions = ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'];
  const secrets = `arn:aws:secretsmanager:${story.server.admin.region}:${owner.accountId}:secret:shop/*`;
  const rights = allow(
    actions.map((action) => `secretsmanager:${action}`),
    secrets,
  );
  await ask(story, owner.credentials, 'iam/put-role-policy', {
    ...{ RoleName, PolicyName: 'rotate', PolicyDocument: JSON.stringify(rights) },
  });
  await ask(story, owner.credentials, 'ccms/create-target', {
    ...{ Name: 'shop', Engine: 'postgres', Database: pathname.slice(1), Tls: { Mode: 'plain' } },
    ...{
      Endpoints: [{ Host: '127.0.0.1', Port: Number(port) }],
      AdminSecretId: 'shop/rotator',
      RoleArn: made.Role.Arn,
    },
  });
  await ask(story, owner.credentials, 'ccms/put-rotation-strategy', {
    SecretId: SECRET,
    Target: {
      ...{ Name: 'shop', Users: ['shop_a', 'shop_b'], OwnerRole: 'shop_owner' },
      TestStatement: 'SELECT count(*) FROM stock',
    },
  });
}

async function openShop(story: Story, owner: Administrator, url: string, secret: string): Promise<Shop> {
  const { server } = story;
  const { arn, credentials } = await shopUser(story, owner, secret);
  const listen = await freePort();
  const { port, pathname } = new URL(url);
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
    env: {
      ...environment(server, credentials),
      ...{ PATH: process.env.PATH ?? '', PORT: String(listen), SECRET },
      ...{ PGHOST: '127.0.0.1', PGPORT: port, PGDATABASE: pathname.slice(1) },
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  story.atEnd(() => child.kill('SIGKILL'));
  const shop: Shop = {
    ...{ url: `http://127.0.0.1:${listen}/`, arn },
    async page() {
      const answer = await fetch(shop.url);
      const text = await answer.text();
      must(answer.status === 200 && text.includes('12 umbrellas'), `the shop answered ${answer.status} ${text}`);
      return answer.headers.get('x-database-user') as string;
    },
  };
  await eventually(() => shop.page().catch(() => undefined), OPEN_MS);
  return shop;
}

/** Somebody who may read this secret and nothing else. */
async function shopUser(story: Story, owner: Administrator, secret: string) {
  const UserName = 'shop-application';
  const { iam } = awsClients(story.server, owner.credentials);
  const { User } = await iam.send(new CreateUserCommand({ UserName }));
  const PolicyDocument = JSON.stringify(allow('secretsmanager:GetSecretValue', secret));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'password-of-the-database', PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const credentials: Credentials = {
    accessKeyId: AccessKey?.AccessKeyId as string,
    secretAccessKey: AccessKey?.SecretAccessKey as string,
  };
  return { arn: User?.Arn as string, credentials };
}
