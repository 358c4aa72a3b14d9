import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryRoots, MemoryRootOfTrust } from '../memory/memory.ts';
import { Custody } from './custody.ts';
import { encodeKeyRef, encodeWrappedKey } from './key-encoding.ts';
import type { RootOfTrust } from './roots.ts';

const context = { header: Buffer.from('h'), aad: Buffer.from('a') };

/** Roots that count what reaches the token. */
class CountingRoots extends MemoryRootOfTrust {
  unwraps = 0;
  macs = 0;

  override unwrapKey(wrapped: Buffer, rootVersion: number): Buffer {
    this.unwraps += 1;
    return super.unwrapKey(wrapped, rootVersion);
  }

  override mac(data: Buffer, rootVersion: number): Buffer | undefined {
    this.macs += 1;
    return super.mac(data, rootVersion);
  }
}

function setUp() {
  const clock = { time: 0 };
  const roots = new CountingRoots(createMemoryRoots());
  const cache = { ttlMs: 1000, entries: 100, uses: 10 };
  const custody = new Custody({ roots, now: () => clock.time, cache });
  const tenant = custody.createTenantKey(Buffer.from('account'));
  const material = custody.createKeyMaterial(encodeWrappedKey(tenant), Buffer.from('key'), 32);
  return { clock, roots, custody, tenant, material, key: encodeKeyRef({ tenant, material }) };
}

describe('custody', () => {
  it('asks the token once, then serves from the cache until the time is up', () => {
    const { clock, roots, custody, key } = setUp();
    custody.seal(key, { ...context, plaintext: Buffer.alloc(1) });
    const before = roots.unwraps + roots.macs;
    custody.seal(key, { ...context, plaintext: Buffer.alloc(1) });
    expect(roots.unwraps + roots.macs).toBe(before);
    clock.time = 1000;
    custody.seal(key, { ...context, plaintext: Buffer.alloc(1) });
    expect(roots.unwraps + roots.macs).toBeGreaterThan(before);
  });

  it('asks the token again after the allowed number of uses, and after being cleared', () => {
    const { roots, custody, key } = setUp();
    const seal = () => custody.seal(key, { ...context, plaintext: Buffer.alloc(1) });
    seal();
    const before = roots.macs;
    for (let use = 1; use < 10; use += 1) seal();
    expect(roots.macs).toBe(before);
    seal();
    expect(roots.macs).toBe(before + 1);
    custody.clear();
    seal();
    expect(roots.macs).toBe(before + 3);
  });

  it('checks the MAC before it gives a blob to the token', () => {
    const { roots, custody, tenant } = setUp();
    custody.clear();
    const before = roots.unwraps;
    const forged = encodeWrappedKey({ ...tenant, wrapped: randomBytes(40) });
    expect(() => custody.sealSecret(forged, Buffer.alloc(0), Buffer.alloc(1))).toThrow(/does not match its binding/);
    expect(roots.unwraps).toBe(before);
    expect(custody.counters().integrityRefusals).toBe(1);
  });

  it('gives out no key that cannot be read back', () => {
    const roots: RootOfTrust = new (class extends MemoryRootOfTrust {
      override generateKey(): { key: Buffer; wrapped: Buffer } {
        return { key: randomBytes(32), wrapped: super.generateKey().wrapped };
      }
    })(createMemoryRoots());
    const custody = new Custody({ roots, now: () => 0 });
    expect(() => custody.createTenantKey(Buffer.from('account'))).toThrow(/could not be read back/);
  });
});
