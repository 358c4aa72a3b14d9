/** The AWS SDK v3 for JavaScript, unmodified: shapes, errors by name, pagination, retries. */
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  DeleteUserCommand,
  GetPolicyVersionCommand,
  GetUserCommand,
  PutGroupPolicyCommand,
  paginateListUsers,
} from '@aws-sdk/client-iam';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  paginateListKeys,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { describe, expect, inject, it } from 'vitest';
import { awsClients, eventually } from '../harness/clients.ts';
import { allow, uniqueName } from '../harness/people.ts';

const server = inject('server');
const { kms, iam, sts } = awsClients(server);

async function newKey(): Promise<{ id: string; arn: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  return { id: KeyMetadata?.KeyId as string, arn: KeyMetadata?.Arn as string };
}

describe('KMS', () => {
  it('describes a new key completely', async () => {
    const { id, arn } = await newKey();
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject({
      AWSAccountId: server.admin.accountId,
      Arn: arn,
      Enabled: true,
      KeyState: 'Enabled',
      KeySpec: 'SYMMETRIC_DEFAULT',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      MultiRegion: false,
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    });
    expect(KeyMetadata?.CreationDate).toBeInstanceOf(Date);
  });

  it('makes data keys that only the right key and context open', async () => {
    const { id, arn } = await newKey();
    const EncryptionContext = { app: 'sdk', tenant: 'ä' };
    const data = await kms.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256', EncryptionContext }));
    expect(data.Plaintext).toHaveLength(32);
    expect(data.KeyId).toBe(arn);
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: data.CiphertextBlob, EncryptionContext }));
    expect(Buffer.from(opened.Plaintext as Uint8Array)).toEqual(Buffer.from(data.Plaintext as Uint8Array));
    const silent = await kms.send(
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId: arn, NumberOfBytes: 64, EncryptionContext }),
    );
    expect(silent).not.toHaveProperty('Plaintext');
    expect(
      (await kms.send(new DecryptCommand({ CiphertextBlob: silent.CiphertextBlob, EncryptionContext }))).Plaintext,
    ).toHaveLength(64);
    await expect(
      kms.send(new DecryptCommand({ CiphertextBlob: data.CiphertextBlob, EncryptionContext: { app: 'sdk' } })),
    ).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
    const other = await newKey();
    await expect(
      kms.send(new DecryptCommand({ CiphertextBlob: data.CiphertextBlob, EncryptionContext, KeyId: other.id })),
    ).rejects.toMatchObject({
      name: 'IncorrectKeyException',
    });
  });

  it('re-encrypts without showing the plaintext', async () => {
    const from = await newKey();
    const to = await newKey();
    const sealed = await kms.send(
      new EncryptCommand({ KeyId: from.id, Plaintext: Buffer.from('move me'), EncryptionContext: { a: '1' } }),
    );
    const moved = await kms.send(
      new ReEncryptCommand({
        CiphertextBlob: sealed.CiphertextBlob,
        SourceEncryptionContext: { a: '1' },
        DestinationKeyId: to.id,
        DestinationEncryptionContext: { b: '2' },
      }),
    );
    expect([moved.SourceKeyId, moved.KeyId]).toEqual([from.arn, to.arn]);
    const opened = await kms.send(
      new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { b: '2' } }),
    );
    expect(Buffer.from(opened.Plaintext as Uint8Array).toString()).toBe('move me');
  });

  it('refuses a flipped bit anywhere in a ciphertext', async () => {
    const { id } = await newKey();
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }));
    const blob = Buffer.from(CiphertextBlob as Uint8Array);
    for (const at of [0, 1, 3, 10, 30, 55, 70, 80, blob.length - 1]) {
      const flipped = Buffer.from(blob);
      flipped[at] = (flipped[at] as number) ^ 1;
      await expect(kms.send(new DecryptCommand({ CiphertextBlob: flipped })), `byte ${at}`).rejects.toMatchObject({
        name: 'InvalidCiphertextException',
      });
    }
  });

  it('names states and missing keys as AWS does', async () => {
    const { id, arn } = await newKey();
    await kms.send(new DisableKeyCommand({ KeyId: id }));
    await expect(kms.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }))).rejects.toMatchObject({
      name: 'DisabledException',
      message: `${arn} is disabled.`,
    });
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    await expect(kms.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }))).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
    });
    await expect(
      kms.send(new DescribeKeyCommand({ KeyId: '00000000-0000-4000-8000-000000000000' })),
    ).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(
      kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 1097 })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('keeps tags, policies and pages', async () => {
    const { id } = await newKey();
    await kms.send(new TagResourceCommand({ KeyId: id, Tags: [{ TagKey: 'team', TagValue: 'blue' }] }));
    expect((await kms.send(new ListResourceTagsCommand({ KeyId: id }))).Tags).toEqual([
      { TagKey: 'team', TagValue: 'blue' },
    ]);
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: id, PolicyName: 'default' }));
    expect(JSON.parse(Policy as string).Statement[0].Action).toBe('kms:*');
    const lockout = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' }],
    });
    await expect(kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy: lockout }))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
    });
    await kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy: lockout, BypassPolicyLockoutSafetyCheck: true }));
    await expect(kms.send(new DescribeKeyCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    const ids = new Set<string>();
    for await (const page of paginateListKeys({ client: kms, pageSize: 2 }, {})) {
      expect(page.Keys?.length).toBeLessThanOrEqual(2);
      for (const key of page.Keys ?? []) ids.add(key.KeyId as string);
    }
    expect(ids.has(id)).toBe(true);
  });

  it('gives random bytes and aliases', async () => {
    expect((await kms.send(new GenerateRandomCommand({ NumberOfBytes: 1024 }))).Plaintext).toHaveLength(1024);
    const { id, arn } = await newKey();
    const AliasName = `alias/${uniqueName('sdk')}`;
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: id }));
    await expect(kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: id }))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
    });
    const sealed = await kms.send(new EncryptCommand({ KeyId: AliasName, Plaintext: Buffer.from('x') }));
    expect(sealed.KeyId).toBe(arn);
  });
});

