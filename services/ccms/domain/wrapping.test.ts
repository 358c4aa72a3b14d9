import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readToken, tokenHash, tokenText, unwrapValue, withMisuse, wrappingKey, wrapValue } from './wrapping.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b));
const row = {
  wrapping_id: '9b1d6c2e-4f7a-4b3d-8e5c-1a2b3c4d5e6f',
  account_id: '111122223333',
  secret_arn: 'arn:aws:secretsmanager:local-1:111122223333:secret:db-a1B2c3',
  version_id: 'v'.repeat(32),
  kind: 'text' as const,
  expires_at: 1_800_000_000_000,
};

describe('a token', () => {
  it('is read as it was written, and nothing else is', () => {
    fc.assert(
      fc.property(bytes(32), (secret) => {
        expect(readToken(tokenText(secret))).toEqual(secret);
        expect(tokenHash(secret)).toHaveLength(32);
        expect(tokenHash(secret)).not.toEqual(secret);
      }),
    );
    const text = tokenText(Buffer.alloc(32, 7));
    for (const other of [
      '',
      'pwt_',
      text.slice(4),
      text.slice(0, -1),
      `${text}A`,
      `${text} `,
      `${text.slice(0, -1)}=`,
      `${text.slice(0, -1)}d`,
    ])
      expect(readToken(other)).toBeUndefined();
  });
});

describe('a wrapped value', () => {
  it('opens with both halves of its key, for its row, unchanged, and not otherwise', () => {
    const content = fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b));
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(12), content, fc.nat(), (token, half, iv, value, at) => {
        const key = wrappingKey(token, half);
        const sealed = wrapValue(row, key, iv, value);
        expect(unwrapValue(row, key, sealed)).toEqual(value);
        const flipped = Buffer.from(sealed);
        flipped[at % sealed.length]! ^= 1;
        expect(unwrapValue(row, key, flipped)).toBeUndefined();
        expect(unwrapValue(row, key, sealed.subarray(0, at % sealed.length))).toBeUndefined();
        const other = Buffer.from(half);
        other[at % 32]! ^= 1;
        expect(unwrapValue(row, wrappingKey(token, other), sealed)).toBeUndefined();
        expect(unwrapValue(row, wrappingKey(other, half), sealed)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['wrapping_id', 'x'],
    ['account_id', '444455556666'],
    ['secret_arn', 'arn'],
    ['version_id', 'w'.repeat(32)],
    ['kind', 'binary'],
    ['expires_at', row.expires_at + 1],
  ])('is of its %s', (column, value) => {
    const key = Buffer.alloc(32, 1);
    const sealed = wrapValue(row, key, Buffer.alloc(12), Buffer.from('x'));
    expect(unwrapValue({ ...row, [column]: value } as never, key, sealed)).toBeUndefined();
  });
});

it('counts every misuse and keeps the newest twenty', () => {
  let seen = { misuse_count: 0, misuses: '[]' };
  for (let At = 0; At < 30; At++) seen = withMisuse(seen, { At, By: 'a', From: 'b', Reason: 'already-unwrapped' });
  expect(seen.misuse_count).toBe(30);
  expect((JSON.parse(seen.misuses) as { At: number }[]).map(({ At }) => At)).toEqual(
    Array.from({ length: 20 }, (_, index) => 29 - index),
  );
});
