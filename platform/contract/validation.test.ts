import { describe, expect, it } from 'vitest';
import { blob, integer, list, oneOf, secretText, structure, text } from './shape.ts';
import { checkInput, jsonPointer } from './validation.ts';

const Input = structure({
  Name: text(2, 5, { pattern: /^[a-z]+$/ }),
  Days: integer(7, 30).optional(),
  Kind: oneOf(['A', 'B']).optional(),
  Data: blob(4).optional(),
  Password: secretText(8, 10).optional(),
  Tags: list(structure({ Key: text(1, 3) }), 0, 2).optional(),
});

function issues(input: unknown) {
  const checked = checkInput(Input, input);
  return checked.ok ? [] : checked.issues;
}

describe('checkInput', () => {
  it.each([
    [{}, { path: ['Name'], rule: 'required' }],
    [{ Name: 'a' }, { path: ['Name'], rule: 'minLength', expected: 2, value: 'a' }],
    [{ Name: 'abcdef' }, { path: ['Name'], rule: 'maxLength', expected: 5 }],
    [{ Name: 'AB' }, { path: ['Name'], rule: 'pattern' }],
    [{ Name: 7 }, { path: ['Name'], rule: 'type', value: '7' }],
    [
      { Name: 'ab', Days: 6 },
      { path: ['Days'], rule: 'minimum', expected: 7, value: '6' },
    ],
    [
      { Name: 'ab', Days: 31 },
      { path: ['Days'], rule: 'maximum', expected: 30 },
    ],
    [
      { Name: 'ab', Days: 7.5 },
      { path: ['Days'], rule: 'type' },
    ],
    [
      { Name: 'ab', Kind: 'C' },
      { path: ['Kind'], rule: 'enum', expected: ['A', 'B'] },
    ],
    [
      { Name: 'ab', Data: 'text' },
      { path: ['Data'], rule: 'custom' },
    ],
    [
      { Name: 'ab', Data: Buffer.alloc(5) },
      { path: ['Data'], rule: 'maxLength', expected: 4 },
    ],
    [
      { Name: 'ab', Data: Buffer.alloc(0) },
      { path: ['Data'], rule: 'minLength', expected: 1 },
    ],
    [
      { Name: 'ab', Tags: [{ Key: 'x' }, { Key: '' }] },
      { path: ['Tags', 1, 'Key'], rule: 'minLength' },
    ],
    [
      { Name: 'ab', Extra: 1 },
      { path: ['Extra'], rule: 'unknown' },
    ],
  ])('%j', (input, expected) => expect(issues(input)).toMatchObject([expected]));

  it('never repeats a secret value', () => {
    const [issue] = issues({ Name: 'ab', Password: 'geheim' });
    expect(issue).toMatchObject({ rule: 'minLength' });
    expect(JSON.stringify(issue)).not.toContain('geheim');
  });

  it('accepts a good input and keeps it', () => {
    const input = { Name: 'ab', Days: 7, Data: Buffer.from('x') };
    expect(checkInput(Input, input)).toEqual({ ok: true, value: input });
  });
});

it('points with RFC 6901 escapes', () => expect(jsonPointer(['a/b', 0, 'c~d'])).toBe('/a~1b/0/c~0d'));
