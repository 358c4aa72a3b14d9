import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../platform/config/config.ts';
import { describeTokens, tokenPlaces, tokenState } from './tokens.ts';

const RECORD = JSON.stringify({ label: 'parapet', serial: '01', fingerprints: { 'root-wrap-v1': 'ab' } });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-tokens-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, content: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), content, { mode: 0o600 });
}

const places = (more: Record<string, string> = {}) => tokenPlaces(readConfig({ PARAPET_DATA: folder, ...more }));

describe('a SoftHSM token', () => {
  beforeEach(() => {
    put('hsm/token.json', RECORD);
    put('hsm/pin', '1234');
    put('hsm/tokens/a/key.object', 'key');
  });

  it('is in the backup with everything that it needs', () => {
    const [token] = places();
    expect([...token!.files.keys()]).toEqual([
      'files/hsm/pin',
      'files/hsm/token.json',
      'files/hsm/tokens/a/key.object',
    ]);
    expect(describeTokens(places())).toMatchObject([{ place: 'hsm', kind: 'softhsm', label: 'parapet' }]);
  });

  it.each([
    ['a key', () => put('hsm/tokens/a/key.object', 'another')],
    ['one more key', () => put('hsm/tokens/a/other.object', 'key')],
    ['the record', () => put('hsm/token.json', `${RECORD} `)],
  ])('has changed when it has: %s', (_what, change) => {
    const before = tokenState(places());
    expect(tokenState(places())).toBe(before);
    change();
    expect(tokenState(places())).not.toBe(before);
  });

  it('without its record is refused', () => {
    rmSync(join(folder, 'hsm/token.json'));
    expect(() => describeTokens(places())).toThrow('token.json');
  });
});

describe('the token of a vendor', () => {
  it('is named, and its PIN is not read', () => {
    put('ceremony/pin', 'canary');
    put('ceremony/token.json', RECORD);
    const found = places({ PARAPET_HSM_MODULE: '/lib/vendor.so', PARAPET_HSM_PIN_FILE: join(folder, 'ceremony/pin') });
    expect([...found[0]!.files.keys()]).toEqual(['files/vendor-hsm/token.json']);
    expect(describeTokens(found)).toMatchObject([{ place: 'vendor-hsm', kind: 'vendor', serial: '01' }]);
  });

  it('as a pair is two of them', () => {
    for (const name of ['one', 'two']) put(`${name}/token.json`, RECORD);
    const found = places({
      PARAPET_HSM_PAIR: 'true',
      PARAPET_HSM_MODULE: '/lib/vendor.so',
      PARAPET_HSM_PIN_FILE: join(folder, 'one/pin'),
      PARAPET_HSM_SECOND_PIN_FILE: join(folder, 'two/pin'),
    });
    expect(describeTokens(found).map(({ place }) => place)).toEqual(['vendor-hsm', 'vendor-hsm-b']);
  });
});
