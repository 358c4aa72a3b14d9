/** Rotation and grants with the unmodified AWS CLI and SDK: two users, two accounts, and the keys of our services. */
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListKeyRotationsCommand,
  ListRetirableGrantsCommand,
  RetireGrantCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { aws, awsClients, eventually } from '../harness/clients.ts';
import { allow, createAccount, createUser, type Person } from '../harness/people.ts';

const server = inject('server');
const kms = awsClients(server).kms;
const x = Buffer.from('x');
/** The CLI takes seconds to start on a busy machine. */
const CLI_MS = 180_000;

/** A CLI command that must succeed, as its answer. */
async function cli(args: string[], by?: Person): Promise<Record<string, unknown>> {
  const ran = await aws(server, ['kms', ...args], by?.credentials);
  if (ran.code !== 0) throw new Error(ran.stderr);
  return ran.stdout === '' ? {} : JSON.parse(ran.stdout);
}

async function newKey(): Promise<{ id: string; arn: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  return { id: KeyMetadata?.KeyId as string, arn: KeyMetadata?.Arn as string };
}

describe('rotation', () => {
  it(
    'is turned on and off with the CLI',
    async () => {
      const { id } = await newKey();
      expect(await cli(['get-key-rotation-status', '--key-id', id])).toMatchObject({ KeyRotationEnabled: false });
      // CLIs from before there was a period do not know it; the default is a year.
      await cli(['enable-key-rotation', '--key-id', id]);
      expect(await cli(['get-key-rotation-status', '--key-id', id])).toMatchObject({ KeyRotationEnabled: true });
      await cli(['disable-key-rotation', '--key-id', id]);
      const refused = await aws(server, ['kms', 'enable-key-rotation', '--key-id', 'alias/nothing']);
      expect(refused.stderr).toContain('NotFoundException');
    },
    CLI_MS,
  );

  it('on demand keeps what was sealed before, with the SDK', async () => {
    const { id } = await newKey();
    const before = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: x }));
    const first = (await kms.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata?.CurrentKeyMaterialId;
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    const second = (await kms.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata?.CurrentKeyMaterialId;
    expect(second).not.toBe(first);
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: before.CiphertextBlob }));
    expect(Buffer.from(opened.Plaintext as Uint8Array)).toEqual(x);
    expect(opened.KeyMaterialId).toBe(first);
    const { Rotations } = await kms.send(new ListKeyRotationsCommand({ KeyId: id }));
    expect(Rotations).toMatchObject([
      { KeyMaterialId: second, KeyMaterialState: 'CURRENT', RotationType: 'ON_DEMAND' },
    ]);
    const rotatedAt = Rotations?.[0]?.RotationDate?.getTime() ?? 0;
    expect(Math.abs(rotatedAt - Date.now())).toBeLessThan(60_000);
  });
});

describe('grants', () => {
  let bob: Person;
  let eve: Person;
  beforeAll(async () => {
    bob = await createUser(server, allow('iam:GetUser'));
    eve = await createAccount(server);
  });

  it(
    'let a second user in and out again, with the CLI',
    async () => {
      const { id, arn } = await newKey();
      const describeAsBob = () => aws(server, ['kms', 'describe-key', '--key-id', id], bob.credentials);
      expect((await describeAsBob()).stderr).toContain('AccessDeniedException');
      const operations = ['--operations', 'DescribeKey', 'Decrypt'];
      const create = ['create-grant', '--key-id', id, '--grantee-principal', bob.arn, '--name', 'tour', ...operations];
      const made = await cli(create);
      expect(await cli(create)).toMatchObject({ GrantId: made.GrantId });
      const token = ['--grant-tokens', made.GrantToken as string];
      expect(await cli(['describe-key', '--key-id', id, ...token], bob)).toMatchObject({ KeyMetadata: { Arn: arn } });
      expect(await cli(['list-grants', '--key-id', id])).toMatchObject({
        Grants: [
          { GrantId: made.GrantId, Name: 'tour', GranteePrincipal: bob.arn, Operations: ['Decrypt', 'DescribeKey'] },
        ],
      });
      const forged = await aws(
        server,
        ['kms', 'describe-key', '--key-id', id, '--grant-tokens', 'bm8='],
        bob.credentials,
      );
      expect(forged.stderr).toContain('InvalidGrantTokenException');
      await cli(['revoke-grant', '--key-id', id, '--grant-id', made.GrantId as string]);
      await eventually(async () => (await describeAsBob()).stderr.includes('AccessDeniedException'));
      const again = await aws(server, ['kms', 'revoke-grant', '--key-id', arn, '--grant-id', made.GrantId as string]);
      expect(again.stderr).toContain('NotFoundException');
    },
    CLI_MS,
  );

  it('let another account in, within a context, until it retires the grant, with the SDK', async () => {
    const { arn } = await newKey();
    const EncryptionContext = { app: 'billing' };
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: arn, Plaintext: x, EncryptionContext }));
    const other = await kms.send(new EncryptCommand({ KeyId: arn, Plaintext: x }));
    const there = awsClients(server, eve.credentials).kms;
    const open = () => there.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    await expect(open()).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    const { GrantId } = await kms.send(
      new CreateGrantCommand({
        KeyId: arn,
        GranteePrincipal: eve.arn,
        RetiringPrincipal: eve.arn,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: EncryptionContext },
      }),
    );
    const opened = await eventually(() => open().catch(() => undefined));
    expect(Buffer.from(opened.Plaintext as Uint8Array)).toEqual(x);
    const outside = there.send(new DecryptCommand({ CiphertextBlob: other.CiphertextBlob }));
    await expect(outside).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    const { Grants } = await there.send(new ListRetirableGrantsCommand({ RetiringPrincipal: eve.arn }));
    expect(Grants).toMatchObject([{ GrantId, KeyId: arn }]);
    await there.send(new RetireGrantCommand({ KeyId: arn, GrantId }));
    await eventually(
      () =>
        open().then(
          () => false,
          () => true,
        ),
      3_000,
    );
  });

  it('of another account do not exist', async () => {
    const { arn } = await newKey();
    const { GrantId } = await kms.send(
      new CreateGrantCommand({ KeyId: arn, GranteePrincipal: bob.arn, Operations: ['Decrypt'] }),
    );
    const there = awsClients(server, eve.credentials).kms;
    const seen = (id: string | undefined) =>
      there.send(new RetireGrantCommand({ KeyId: arn, GrantId: id })).then(
        () => 'done',
        (error: Error) => `${error.name} ${error.message}`.replaceAll(id as string, 'ID'),
      );
    expect(await seen(GrantId)).toBe(await seen('0'.repeat(64)));
  });
});

it('aliases of services are not for customers', async () => {
  const { id } = await newKey();
  const named = ['--alias-name', 'alias/aws/secretsmanager', '--target-key-id', id];
  expect((await aws(server, ['kms', 'create-alias', ...named])).stderr).toContain('InvalidAliasNameException');
});
