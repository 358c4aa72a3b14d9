/** Two nodes on one PostgreSQL database: what one writes, the other one sees, and both never do the same thing twice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../platform/store/testing/postgres-server.ts';
import { destroyKeys } from '../jobs/destroy-keys.ts';
import { rotateKeys } from '../jobs/rotate-keys.ts';
import { ADMIN_POLICY, failure, type KmsClient, KmsHarness } from '../testing/harness.ts';

const missing = postgresMissing();
const x = Buffer.from('x');

describe.skipIf(missing !== undefined)(`two nodes on PostgreSQL${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let server: PostgresServer;
  let one: KmsHarness;
  let two: KmsHarness;
  let here: KmsClient;
  let there: KmsClient;

  beforeAll(async () => {
    server = await startPostgres();
    one = await KmsHarness.open({ url: server.url });
    two = await one.beside(server.url);
    here = one.user('admin');
    there = two.user('admin');
  });
  afterAll(async () => {
    await one?.close();
    await two?.close();
    await server?.stop();
  });

  /** Repeats until it holds; the follower polls every 200 ms, promised is one second. */
  async function within(ms: number, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + ms;
    while (!(await holds())) {
      if (performance.now() > end) throw new Error(`did not hold within ${ms} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('open what the other one sealed', async () => {
    const { id } = await one.key();
    const { CiphertextBlob } = await here.Encrypt({ KeyId: id, Plaintext: x, EncryptionContext: { a: 'b' } });
    expect((await there.Decrypt({ CiphertextBlob, EncryptionContext: { a: 'b' } })).Plaintext.toString()).toBe('x');
  });

  it('seal with new material within a second after the other one rotated the key, and open what either sealed', async () => {
    const { id } = await one.key();
    const before = await there.Encrypt({ KeyId: id, Plaintext: x });
    await here.RotateKeyOnDemand({ KeyId: id });
    const { KeyMetadata } = await here.DescribeKey({ KeyId: id });
    const material = async () => (await there.GenerateDataKey({ KeyId: id, KeySpec: 'AES_256' })).KeyMaterialId;
    await within(1000, async () => (await material()) === KeyMetadata.CurrentKeyMaterialId);
    for (const node of [here, there])
      expect((await node.Decrypt({ CiphertextBlob: before.CiphertextBlob })).Plaintext).toEqual(x);
  });

  it('know a grant, and that it ended, within a second on both', async () => {
    const { id } = await one.key();
    const noPolicy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'none:None', Resource: '*' }] };
    one.user('grantee', noPolicy);
    const grantee = two.user('grantee', noPolicy);
    const may = () =>
      grantee.Encrypt({ KeyId: id, Plaintext: x }).then(
        () => true,
        () => false,
      );
    expect(await may()).toBe(false);
    const GranteePrincipal = 'arn:aws:iam::111122223333:user/grantee';
    const { GrantId } = await here.CreateGrant({ KeyId: id, GranteePrincipal, Operations: ['Encrypt'] });
    await within(1000, may);
    const row = await one.store.read
      .selectFrom('kms_grant')
      .selectAll()
      .where('grant_id', '=', GrantId)
      .executeTakeFirstOrThrow();
    await here.RevokeGrant({ KeyId: id, GrantId });
    await within(1000, async () => !(await may()));
    // Somebody puts the row back: the node that did not end it knows as well.
    await one.store.transaction((tx) => tx.insertInto('kms_grant').values(row).execute());
    await here.DisableKey({ KeyId: id });
    await here.EnableKey({ KeyId: id });
    await within(1000, async () => (await failure(grantee.Encrypt({ KeyId: id, Plaintext: x }))).code === 'Internal');
  });

  it('rotate a due key once', async () => {
    const { id } = await one.key();
    await here.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    for (const node of [one, two]) node.advance(90 * 86_400_000);
    await Promise.all([rotateKeys.run(one.deps), rotateKeys.run(two.deps)]);
    expect((await here.ListKeyRotations({ KeyId: id })).Rotations).toHaveLength(1);
  });

  it('refuse a key within a second after the other one disabled it', async () => {
    const { id } = await one.key();
    await there.Encrypt({ KeyId: id, Plaintext: x });
    await here.DisableKey({ KeyId: id });
    await within(1000, async () =>
      there.Encrypt({ KeyId: id, Plaintext: x }).then(
        () => false,
        (e) => e.code === 'Disabled',
      ),
    );
  });

  it('make one tenant key together', async () => {
    const account = '777788889999';
    const users = [one.user('u', ADMIN_POLICY, account), two.user('u', ADMIN_POLICY, account)];
    const made = await Promise.all([...users, ...users].map((user) => user.CreateKey({})));
    for (const { KeyMetadata } of made) {
      for (const user of users) await user.Encrypt({ KeyId: KeyMetadata.KeyId, Plaintext: x });
    }
    const tenants = await one.store.read
      .selectFrom('tenant_key')
      .selectAll()
      .where('account_id', '=', account)
      .execute();
    expect(tenants).toHaveLength(1);
  });

  it('give an alias to one key only', async () => {
    const keys = await Promise.all([one.key({}, here), one.key({}, here), two.key({}, there), two.key({}, there)]);
    const results = await Promise.allSettled(
      keys.map(({ id }, i) => (i < 2 ? here : there).CreateAlias({ AliasName: 'alias/race', TargetKeyId: id })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const holder = (await here.DescribeKey({ KeyId: 'alias/race' })).KeyMetadata.KeyId;
    expect((await there.DescribeKey({ KeyId: 'alias/race' })).KeyMetadata.KeyId).toBe(holder);
  });

  it('lose no change of two that come at the same time', async () => {
    const { id } = await one.key();
    const results = await Promise.allSettled(
      [here, there, here, there].map((client, i) => client.UpdateKeyDescription({ KeyId: id, Description: `${i}` })),
    );
    const done = results.filter(({ status }) => status === 'fulfilled').length;
    for (const result of results) if (result.status === 'rejected') expect(result.reason.code).toBe('Conflict');
    const row = await one.store.read
      .selectFrom('kms_key')
      .select('version')
      .where('key_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.version).toBe(1 + done);
  });

  it('see a row that was rolled back', async () => {
    const { id } = await one.key();
    const old = await one.store.read
      .selectFrom('kms_key')
      .selectAll()
      .where('key_id', '=', id)
      .executeTakeFirstOrThrow();
    await here.DisableKey({ KeyId: id });
    await there.DescribeKey({ KeyId: id });
    await one.store.transaction((tx) => tx.updateTable('kms_key').set(old).where('key_id', '=', id).execute());
    for (const node of [one, two]) node.deps.keys.clear();
    for (const client of [here, there])
      expect((await failure(client.Encrypt({ KeyId: id, Plaintext: x }))).code).toBe('Internal');
  });

  it('destroy a key once', async () => {
    const { id } = await one.key();
    await here.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });
    for (const node of [one, two]) node.advance(8 * 86_400_000);
    await Promise.all([destroyKeys.run(one.deps), destroyKeys.run(two.deps)]);
    const events = (await one.records()).filter((r) => r.eventName === 'DeleteKey' && JSON.stringify(r).includes(id));
    expect(events).toHaveLength(1);
    expect((await failure(there.DescribeKey({ KeyId: id }))).code).toBe('NotFound');
  });
});
