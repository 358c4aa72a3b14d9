/** The operator rotates the root and retires the old one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renewKeys } from '../jobs/renew-keys.ts';
import { rotateRoot } from '../jobs/rotate-root.ts';
import { failure, KmsHarness, OTHER_ACCOUNT } from '../testing/harness.ts';

let kms: KmsHarness;
beforeEach(async () => {
  kms = await KmsHarness.open();
});
afterEach(() => kms.close());

const admin = () => kms.user('admin');
const CONFIRMATION = 'destroy root version 1';

const held = async () => (await kms.hsm.status()).rootVersions;
const states = async () => (await admin().DescribeRootRotation({})).Versions.map(({ State }) => State);

async function renew(): Promise<void> {
  await renewKeys.run(kms.deps);
  kms.advance(11_000);
  await renewKeys.run(kms.deps);
}

async function rotate(): Promise<void> {
  await admin().StartRootRotation({});
  await rotateRoot.run(kms.deps);
  await renew();
}

async function encrypted() {
  const { id } = await kms.key();
  const { CiphertextBlob } = await admin().Encrypt({ KeyId: id, Plaintext: Buffer.from('secret') });
  return async () => (await admin().Decrypt({ CiphertextBlob })).Plaintext.toString();
}

describe('StartRootRotation', () => {
  it('says in a dry run what it would do, and changes nothing', async () => {
    await kms.key();
    const preview = await admin().StartRootRotation({ DryRun: true });
    expect(preview).toMatchObject({ RootVersion: 2, DryRun: true, EndsSessions: true });
    expect(preview.Steps).toContainEqual(
      expect.objectContaining({ Service: 'kms', Step: 'key material', State: 'waiting', Total: 1, Left: 1 }),
    );
    await rotateRoot.run(kms.deps);
    expect(await held()).toEqual([1]);
    expect(await states()).toEqual(['InForce']);
  });

  it('is done by the job, also after a restart, and is in the record', async () => {
    const decrypt = await encrypted();
    expect(await admin().StartRootRotation({})).toMatchObject({ RootVersion: 2, DryRun: false });
    expect((await kms.lastRecord()).eventName).toBe('StartRootRotation');
    expect(await states()).toEqual(['InForce', 'Adding']);
    kms = await kms.restart();
    await rotateRoot.run(kms.deps);
    expect(await held()).toEqual([1, 2]);
    const record = await kms.lastRecord();
    expect(record).toMatchObject({
      eventName: 'CompleteRootRotation',
      requestParameters: { RootVersion: 2, State: 'InForce' },
    });
    expect(await decrypt()).toBe('secret');
    expect(await states()).toEqual(['InUse', 'InForce']);
    expect((await admin().DescribeRootRotation({})).State).toBe('Renewing');
    await renew();
    expect(await states()).toEqual(['Unused', 'InForce']);
    const { State, Steps } = await admin().DescribeRootRotation({});
    expect(State).toBe('Idle');
    expect(Steps).toContainEqual({
      Service: 'kms',
      Step: 'key material',
      State: 'done',
      Total: 1,
      Seen: 1,
      Renewed: 1,
      Refused: 0,
      Left: 0,
    });
    expect(new Set(Steps.map(({ Service }) => Service))).toEqual(new Set(['kms', 'iam', 'ccms', 'pca', 'audit']));
    expect(await decrypt()).toBe('secret');
    expect((await admin().StartRootRotation({ DryRun: true })).EndsSessions).toBe(false);
  });

  it('is refused while another one is under way', async () => {
    await admin().StartRootRotation({});
    const again = await failure(admin().StartRootRotation({}));
    expect(again).toMatchObject({ code: 'RootRotationRefused', message: 'root version 2 is being added' });
    await rotateRoot.run(kms.deps);
    expect((await failure(admin().StartRootRotation({}))).message).toMatch(/^renewal is not done: /);
    await renew();
    expect((await admin().StartRootRotation({})).RootVersion).toBe(3);
  });

  it('goes on when a token has a newer version already', async () => {
    await admin().StartRootRotation({});
    await kms.hsm.addRootVersion(4);
    await rotateRoot.run(kms.deps);
    await renew();
    expect((await admin().StartRootRotation({ DryRun: true })).RootVersion).toBe(5);
  });

  it('waits for the HSM', async () => {
    await admin().StartRootRotation({});
    const { addRootVersion } = kms.hsm;
    Object.assign(kms.hsm, {
      addRootVersion: (version: number) => kms.hsm.random(0).then(() => addRootVersion(version)),
    });
    await rotateRoot.run(kms.deps);
    expect(await states()).toEqual(['InForce', 'Adding']);
    Object.assign(kms.hsm, { addRootVersion });
    await rotateRoot.run(kms.deps);
    expect(await states()).toEqual(['InUse', 'InForce']);
  });

  it('is for the management account only', async () => {
    const stranger = kms.user('stranger', undefined, OTHER_ACCOUNT);
    const calls = [
      stranger.StartRootRotation({ DryRun: true }),
      stranger.DescribeRootRotation({}),
      stranger.RetireRootVersion({ RootVersion: 1, Confirmation: CONFIRMATION }),
      kms.user('root', undefined, OTHER_ACCOUNT).StartRootRotation({}),
    ];
    for (const call of calls) expect((await failure(call)).code).toBe('AccessDenied');
    expect(await held()).toEqual([1]);
  });
});

describe('RetireRootVersion', () => {
  it('is refused while anything may need the version, then destroys it after a while', async () => {
    const decrypt = await encrypted();
    const retire = () => admin().RetireRootVersion({ RootVersion: 1, Confirmation: CONFIRMATION });
    expect((await failure(retire())).message).toBe('root version 1 is in force');
    await admin().StartRootRotation({});
    await rotateRoot.run(kms.deps);
    expect((await failure(retire())).message).toMatch(/^renewal is not done: /);
    await renew();
    for (const Confirmation of [undefined, '', 'yes', 'destroy root version 2']) {
      const refusal = await failure(
        admin().RetireRootVersion({ RootVersion: 1, ...(Confirmation && { Confirmation }) }),
      );
      expect(refusal.code).toBe('Validation');
    }
    expect(await admin().RetireRootVersion({ RootVersion: 1, DryRun: true })).toMatchObject({ State: 'Unused' });
    expect(await states()).toEqual(['Unused', 'InForce']);
    expect(await retire()).toEqual({ RootVersion: 1, DryRun: false, State: 'Retiring' });
    expect((await kms.lastRecord()).eventName).toBe('RetireRootVersion');
    await rotateRoot.run(kms.deps);
    expect(await held()).toEqual([1, 2]);
    kms.advance(31_000);
    await rotateRoot.run(kms.deps);
    expect(await held()).toEqual([2]);
    expect((await kms.lastRecord()).requestParameters).toEqual({ RootVersion: 1, State: 'Retired' });
    expect(await states()).toEqual(['Retired', 'InForce']);
    expect((await failure(retire())).message).toBe('root version 1 is retired already');
    kms = await kms.restart();
    expect(await decrypt()).toBe('secret');
    await rotate();
    expect(await held()).toEqual([2, 3]);
    expect(await decrypt()).toBe('secret');
  });

  it('destroys nothing when something came to need the version meanwhile', async () => {
    await kms.key();
    await rotate();
    await admin().RetireRootVersion({ RootVersion: 1, Confirmation: CONFIRMATION });
    await kms.store.transaction(async (tx) => {
      const progress = { state: 'running' as const };
      await (tx as never as typeof kms.store.read)
        .updateTable('renewal' as never)
        .set(progress as never)
        .execute();
    });
    kms.advance(31_000);
    await rotateRoot.run(kms.deps);
    expect(await held()).toEqual([1, 2]);
    await renewKeys.run(kms.deps);
    await rotateRoot.run(kms.deps);
    expect(await held()).toEqual([2]);
  });

  it('destroys nothing because somebody wrote so into the database', async () => {
    await rotate();
    const forged = {
      version: 1,
      state: 'retiring' as const,
      account_id: '1',
      changed_at: 0,
      row_mac: Buffer.alloc(32),
    };
    await kms.store.transaction(async (tx) => {
      await (tx as never as typeof kms.store.read).insertInto('root_version').values(forged).execute();
    });
    kms.advance(31_000);
    await expect(rotateRoot.run(kms.deps)).rejects.toMatchObject({ code: 'Internal' });
    expect(await held()).toEqual([1, 2]);
    expect((await failure(admin().DescribeRootRotation({}))).code).toBe('Internal');
  });

  it('counts a forged row as one that may need the version', async () => {
    await kms.key();
    await kms.store.transaction(async (tx) => {
      await (tx as never as typeof kms.store.read).updateTable('kms_key').set({ description: 'forged' }).execute();
    });
    await rotate();
    const refusal = await failure(admin().RetireRootVersion({ RootVersion: 1, Confirmation: CONFIRMATION }));
    expect(refusal.message).toBe('rows that do not verify may need it: MACs of kms_key');
    expect(await states()).toEqual(['InUse', 'InForce']);
  });
});
