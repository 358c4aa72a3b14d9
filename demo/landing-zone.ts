/**
 * An organization from one file: the blueprint `enterprise`, with an account for the shop of a business, is planned and
 * applied. Into each account that the story needs, the management account sends an administrator.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AttachUserPolicyCommand, CreateAccessKeyCommand, CreateUserCommand } from '@aws-sdk/client-iam';
import { CreateOrganizationCommand, ListAccountsCommand } from '@aws-sdk/client-organizations';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { adminCredentials, awsClients, type Credentials } from '../test/harness/clients.ts';
import { keysOf } from '../test/harness/people.ts';
import { must, parapet, printed, type Story } from './story.ts';

/** What a business adds to the blueprint. */
const SHOP =
  '  - {key: retail-shop, name: Retail shop, email: retail-shop@retail.example, parent: retail-europe-prod}\n';

export interface Administrator {
  accountId: string;
  credentials: Credentials;
}

export async function landingZone(story: Story) {
  const { server, step } = story;
  const management: Administrator = { accountId: server.admin.accountId, credentials: adminCredentials(server) };
  const lz = (...words: string[]) => printed(parapet(story, management.credentials, 'lz', ...words), `lz ${words[0]}`);
  const admin = awsClients(server);
  await admin.organizations.send(new CreateOrganizationCommand({}));

  const file = join(story.folder, 'landing-zone.yaml');
  await lz('init', file, '--name', 'retail', '--domain', 'retail.example');
  writeFileSync(file, readFileSync(file, 'utf8').replace('guardrailSets:\n', `${SHOP}\nguardrailSets:\n`));
  await lz('validate', file);
  const plan = await lz('plan', file);
  const planId = /^plan {4}(lzp-\S+)$/m.exec(plan)?.[1];
  must(planId !== undefined, `no plan in:\n${plan}`);
  const steps = [...plan.matchAll(/^ +\d+ {2}\S/gm)].length;
  step(
    `the plan has ${steps} steps; the last: ${plan
      .match(/^ +\d+ {2}\S.*$/gm)
      ?.at(-1)
      ?.trim()}`,
  );
  must((await lz('apply', planId)).includes('applied: '), 'the plan was not applied');
  must((await lz('drift')) === 'no drift\n', 'the organization is not what the file says');
  const { Accounts = [] } = await admin.organizations.send(new ListAccountsCommand({}));
  step(`applied, and there is no drift: ${Accounts.length} accounts, bound by guardrails from their first moment on`);

  const enter = async (name: string) => {
    const accountId = Accounts.find(({ Name }) => Name === name)?.Id;
    must(accountId !== undefined, `there is no account ${name}`);
    return { accountId, credentials: await administratorOf(story, accountId) };
  };
  const shop = await enter('Retail shop');
  const data = await enter('Data platform');
  const shared = await enter('Shared services');
  step('an administrator in each account that follows, with AdministratorAccess');
  const shown = `${Accounts.length} accounts in ${steps} steps, planned and applied`;
  return { shown, management, shop, data, shared };
}

/** By the role through which the management account reaches into accounts that it made. */
async function administratorOf({ server }: Story, accountId: string): Promise<Credentials> {
  const RoleArn = `arn:aws:iam::${accountId}:role/OrganizationAccountAccessRole`;
  const RoleSessionName = 'first-administrator';
  const session = await awsClients(server).sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }));
  const { iam } = awsClients(server, keysOf(session));
  const UserName = 'administrator';
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return {
    accessKeyId: AccessKey?.AccessKeyId as string,
    secretAccessKey: AccessKey?.SecretAccessKey as string,
  };
}
