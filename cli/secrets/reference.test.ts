import { describe, expect, it } from 'vitest';
import { parseMapping, parseReference } from './reference.ts';

const ARN = 'arn:aws:secretsmanager:local-1:111122223333:secret:shop/db-a1B2c3';

describe('a reference', () => {
  it.each([
    ['shop/db', { secretId: 'shop/db' }],
    ['shop/db:password', { secretId: 'shop/db', field: 'password' }],
    ['shop/db:a:b', { secretId: 'shop/db', field: 'a:b' }],
    [ARN, { secretId: ARN }],
    [`${ARN}:password`, { secretId: ARN, field: 'password' }],
  ])('%s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  it.each(['', ':password', 'shop/db:', `${ARN}:`])('%j names no value', (text) => {
    expect(() => parseReference(text)).toThrow('names no value');
  });
});

describe('a mapping', () => {
  it('is a variable and a reference', () => {
    expect(parseMapping('A_1=shop/db:p=q')).toEqual({
      name: 'A_1',
      reference: { secretId: 'shop/db', field: 'p=q' },
    });
  });

  it.each(['shop/db', '=shop/db', '1A=shop/db', 'A-B=shop/db', 'A B=x'])('%j maps no variable', (text) => {
    expect(() => parseMapping(text)).toThrow('maps no variable');
  });
});
