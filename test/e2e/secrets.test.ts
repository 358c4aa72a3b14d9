/** The vault with unmodified clients: AWS SDK v3, the AWS CLI, our own command line, plain HTTP. */
import { randomUUID } from 'node:crypto';
import { CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import {
  BatchGetSecretValueCommand,
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DecryptionFailure,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  MalformedPolicyDocumentException,
  PublicPolicyException,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  RotateSecretCommand,
  StopReplicationToReplicaCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
  ValidateResourcePolicyCommand,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, inject, it } from 'vitest';
import { adminCredentials, aws, awsClients, environment, eventually, run } from '../harness/clients.ts';
import { allow, createAccount, createUser, policy, uniqueName } from '../harness/people.ts';
import { json11, native } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

const server = inject('server');
const { secrets, kms } = awsClients(server);
const name = () => uniqueName('e2e/secret');

describe('the AWS SDK', () => {
  it('makes a secret, changes it, reads every version of it, and moves stages', async () => {
    const Name = name();
    const made = await secrets.send(
      new CreateSecretCommand({ Name, SecretString: 'one', Tags: [{ Key: 'a', Value: 'b' }] }),
    );
    expect(made.ARN).toMatch(
      new RegExp(`^arn:aws:secretsmanager:local-1:${server.admin.accountId}:secret:.*-[A-Za-z0-9]{6}$`),
    );
    const put = await secrets.send(
      new PutSecretValueCommand({ SecretId: Name, SecretBinary: Buffer.from([0, 1, 255]) }),
    );
    expect(put.VersionStages).toEqual(['AWSCURRENT']);
    const current = await secrets.send(new GetSecretValueCommand({ SecretId: made.ARN }));
    expect(Buffer.from(current.SecretBinary ?? [])).toEqual(Buffer.from([0, 1, 255]));
    expect(current.CreatedDate).toBeInstanceOf(Date);
    const previous = { SecretId: Name, VersionStage: 'AWSPREVIOUS' };
    expect(await secrets.send(new GetSecretValueCommand(previous))).toMatchObject({
      SecretString: 'one',
      VersionId: made.VersionId,
    });
    await secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: Name,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: made.VersionId,
        RemoveFromVersionId: put.VersionId,
      }),
    );
    // The SDK sends a token with every update: without a value it makes no version.
    expect(await secrets.send(new UpdateSecretCommand({ SecretId: Name, Description: 'new' }))).not.toHaveProperty(
      'VersionId',
    );
    const described = await secrets.send(new DescribeSecretCommand({ SecretId: Name }));
    expect(described).toMatchObject({
      Description: 'new',
      VersionIdsToStages: { [made.VersionId as string]: ['AWSCURRENT'], [put.VersionId as string]: ['AWSPREVIOUS'] },
    });
    const { Versions } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId: Name }));
    expect(Versions?.map(({ KmsKeyIds }) => KmsKeyIds)).toEqual([['DefaultEncryptionKey'], ['DefaultEncryptionKey']]);
  });

  it('tags, lists, reads a batch', async () => {
    const prefix = name();
    for (const end of ['a', 'b', 'c'])
      await secrets.send(new CreateSecretCommand({ Name: `${prefix}/${end}`, SecretString: end }));
    await secrets.send(
      new TagResourceCommand({
        SecretId: `${prefix}/a`,
        Tags: [
          { Key: 'one', Value: prefix },
          { Key: 'two', Value: '2' },
        ],
      }),
    );
    await secrets.send(new UntagResourceCommand({ SecretId: `${prefix}/a`, TagKeys: ['two', 'none'] }));
    const tagged = await secrets.send(new ListSecretsCommand({ Filters: [{ Key: 'tag-value', Values: [prefix] }] }));
    expect(tagged.SecretList).toMatchObject([{ Name: `${prefix}/a`, Tags: [{ Key: 'one', Value: prefix }] }]);
    const Filters = [{ Key: 'name' as const, Values: [`${prefix}/`] }];
    const first = await secrets.send(
      new ListSecretsCommand({ Filters, SortBy: 'name', SortOrder: 'desc', MaxResults: 2 }),
    );
    expect(first.SecretList?.map((s) => s.Name)).toEqual([`${prefix}/c`, `${prefix}/b`]);
    const rest = await secrets.send(
      new ListSecretsCommand({ Filters, SortBy: 'name', SortOrder: 'desc', MaxResults: 2, NextToken: first.NextToken }),
    );
    expect(rest.SecretList?.map((s) => s.Name)).toEqual([`${prefix}/a`]);
    for (const SortBy of ['created-date', 'last-accessed-date', 'last-changed-date', 'name'] as const) {
      const seen: (string | undefined)[] = [];
      let NextToken: string | undefined;
      do {
        const page = await secrets.send(new ListSecretsCommand({ Filters, SortBy, MaxResults: 1, NextToken }));
        seen.push(...(page.SecretList ?? []).map((s) => s.Name));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      expect(seen.sort(), SortBy).toEqual([`${prefix}/a`, `${prefix}/b`, `${prefix}/c`]);
    }
    const batch = await secrets.send(
      new BatchGetSecretValueCommand({ SecretIdList: [`${prefix}/a`, `${prefix}/none`] }),
    );
    expect(batch.SecretValues).toMatchObject([{ SecretString: 'a' }]);
    expect(batch.Errors).toMatchObject([{ SecretId: `${prefix}/none`, ErrorCode: 'ResourceNotFoundException' }]);
    const found = await secrets.send(new BatchGetSecretValueCommand({ Filters }));
    expect(found.SecretValues?.map((s) => s.SecretString).sort()).toEqual(['a', 'b', 'c']);
  });

  it('deletes, restores, destroys', async () => {
    const Name = name();
    await secrets.send(new CreateSecretCommand({ Name, SecretString: 'x' }));
    const deleted = await secrets.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }));
    expect((deleted.DeletionDate as Date).getTime() - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    await expect(secrets.send(new GetSecretValueCommand({ SecretId: Name }))).rejects.toBeInstanceOf(
      InvalidRequestException,
    );
    await secrets.send(new RestoreSecretCommand({ SecretId: Name }));
    expect(await secrets.send(new GetSecretValueCommand({ SecretId: Name }))).toMatchObject({ SecretString: 'x' });
    await secrets.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
    await expect(secrets.send(new GetSecretValueCommand({ SecretId: Name }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    );
    await secrets.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
  });

  it('knows the errors by their classes', async () => {
    const Name = name();
    await secrets.send(new CreateSecretCommand({ Name, SecretString: 'x' }));
    await expect(secrets.send(new CreateSecretCommand({ Name, SecretString: 'x' }))).rejects.toBeInstanceOf(
      ResourceExistsException,
    );
    await expect(secrets.send(new GetRandomPasswordCommand({ PasswordLength: 1 }))).rejects.toBeInstanceOf(
      InvalidParameterException,
    );
    await expect(secrets.send(new DescribeSecretCommand({ SecretId: 'a b' }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    for (const command of [
      new RotateSecretCommand({ SecretId: Name }),
      new CancelRotateSecretCommand({ SecretId: Name }),
      new ReplicateSecretToRegionsCommand({ SecretId: Name, AddReplicaRegions: [{ Region: 'eu-west-1' }] }),
      new RemoveRegionsFromReplicationCommand({ SecretId: Name, RemoveReplicaRegions: ['eu-west-1'] }),
      new StopReplicationToReplicaCommand({ SecretId: Name }),
    ])
      await expect(secrets.send(command as never)).rejects.toBeInstanceOf(InvalidRequestException);
    expect((await secrets.send(new GetRandomPasswordCommand({ ExcludePunctuation: true }))).RandomPassword).toMatch(
      /^[a-zA-Z0-9]{32}$/,
    );
  });

  it('writes resource policies that let in another account, with a key that does', async () => {
    const other = await createAccount(server);
    const theirs = awsClients(server, other.credentials).secrets;
    const both = policy(
      { Effect: 'Allow', Principal: { AWS: server.admin.accountId }, Action: 'kms:*', Resource: '*' },
      { Effect: 'Allow', Principal: { AWS: other.accountId }, Action: 'kms:Decrypt', Resource: '*' },
    );
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: both }));
    const Name = name();
    const { ARN } = await secrets.send(
      new CreateSecretCommand({ Name, SecretString: 'shared', KmsKeyId: KeyMetadata?.Arn }),
    );
    const get = () => theirs.send(new GetSecretValueCommand({ SecretId: ARN }));
    await expect(get()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const ResourcePolicy = policy({
      Effect: 'Allow',
      Principal: { AWS: other.accountId },
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
    });
    await secrets.send(new PutResourcePolicyCommand({ SecretId: Name, ResourcePolicy }));
    expect((await secrets.send(new GetResourcePolicyCommand({ SecretId: Name }))).ResourcePolicy).toBe(ResourcePolicy);
    expect(await get()).toMatchObject({ SecretString: 'shared' });
    await secrets.send(new DeleteResourcePolicyCommand({ SecretId: Name }));
    await expect(get()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const open = policy({ Effect: 'Allow', Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*' });
    await expect(
      secrets.send(new PutResourcePolicyCommand({ SecretId: Name, ResourcePolicy: open, BlockPublicPolicy: true })),
    ).rejects.toBeInstanceOf(PublicPolicyException);
    await expect(
      secrets.send(new PutResourcePolicyCommand({ SecretId: Name, ResourcePolicy: '{}' })),
    ).rejects.toBeInstanceOf(MalformedPolicyDocumentException);
    expect(await secrets.send(new ValidateResourcePolicyCommand({ ResourcePolicy: open }))).toMatchObject({
      PolicyValidationPassed: false,
    });
  });

  it('reads with kms:Decrypt of the caller, and not when the key is disabled', async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const Name = name();
    await secrets.send(new CreateSecretCommand({ Name, SecretString: 'x', KmsKeyId: KeyMetadata?.KeyId }));
    const reader = await createUser(server, allow('secretsmanager:GetSecretValue'));
    const theirs = awsClients(server, reader.credentials).secrets;
    const get = new GetSecretValueCommand({ SecretId: Name });
    await expect(theirs.send(get)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'Access to KMS is not allowed',
    });
    expect(await secrets.send(get)).toMatchObject({ SecretString: 'x' });
    await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
    await eventually(async () => {
      try {
        await secrets.send(get);
        return false;
      } catch (error) {
        return error instanceof DecryptionFailure;
      }
    });
  });
});

describe('the AWS CLI', () => {
  const ok = async (...args: string[]) => {
    const ran = await aws(server, ['secretsmanager', ...args]);
    if (ran.code !== 0) throw new Error(`${args.join(' ')}: ${ran.stderr}`);
    return ran.stdout.trim() === '' ? {} : JSON.parse(ran.stdout);
  };

  it('goes through the life of a secret', async () => {
    const Name = name();
    const made = await ok('create-secret', '--name', Name, '--secret-string', '{"user":"u"}');
    expect(await ok('get-secret-value', '--secret-id', Name)).toMatchObject({
      SecretString: '{"user":"u"}',
      VersionId: made.VersionId,
    });
    await ok('put-secret-value', '--secret-id', Name, '--secret-string', 'two', '--version-stages', 'AWSPENDING');
    await ok('update-secret', '--secret-id', Name, '--description', 'cli');
    expect(await ok('describe-secret', '--secret-id', Name)).toMatchObject({ Description: 'cli' });
    const pending = [
      'get-secret-value',
      '--secret-id',
      Name,
      '--version-stage',
      'AWSPENDING',
      '--query',
      'SecretString',
    ];
    expect(await ok(...pending)).toBe('two');
    expect((await ok('list-secret-version-ids', '--secret-id', Name)).Versions).toHaveLength(2);
    expect((await ok('get-random-password', '--password-length', '20')).RandomPassword).toHaveLength(20);
    await ok('delete-secret', '--secret-id', Name);
    const refused = await aws(server, ['secretsmanager', 'get-secret-value', '--secret-id', Name]);
    expect(refused.stderr).toContain('InvalidRequestException');
    await ok('restore-secret', '--secret-id', Name);
    await ok('delete-secret', '--secret-id', Name, '--force-delete-without-recovery');
    const gone = await aws(server, ['secretsmanager', 'describe-secret', '--secret-id', Name]);
    expect(gone.stderr).toContain('ResourceNotFoundException');
  }, 240_000);
});

describe('our own wires', () => {
  it('show history, differences and roll back', async () => {
    const Name = name();
    const first = await native(server, '/v1/ccms/create-secret', { Name, SecretString: '{"a":1}' });
    const second = await native(server, '/v1/ccms/put-secret-value', { SecretId: Name, SecretString: '{"a":2,"b":3}' });
    const diff = await native(server, '/v1/ccms/diff-secret-versions', {
      SecretId: Name,
      From: { Ordinal: 1 },
      To: { Ordinal: 2 },
    });
    expect(diff.json()).toMatchObject({ Added: ['b'], Removed: [], Changed: ['a'] });
    const back = { SecretId: Name, Ordinal: 1, IfCurrentVersionId: first.json().VersionId };
    expect((await native(server, '/v1/ccms/roll-back-secret', back)).status).toBe(412);
    const done = await native(server, '/v1/ccms/roll-back-secret', {
      ...back,
      IfCurrentVersionId: second.json().VersionId,
    });
    expect(done.json()).toMatchObject({ Ordinal: 1, VersionStages: ['AWSCURRENT'] });
    const cli = await run('npx', ['parapet', 'ccms', 'list-secret-versions', '--secret-id', Name], {
      ...environment(server, adminCredentials(server)),
      HOME: process.env.HOME ?? '',
    });
    expect(JSON.parse(cli.stdout).Versions).toMatchObject([
      { Ordinal: 2 },
      { Ordinal: 1, VersionStages: ['AWSCURRENT'] },
    ]);
  });

  it('spell errors as AWS does', async () => {
    const ask = async (target: string, input: object) =>
      (await json11(server, `secretsmanager.${target}`, input, { service: 'secretsmanager' })).json();
    expect(await ask('DescribeSecret', { SecretId: 'none' })).toMatchObject({
      __type: 'ResourceNotFoundException',
      Message: expect.any(String),
    });
    expect(await ask('DescribeSecret', { SecretId: '' })).toMatchObject({
      __type: 'ValidationException',
      message: expect.any(String),
    });
    expect(await ask('CreateSecret', { Name: name() })).toMatchObject({ __type: 'InvalidRequestException' });
    const typed = { Name: name(), ClientRequestToken: randomUUID(), Type: 'x' };
    expect(await ask('CreateSecret', typed)).toMatchObject({ __type: 'InvalidParameterException' });
  });

  it('leave one record of a read in the vault, and one of the key use in kms', async () => {
    const Name = name();
    await native(server, '/v1/ccms/create-secret', { Name, SecretString: 'never in a record' });
    const { headers } = await native(server, '/v1/ccms/get-secret-value', { SecretId: Name });
    const id = headers['x-amzn-requestid'];
    const records = await eventually(async () => {
      const all = (await readStream(server)).records.filter(({ requestID }) => requestID === id);
      return all.length >= 2 && all;
    }, 20_000);
    expect(records.map(({ eventName, userIdentity }) => [eventName, userIdentity.invokedBy]).sort()).toEqual([
      ['Decrypt', 'secretsmanager.amazonaws.com'],
      ['GetSecretValue', undefined],
    ]);
    expect(JSON.stringify(records)).not.toContain('never in a record');
  });

  it('show a secret to the detective engine and in its enterprise project', async () => {
    const made = await native(server, '/v1/iam/create-enterprise-project', { Name: uniqueName('project') });
    const { EnterpriseProjectId } = made.json().EnterpriseProject as { EnterpriseProjectId: string };
    const ARN = (await native(server, '/v1/ccms/create-secret', { Name: name(), EnterpriseProjectId })).json()
      .ARN as string;
    const listed = await native(server, '/v1/iam/list-project-resources', { EnterpriseProjectId });
    expect(listed.json().Resources).toEqual([{ ResourceArn: ARN, ResourceType: 'secretsmanager:secret' }]);
    await eventually(
      async () => (await native(server, '/v1/org/get-resource-config', { Arn: ARN })).status === 200,
      30_000,
    );
  });
});
