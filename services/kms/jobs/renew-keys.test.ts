/** With two real tokens: a single token gets a second one, a token is away when an account begins, a renewal is cut off. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hsm } from '../../../hsm/port.ts';
import { eventually } from '../../../hsm/testing/conformance.ts';
import { TestPair } from '../../../hsm/testing/pair.ts';
import { readProgress } from '../../../platform/renewal/progress.ts';
import { ACCOUNT, failure, KmsHarness } from '../testing/harness.ts';
import { renewKeys } from './renew-keys.ts';

const folder = () => ({ folder: kept });
let test: TestPair;
let kept: string;
let kms: KmsHarness;
beforeEach(() => {
  test = new TestPair();
  kept = `${test.dataFolder}/kms`;
});
afterEach(async () => {
  await kms.close();
  await test.remove();
});

async function open(hsm: Hsm & { ready(): Promise<unknown> }): Promise<void> {
  await hsm.ready();
  kms = await KmsHarness.open({ ...folder(), hsm: { ...hsm, failWith() {}, restore() {} } });
}

/** Ends everything, as the end of the product would. */
async function end(): Promise<void> {
  await kms.deps.follower.stop();
  await kms.store.close();
  await test.closeAll();
}

/** All turns of the job, past the time it waits for writers. */
async function renew(): Promise<void> {
  await renewKeys.run(kms.deps);
  kms.advance(11_000);
  await renewKeys.run(kms.deps);
}

async function encrypt(KeyId: string): Promise<Buffer> {
  const { CiphertextBlob } = await kms.user('admin').Encrypt({ KeyId, Plaintext: Buffer.from('secret') });
  return CiphertextBlob;
}

const decrypt = async (CiphertextBlob: Buffer) =>
  (await kms.user('admin').Decrypt({ CiphertextBlob })).Plaintext.toString();

const steps = async () => {
  const names = ['tenant keys', 'key material', 'MACs of kms_key', 'MACs of key_material', 'MACs of key_alias'];
  return Promise.all(names.map((name) => readProgress(kms.store.read, name)));
};

describe('a single token that gets a second one', () => {
  it('has every key and row renewed, after which either token serves alone', async () => {
    await open(test.single('hsm'));
    const key = await kms.key();
    const signing = await kms.key({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const mac = await kms.key({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    await kms.user('admin').CreateAlias({ AliasName: 'alias/a', TargetKeyId: key.id });
    const blob = await encrypt(key.id);
    await renewKeys.run(kms.deps);
    expect(await readProgress(kms.store.read, 'tenant keys')).toBeUndefined();
    await end();

    await open(test.pair());
    expect(await decrypt(blob)).toBe('secret');
    await renew();
    const done = await steps();
    expect(done.map((step) => step?.state)).toEqual(done.map(() => 'done'));
    expect(done.map((step) => step?.renewed)).toEqual([1, 3, 3, 0, 1]);
    expect(done.map((step) => step?.refused)).toEqual([0, 0, 0, 0, 0]);
    expect(await decrypt(blob)).toBe('secret');
    await end();

    await open(test.pair('hsm-b'));
    expect(await decrypt(blob)).toBe('secret');
    const admin = kms.user('admin');
    expect((await admin.Encrypt({ KeyId: 'alias/a', Plaintext: Buffer.from('x') })).KeyId).toBe(key.arn);
    const Message = Buffer.from('m');
    const signed = { KeyId: signing.id, Message, SigningAlgorithm: 'ECDSA_SHA_256' as const };
    const { Signature } = await admin.Sign(signed);
    expect((await admin.Verify({ ...signed, Signature })).SignatureValid).toBe(true);
    await admin.GenerateMac({ KeyId: mac.id, Message, MacAlgorithm: 'HMAC_SHA_256' });
  });

  it('refuses rows that nobody of ours wrote, and renews the others', async () => {
    await open(test.single('hsm'));
    const [bad, good] = [await kms.key(), await kms.key()];
    const blob = await encrypt(good.id);
    await kms.store.transaction((tx) =>
      tx.updateTable('kms_key').set({ state: 'Disabled' }).where('key_id', '=', bad.id).execute(),
    );
    await end();
    await open(test.pair());
    await renew();
    const [, , keys] = await steps();
    expect(keys).toMatchObject({ state: 'done', seen: 2, renewed: 1, refused: 1 });
    expect((await failure(kms.user('admin').DescribeKey({ KeyId: bad.id }))).code).toBe('Internal');
    expect(await decrypt(blob)).toBe('secret');
  });
});

describe('a renewal that is cut off', () => {
  it('goes on where it was, and has looked at every row once', async () => {
    await open(test.single('hsm'));
    const keys: { id: string }[] = [];
    for (let at = 0; at < 230; at += 1) keys.push(await kms.key());
    const blobs = await Promise.all([0, 100, 229].map((at) => encrypt(keys[at]!.id)));
    await end();
    await open(test.pair());
    await renewKeys.run(kms.deps);
    kms.advance(11_000);
    const { transaction } = kms.store;
    let left = 3;
    let cuts = 0;
    const store = {
      ...kms.store,
      read: kms.store.read,
      transaction: ((work) =>
        transaction(async (tx) => {
          const answer = await work(tx);
          left -= 1;
          if (left > 0) return answer;
          left = 3;
          cuts += 1;
          throw new Error('cut off');
        })) as typeof transaction,
    };
    for (let turn = 0; turn < 40; turn += 1) await renewKeys.run({ ...kms.deps, store }).catch(() => undefined);
    expect(cuts).toBeGreaterThan(5);
    const done = await steps();
    expect(done.map((step) => step?.state)).toEqual(done.map(() => 'done'));
    expect(done.slice(0, 4).map((step) => step?.seen)).toEqual([1, 230, 230, 230]);
    expect(done.slice(0, 3).map((step) => step?.renewed)).toEqual([1, 230, 230]);
    await end();
    await open(test.pair('hsm-b'));
    for (const blob of blobs) expect(await decrypt(blob)).toBe('secret');
  });
});

describe('a token that is away when the key of an account is made', () => {
  it('gets its wrap when it is back; requests go on meanwhile, and caches know the new form', async () => {
    await open(test.pair());
    await renew();
    test.takeAway('hsm-b');
    await eventually(async () => {
      if ((await kms.deps.hsm.status()).tokens?.[1]?.state === 'ready') await kms.deps.hsm.publicKey('nobody');
    }, 'answered');
    const key = await kms.key();
    const blob = await encrypt(key.id);
    expect(await readProgress(kms.store.read, 'tenant keys')).toMatchObject({ state: 'running', wanted: 1 });
    await renewKeys.run(kms.deps);
    expect(await readProgress(kms.store.read, 'tenant keys')).toMatchObject({ state: 'running', renewed: 0 });
    test.bringBack('hsm-b');
    await eventually(async () => {
      await renewKeys.run(kms.deps);
      const progress = await readProgress(kms.store.read, 'tenant keys');
      if (progress?.state !== 'done') await kms.deps.hsm.publicKey('nobody');
    }, 'answered');
    expect(await readProgress(kms.store.read, 'tenant keys')).toMatchObject({ seen: 1, renewed: 1, refused: 0 });
    const row = await kms.store.read.selectFrom('tenant_key').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ account_id: ACCOUNT, root_version: 0 });
    expect(row.wrapped).toHaveLength(202);
    test.signal('hsm', 'SIGKILL');
    expect(await decrypt(blob)).toBe('secret');
    await kms.key();
  });
});
