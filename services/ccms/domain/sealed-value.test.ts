import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openValue, readHeader, sealValue, type ValueOwner } from './sealed-value.ts';

const owner: ValueOwner = {
  accountId: '111122223333',
  arn: 'arn:aws:secretsmanager:local-1:111122223333:secret:shop/db-a1B2c3',
  versionId: 'a'.repeat(32),
  kind: 'text',
};
const header = { keyArn: 'arn:aws:kms:local-1:111122223333:key/k', wrappedKey: Buffer.alloc(120, 9) };
const key = createHash('sha256').update('k').digest();
const value = Buffer.from('correct horse battery staple');
const sealed = sealValue(owner, header, key, randomBytes(12), value);

describe('a sealed value', () => {
  it('opens for its owner under its key', () => {
    expect(openValue(owner, key, sealed)).toEqual(value);
    expect(readHeader(sealed)).toEqual(header);
  });

  it('does not open when any bit of it is another', () => {
    for (let at = 0; at < sealed.length * 8; at++) {
      const flipped = Buffer.from(sealed);
      flipped[at >> 3] = flipped[at >> 3]! ^ (1 << (at & 7));
      expect(openValue(owner, key, flipped), `bit ${at}`).toBeUndefined();
    }
  });

  it('does not open when it is cut or longer', () => {
    for (let length = 0; length < sealed.length; length++)
      expect(openValue(owner, key, sealed.subarray(0, length)), `${length} bytes`).toBeUndefined();
    expect(openValue(owner, key, Buffer.concat([sealed, Buffer.of(0)]))).toBeUndefined();
  });

  it.each([
    ['another account', { accountId: '444455556666' }],
    ['another secret', { arn: owner.arn.replace('a1B2c3', 'a1B2c4') }],
    ['another version', { versionId: 'b'.repeat(32) }],
    ['another kind', { kind: 'binary' as const }],
  ])('does not open for %s', (_, other) => {
    expect(openValue({ ...owner, ...other }, key, sealed)).toBeUndefined();
  });

  it('does not open under another key', () => {
    expect(openValue(owner, Buffer.alloc(32, 1), sealed)).toBeUndefined();
  });
});
