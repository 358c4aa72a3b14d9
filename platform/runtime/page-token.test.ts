import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { PageTokens } from './page-token.ts';

const tokens = new PageTokens(randomBytes(32));
const scope = { accountId: '111122223333', operation: 'ListKeys', filters: { a: 1 } };

it('brings the position back in its own scope', () => {
  expect(tokens.open(scope, tokens.seal(scope, { after: 'x' }))).toEqual({ after: 'x' });
});

it.each([
  { ...scope, accountId: '999988887777' },
  { ...scope, operation: 'ListAliases' },
  { ...scope, filters: { a: 2 } },
  { accountId: scope.accountId, operation: scope.operation },
])('refuses another scope: %j', (other) => {
  expect(tokens.open(other, tokens.seal(scope, 1))).toBeUndefined();
});

it('refuses every flipped bit, short text and other keys', () => {
  const token = tokens.seal(scope, { after: 'x' });
  const bytes = Buffer.from(token, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(tokens.open(scope, flipped.toString('base64url'))).toBeUndefined();
  }
  expect(tokens.open(scope, '')).toBeUndefined();
  expect(tokens.open(scope, 'AAAA')).toBeUndefined();
  expect(new PageTokens(randomBytes(32)).open(scope, token)).toBeUndefined();
});
