import { describe, expect, it } from 'vitest';
import { HsmError } from '../port.ts';
import { readKeyPair } from './key-pair.ts';
import { PairSource } from './pair-source.ts';

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (performance.now() > end) throw new Error('not within 30 s');
  }
}

describe('the source of key pairs', () => {
  it('makes keys of the asked spec, never one twice', async () => {
    const source = new PairSource();
    const made = await Promise.all(Array.from({ length: 8 }, () => source.take('ECC_NIST_P256')));
    expect(made.map((key) => readKeyPair(key)?.spec)).toEqual(Array(8).fill('ECC_NIST_P256'));
    expect(new Set(made.map((key) => key.toString('hex'))).size).toBe(8);
    expect(source.ready).toBe(0);
  });

  it('makes keys ahead of specs that were asked for, and of no others', { timeout: 60_000 }, async () => {
    const source = new PairSource({ ECC_NIST_P256: 3, ECC_NIST_P384: 2 });
    expect(source.ready).toBe(0);
    const first = await source.take('ECC_NIST_P256');
    await until(() => source.ready === 3);
    const next = await Promise.all(Array.from({ length: 5 }, () => source.take('ECC_NIST_P256')));
    expect(new Set([first, ...next].map((key) => key.toString('hex'))).size).toBe(6);
    await until(() => source.ready === 3);
    expect(readKeyPair(await source.take('ECC_NIST_P384'))?.spec).toBe('ECC_NIST_P384');
    await until(() => source.ready === 5);
  });

  it('zeroises what it made ahead, and keeps nothing that was under way', { timeout: 60_000 }, async () => {
    const source = new PairSource({ ECC_NIST_P256: 2 });
    await source.take('ECC_NIST_P256');
    await until(() => source.ready === 2);
    source.clear();
    expect(source.ready).toBe(0);
    await source.take('ECC_NIST_P256');
    source.clear();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(source.ready).toBe(0);
  });

  it('tells whoever waits too long to ask again, and has the key then', { timeout: 60_000 }, async () => {
    const source = new PairSource({ RSA_2048: 1 }, 1);
    const code = (error: unknown) => (error instanceof HsmError ? error.code : 'fault');
    expect(await source.take('RSA_2048').then(() => 'made', code)).toBe('overloaded');
    await until(() => source.ready === 1);
    expect(readKeyPair(await source.take('RSA_2048'))?.spec).toBe('RSA_2048');
  });

  it('refuses what it could not make in time', { timeout: 60_000 }, async () => {
    const source = new PairSource();
    const asked = Array.from({ length: 90 }, () =>
      source.take('ECC_NIST_P256').then(
        () => 'made',
        (error: unknown) => (error instanceof HsmError ? error.code : 'fault'),
      ),
    );
    const codes = await Promise.all(asked);
    expect(codes.filter((code) => code === 'overloaded').length).toBeGreaterThan(0);
    expect(codes.filter((code) => code === 'made').length).toBeGreaterThanOrEqual(64);
    expect(codes).not.toContain('fault');
  });
});
