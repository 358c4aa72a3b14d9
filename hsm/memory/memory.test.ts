import { describe, expect, it } from 'vitest';
import { codeOf, describeHsm } from '../testing/conformance.ts';
import { createMemoryHsm, createMemoryRoots } from './memory.ts';

describeHsm('memory', async () => {
  const hsm = createMemoryHsm();
  return { hsm, takeAway: () => hsm.failWith(), bringBack: () => hsm.restore(), close: () => {} };
});

describeHsm(
  'memory whose root was rotated',
  async () => {
    const hsm = createMemoryHsm();
    await hsm.addRootVersion(2);
    await hsm.destroyRootVersion(1);
    return { hsm, takeAway: () => hsm.failWith(), bringBack: () => hsm.restore(), close: () => {} };
  },
  { tenantKeyBytes: 110, rootVersion: 0, roots: [2] },
);

describe('memory double', () => {
  const context = { header: Buffer.from('h'), aad: Buffer.from('a') };

  it('opens blobs of another double with the same roots, and none of one with other roots', async () => {
    const roots = createMemoryRoots();
    const [first, restarted, stranger] = [createMemoryHsm({ roots }), createMemoryHsm({ roots }), createMemoryHsm()];
    const tenant = await first.createTenantKey(Buffer.from('account'));
    const key = { tenant, material: await first.createKeyMaterial(tenant, Buffer.from('key'), 32) };
    const sealed = await first.seal(key, { ...context, plaintext: Buffer.from('kept') });
    expect((await restarted.open(key, { ...context, sealed })).toString()).toBe('kept');
    expect(await codeOf(stranger.open(key, { ...context, sealed }))).toBe('integrity');
  });

  it('fails with the code it is told to', async () => {
    const hsm = createMemoryHsm();
    hsm.failWith('overloaded');
    expect(await codeOf(hsm.random(8))).toBe('overloaded');
    hsm.restore();
    expect(await codeOf(hsm.random(8))).toBe('answered');
  });
});
