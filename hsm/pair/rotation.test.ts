/** The roots of a pair are rotated: under load, with one token away, with an agent killed at any moment. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeRootWraps } from '../custody/root-wraps.ts';
import type { Hsm, KeyRef, WrappedKey } from '../port.ts';
import { codeOf, eventually } from '../testing/conformance.ts';
import { FOLDERS, TestPair } from '../testing/pair.ts';

const context = { header: Buffer.from('header'), aad: Buffer.from('context') };
const plaintext = Buffer.from('secret');

let test: TestPair;
beforeEach(() => {
  test = new TestPair();
});
afterEach(() => test.remove());

async function newKey(hsm: Hsm, name = 'account'): Promise<KeyRef> {
  const tenant = await hsm.createTenantKey(Buffer.from(name));
  return { tenant, material: await hsm.createKeyMaterial(tenant, Buffer.from(`key of ${name}`), 32) };
}

const versionsOf = (key: WrappedKey) => decodeRootWraps(key.wrapped)!.wraps.map(({ rootVersion }) => rootVersion);

const formOf = async (hsm: Hsm) => (await hsm.status()).form;

/** Every decrypt of one caller until told to stop. */
function decryptUntilTold(hsm: Hsm, key: KeyRef, sealed: Buffer) {
  let stopped = false;
  const codes = (async () => {
    const seen: string[] = [];
    while (!stopped) seen.push(await codeOf(hsm.open(key, { ...context, sealed })));
    return seen;
  })();
  return async () => {
    stopped = true;
    return codes;
  };
}

describe('roots of a pair', () => {
  it('are rotated under load: no decrypt fails, values derived from MACs stay, each token alone opens all', async () => {
    const hsm = test.pair();
    await hsm.ready();
    const key = await newKey(hsm);
    const sealed = await hsm.seal(key, { ...context, plaintext });
    const [form, derived] = [await formOf(hsm), await hsm.mac('derived', plaintext)];
    const stop = decryptUntilTold(hsm, key, sealed);
    await hsm.addRootVersion(2);
    await hsm.addRootVersion(2);
    expect(await formOf(hsm)).not.toBe(form);
    const tenant = (await hsm.renewTenantKey(key.tenant))!;
    expect(versionsOf(tenant)).toEqual([2, 2]);
    expect(await hsm.renewTenantKey(tenant)).toBeUndefined();
    expect(await hsm.renewKey({ ...key, tenant })).toBeUndefined();
    const seen = await stop();
    expect(seen.length).toBeGreaterThan(2);
    expect(new Set(seen)).toEqual(new Set(['answered']));
    expect(await hsm.mac('derived', plaintext)).toEqual(derived);
    await hsm.destroyRootVersion(1);
    expect((await hsm.status()).tokens?.map(({ rootVersions }) => rootVersions)).toEqual([[2], [2]]);
    await test.closeAll();
    for (const folder of FOLDERS) {
      const alone = test.pair(folder, 500);
      await alone.ready();
      expect(await alone.open({ ...key, tenant }, { ...context, sealed })).toEqual(plaintext);
      expect(await codeOf(alone.open(key, { ...context, sealed }))).not.toBe('answered');
      expect(await alone.mac('derived', plaintext)).toEqual(derived);
      await test.closeAll();
    }
  });

  it('wait for a token that is away: all works meanwhile, and it is rotated when it is back', async () => {
    const hsm = test.pair();
    await hsm.ready();
    const key = await newKey(hsm);
    const sealed = await hsm.seal(key, { ...context, plaintext });
    test.takeAway('hsm-b');
    await eventually(async () => {
      const [, second] = (await hsm.status()).tokens!;
      if (second!.state === 'ready') await hsm.publicKey('nobody');
    }, 'answered');
    expect(await codeOf(hsm.addRootVersion(2))).toBe('unavailable');
    expect((await hsm.status()).tokens?.map(({ rootVersion }) => rootVersion)).toEqual([2, 1]);
    expect(await codeOf(hsm.open(key, { ...context, sealed }))).toBe('answered');
    const made = await newKey(hsm, 'made meanwhile');
    expect(versionsOf(made.tenant)).toEqual([2]);
    // The first token has done its part; the one that is away still has the root it had.
    expect(versionsOf((await hsm.renewTenantKey(key.tenant))!).sort()).toEqual([1, 2]);
    test.bringBack('hsm-b');
    await eventually(() => hsm.addRootVersion(2), 'answered');
    await eventually(() => hsm.renewTenantKey(made.tenant), 'answered');
    for (const { tenant } of [key, made]) expect(versionsOf((await hsm.renewTenantKey(tenant))!)).toEqual([2, 2]);
    expect(await codeOf(hsm.open(key, { ...context, sealed }))).toBe('answered');
  });

  it('are completed when both agents are killed meanwhile', async () => {
    const hsm = test.pair();
    await hsm.ready();
    const key = await newKey(hsm);
    const sealed = await hsm.seal(key, { ...context, plaintext });
    for (const version of [2, 3, 4]) {
      const cut = codeOf(hsm.addRootVersion(version));
      for (const folder of FOLDERS) test.signal(folder, 'SIGKILL');
      expect(['answered', 'unavailable']).toContain(await cut);
      await eventually(() => hsm.addRootVersion(version), 'answered');
      await eventually(() => hsm.open(key, { ...context, sealed }), 'answered');
      await eventually(async () => {
        expect(versionsOf((await hsm.renewTenantKey(key.tenant))!)).toEqual([version, version]);
      }, 'answered');
    }
  });

  it('may be of different versions: a second token that comes later begins with its first', async () => {
    const single = test.single('hsm', true);
    await single.ready();
    await single.addRootVersion(2);
    const before = await newKey(single);
    const sealed = await single.seal(before, { ...context, plaintext });
    const derived = await single.mac('derived', plaintext);
    await test.closeAll();
    const hsm = test.pair();
    await hsm.ready();
    expect(await hsm.mac('derived', plaintext)).toEqual(derived);
    const tenant = (await hsm.renewTenantKey(before.tenant))!;
    expect(versionsOf(tenant).sort()).toEqual([1, 2]);
    expect(await hsm.open({ ...before, tenant }, { ...context, sealed })).toEqual(plaintext);
    await hsm.addRootVersion(3);
    expect(versionsOf((await hsm.renewTenantKey(tenant))!)).toEqual([3, 3]);
  });
});
