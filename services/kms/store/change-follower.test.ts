import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KmsClient, KmsHarness } from '../testing/harness.ts';
import { ChangeFollower } from './change-follower.ts';
import { KeyCache } from './key-cache.ts';

let kms: KmsHarness;
let admin: KmsClient;
/** The caches of a second node on the same database. */
let cache: KeyCache;
let follower: ChangeFollower;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  const { store, guard, grants, clock, log } = kms.deps;
  follower = new ChangeFollower(store, grants, clock, log);
  cache = new KeyCache({ store, guard, isCurrent: follower.isCurrent });
  await follower.poll(cache);
});
afterAll(() => kms.close());

const ACCOUNT = '111122223333';

describe('a second node', () => {
  it('sees a change of a key when it looks at the feed', async () => {
    const { id } = await kms.key();
    expect((await cache.key(id))?.row.state).toBe('Enabled');
    await admin.DisableKey({ KeyId: id });
    expect((await cache.key(id))?.row.state).toBe('Enabled');
    await follower.poll(cache);
    expect((await cache.key(id))?.row.state).toBe('Disabled');
  });

  it('sees an alias move and go', async () => {
    const [one, two] = [await kms.key(), await kms.key()];
    await admin.CreateAlias({ AliasName: 'alias/a', TargetKeyId: one.id });
    expect((await cache.byAlias(ACCOUNT, 'alias/a'))?.row.key_id).toBe(one.id);
    await admin.UpdateAlias({ AliasName: 'alias/a', TargetKeyId: two.id });
    await follower.poll(cache);
    expect((await cache.byAlias(ACCOUNT, 'alias/a'))?.row.key_id).toBe(two.id);
    await admin.DeleteAlias({ AliasName: 'alias/a' });
    await follower.poll(cache);
    expect(await cache.byAlias(ACCOUNT, 'alias/a')).toBeUndefined();
  });

  it('does not mistake its own lag for an attack', async () => {
    const [one, two] = [await kms.key(), await kms.key()];
    await admin.CreateAlias({ AliasName: 'alias/lag', TargetKeyId: one.id });
    // It knows both keys from before the alias, and the alias row from after it.
    await Promise.all([cache.key(one.id), cache.key(two.id)]);
    await admin.UpdateAlias({ AliasName: 'alias/lag', TargetKeyId: two.id });
    expect((await cache.byAlias(ACCOUNT, 'alias/lag'))?.row.key_id).toBe(two.id);
  });

  it('starts from nothing when the feed was shortened behind its back', async () => {
    const { id } = await kms.key();
    await follower.poll(cache);
    await cache.key(id);
    await admin.DisableKey({ KeyId: id });
    const version = await kms.store.currentVersion();
    await kms.store.transaction((tx) => kms.store.pruneChanges(tx, version));
    await kms.key();
    await follower.poll(cache);
    expect((await cache.key(id))?.row.state).toBe('Disabled');
  });

  it('answers nothing from memory when the feed cannot be read', async () => {
    const { id } = await kms.key();
    let current = true;
    const { store, guard } = kms.deps;
    const careful = new KeyCache({ store, guard, isCurrent: () => current });
    await careful.key(id);
    await admin.DisableKey({ KeyId: id });
    expect((await careful.key(id))?.row.state).toBe('Enabled');
    current = false;
    expect((await careful.key(id))?.row.state).toBe('Disabled');
  });

  it('uses, but does not keep, what a change overtook while it was read', async () => {
    const { id } = await kms.key();
    await follower.poll(cache);
    const reading = cache.key(id);
    cache.forgetKey(id);
    expect((await reading)?.row.key_id).toBe(id);
    expect(cache.key(id)).toBeInstanceOf(Promise);
    await cache.key(id);
    expect(cache.key(id)).not.toBeInstanceOf(Promise);
  });
});
