/** Whom a rotation that is forced would break: named before it, in its answer and in its record. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, type VaultClient, VaultHarness } from '../../testing/harness.ts';
import { MINUTE } from './testing/rotation-world.ts';

let vault: VaultHarness;
let admin: VaultClient;
let count = 0;

beforeAll(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
  await admin.CreateSecret({ Name: 'rotator', SecretString: '{"username":"a","password":"b"}' });
  await admin.CreateTarget({
    Name: 'nowhere',
    Engine: 'postgres',
    Endpoints: [{ Host: '127.0.0.1', Port: 1 }],
    Tls: { Mode: 'plain' },
    Database: 'shop',
    AdminSecretId: 'rotator',
    RoleArn: vault.role('rotator'),
    SkipTest: true,
  });
});
afterAll(() => vault.close());

const arnOf = (user: string) => `arn:aws:iam::111122223333:user/${user}`;
const preview = (SecretId: string) => admin.PreviewRotation({ SecretId });
const names = async (SecretId: string) => (await preview(SecretId)).Readers?.map((one) => one.PrincipalArn);

/** A secret whose first value `work` reads before the second one comes. */
async function replaced(work: (SecretId: string) => Promise<unknown>): Promise<string> {
  const SecretId = `secret-${++count}`;
  await admin.CreateSecret({ Name: SecretId, SecretString: '{"username":"a","password":"1"}' });
  await admin.PutRotationStrategy({ SecretId, Target: { Name: 'nowhere', Users: ['a', 'b'], OwnerRole: 'owner' } });
  await work(SecretId);
  await admin.PutSecretValue({ SecretId, SecretString: '{"username":"b","password":"2"}' });
  return SecretId;
}
const force = (SecretId: string) =>
  admin.RotateSecret({ SecretId, ClientRequestToken: vault.token(), Force: true, Reason: 'leaked' });

describe('the readers of the value before the present one', () => {
  it('are in the preview, in the refusal, in the answer of a forced rotation and in its record', async () => {
    const reader = vault.user('orders');
    const readAt = vault.kms.now;
    const SecretId = await replaced((id) => reader.GetSecretValue({ SecretId: id }));
    const expected = { PrincipalArn: arnOf('orders'), GrantIds: [] };
    const [shown] = (await preview(SecretId)).Readers ?? [];
    expect(shown).toMatchObject(expected);
    expect(shown!.UsesUntilDate).toBeGreaterThanOrEqual(readAt + 10 * MINUTE);
    const refused = await failure(admin.RotateSecret({ SecretId, ClientRequestToken: vault.token() }));
    expect(refused.message).toContain(arnOf('orders'));
    expect((await force(SecretId)).Readers).toMatchObject([expected]);
    expect((await vault.lastRecord()).responseElements).toMatchObject({ Readers: [expected] });
  });

  it('are not those who read the present value only, nor the vault itself', async () => {
    const SecretId = await replaced(() => Promise.resolve());
    await vault.user('late').GetSecretValue({ SecretId });
    const sourceArn = (await admin.DescribeSecret({ SecretId })).ARN as string;
    await admin.GetSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' }, { via: 'ccms', sourceArn });
    expect(await names(SecretId)).toEqual([]);
    await vault.user('early').GetSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' });
    expect(await names(SecretId)).toEqual([arnOf('early')]);
  });

  it('count for as long as their grants let them keep it, also when the grant was revoked meanwhile', async () => {
    const nothing = { Effect: 'Allow', Action: 'iam:GetUser', Resource: '*' };
    const user = vault.user('cached', { Version: '2012-10-17', Statement: [nothing] });
    let GrantId = '';
    const SecretId = await replaced(async (id) => {
      const granted = await admin.CreateSecretGrant({
        SecretId: id,
        GranteePrincipal: arnOf('cached'),
        MaxCacheSeconds: 1800,
      });
      GrantId = granted.Grant.GrantId;
      await user.GetSecretValue({ SecretId: id });
      await vault.user('brief').GetSecretValue({ SecretId: id });
    });
    await admin.RevokeSecretGrant({ SecretId, GrantId });
    expect((await preview(SecretId)).Readers).toMatchObject([
      { PrincipalArn: arnOf('cached'), GrantIds: [GrantId] },
      { PrincipalArn: arnOf('brief'), GrantIds: [] },
    ]);
    vault.kms.advance(12 * MINUTE);
    expect(await names(SecretId)).toEqual([arnOf('cached')]);
    vault.kms.advance(20 * MINUTE);
    expect(await names(SecretId)).toEqual([]);
  });

  it('are known to every node after the log was written, the later read and the longer time of both', async () => {
    const reader = vault.user('nodes');
    const SecretId = await replaced((id) => reader.GetSecretValue({ SecretId: id }));
    const before = (await preview(SecretId)).Readers;
    await vault.deps.access.flush();
    expect((await preview(SecretId)).Readers).toEqual(before);
    vault.kms.advance(2 * MINUTE);
    await reader.GetSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' });
    const after = (await preview(SecretId)).Readers;
    expect(after).toHaveLength(1);
    expect(after![0]!.UsesUntilDate).toBe(before![0]!.UsesUntilDate + 2 * MINUTE);
    await vault.deps.access.flush();
    expect((await preview(SecretId)).Readers).toEqual(after);
    const rows = await vault.store.read.selectFrom('version_reader').select('reader_arn').execute();
    expect(rows.filter((row) => row.reader_arn === arnOf('nodes'))).toHaveLength(1);
  });

  it('are listed up to a hundred, and the others counted', async () => {
    const SecretId = await replaced(async (id) => {
      for (let n = 0; n < 103; n++) await vault.user(`reader-${n}`).GetSecretValue({ SecretId: id });
    });
    const shown = await preview(SecretId);
    expect([shown.Readers?.length, shown.MoreReaders]).toEqual([100, 3]);
    const refused = await failure(admin.RotateSecret({ SecretId, ClientRequestToken: vault.token() }));
    expect(refused.message).toContain('and 100 more');
  });

  it('go with their secret', async () => {
    const SecretId = await replaced((id) => vault.user('gone').GetSecretValue({ SecretId: id }));
    await vault.deps.access.flush();
    await admin.DeleteSecret({ SecretId, ForceDeleteWithoutRecovery: true });
    const rows = await vault.store.read.selectFrom('version_reader').select('reader_arn').execute();
    expect(rows.filter((row) => row.reader_arn === arnOf('gone'))).toEqual([]);
  });
});