describe('IAM and STS', () => {
  it('carries permissions from groups and managed policies into decisions', async () => {
    const UserName = uniqueName('sdk');
    const GroupName = uniqueName('group');
    await iam.send(new CreateUserCommand({ UserName }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const credentials = {
      accessKeyId: AccessKey?.AccessKeyId as string,
      secretAccessKey: AccessKey?.SecretAccessKey as string,
    };
    const own = awsClients(server, credentials);
    expect((await own.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(
      `arn:aws:iam::${server.admin.accountId}:user/${UserName}`,
    );
    await expect(own.kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await iam.send(new CreateGroupCommand({ GroupName }));
    await iam.send(
      new PutGroupPolicyCommand({
        GroupName,
        PolicyName: 'random',
        PolicyDocument: JSON.stringify(allow('kms:GenerateRandom')),
      }),
    );
    await iam.send(new AddUserToGroupCommand({ GroupName, UserName }));
    await eventually(async () => {
      const answer = await own.kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 })).catch(() => undefined);
      return answer !== undefined;
    });
    const document = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Action: 'kms:*', Resource: '*' }],
    });
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: uniqueName('deny'), PolicyDocument: document }),
    );
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: Policy?.Arn }));
    await eventually(async () => {
      const error = await own.kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 })).catch((e: Error) => e);
      return error instanceof Error && error.message.includes('explicit deny in an identity-based policy');
    });
    const version = await iam.send(new GetPolicyVersionCommand({ PolicyArn: Policy?.Arn, VersionId: 'v1' }));
    expect(JSON.parse(decodeURIComponent(version.PolicyVersion?.Document as string))).toEqual(JSON.parse(document));
  });

  it('names errors as AWS does and pages through lists', async () => {
    const UserName = uniqueName('sdk');
    await iam.send(new CreateUserCommand({ UserName }));
    await expect(iam.send(new CreateUserCommand({ UserName: UserName.toUpperCase() }))).rejects.toMatchObject({
      name: 'EntityAlreadyExistsException',
    });
    await expect(iam.send(new GetUserCommand({ UserName: `${UserName}x` }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
    });
    const names: string[] = [];
    for await (const page of paginateListUsers({ client: iam, pageSize: 2 }, {}))
      names.push(...(page.Users ?? []).map((u) => u.UserName as string));
    expect(names).toContain(UserName);
    expect(new Set(names).size).toBe(names.length);
    await iam.send(new DeleteUserCommand({ UserName }));
  });

  it('gives sessions that end when their key is disabled', async () => {
    const { Credentials } = await sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
    const session = awsClients(server, {
      accessKeyId: Credentials?.AccessKeyId as string,
      secretAccessKey: Credentials?.SecretAccessKey as string,
      sessionToken: Credentials?.SessionToken as string,
    });
    expect((await session.sts.send(new GetCallerIdentityCommand({}))).Account).toBe(server.admin.accountId);
  });
});
