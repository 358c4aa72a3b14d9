import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FindingList } from './findings.ts';
import { type JsonNode, readJson } from './json-reader.ts';

const read = (text: string) => {
  const findings = new FindingList(text);
  return { node: readJson(text, findings), findings: findings.sorted() };
};

function toValue(node: JsonNode): unknown {
  if (node.type === 'object') return Object.fromEntries(node.members.map(({ name, value }) => [name, toValue(value)]));
  if (node.type === 'array') return node.items.map(toValue);
  return node.type === 'string' ? node.text : JSON.parse(node.text);
}

describe('readJson', () => {
  it('reads what JSON.stringify writes', () => {
    const value = fc
      .jsonValue({ depthSize: 'small', noUnicodeString: false })
      .filter((json) => !JSON.stringify(json).includes('__proto__'));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2, '\t'), (json, space) => {
        const text = JSON.stringify(json, undefined, space);
        const { node, findings } = read(text);
        expect(findings).toEqual([]);
        expect(toValue(node!)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts no text that JSON.parse refuses', () => {
    const fragments = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '"b"',
        '1',
        '-',
        '0',
        '.5',
        'e1',
        'true',
        'null',
        ' ',
        '\n',
        '"\\u12"',
        "'",
        '\u00a0',
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(fragments, (parts) => {
        const text = parts.join('');
        const accepted = read(text).findings.length === 0;
        if (!accepted) return;
        expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 4_000 },
    );
  });

  it('keeps the text of numbers', () => {
    expect(read('[1.10, 9007199254740993]').node).toMatchObject({
      items: [{ text: '1.10' }, { text: '9007199254740993' }],
    });
  });

  it.each([
    ['{"a":1,"a":2}', 'member "a" appears twice', 1, 8],
    ['{"a":1,"\\u0061":2}', 'member "a" appears twice', 1, 8],
    ['{"__proto__":1,"__proto__":2}', 'member "__proto__" appears twice', 1, 16],
    ['', 'text ends where a value is expected', 1, 1],
    ['{"a":\n tru}', 'value is not JSON', 2, 2],
    ['{"a" 1}', 'colon is missing after the member name', 1, 6],
    ['{"a":1,}', 'member name is not a string in double quotes', 1, 8],
    ['[1,]', 'value is not JSON', 1, 4],
    ['[1 2]', 'array lacks a comma or its closing bracket', 1, 4],
    ['"a', 'string is not closed', 1, 3],
    ['"\t"', 'string contains a control character', 1, 2],
    ['"\\x"', 'escape sequence is unknown', 1, 4],
    ['"\\ud800"', 'string contains half of a surrogate pair', 1, 9],
    ['[01]', 'array lacks a comma or its closing bracket', 1, 3],
    ['NaN', 'value is not JSON', 1, 1],
    ['// x\n{}', 'value is not JSON', 1, 1],
    ['{} {}', 'text continues after the end of the document', 1, 4],
  ])('refuses %j with the place', (text, message, line, column) => {
    expect(read(text).findings[0]).toMatchObject({ message, line, column, severity: 'error' });
  });

  it('refuses nesting deeper than 32 and takes 32', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(read(nested(33)).findings).toEqual([]);
    expect(read(nested(34)).findings[0]?.message).toBe('nesting is deeper than 32');
    expect(read(`{"a":${'['.repeat(100_000)}`).findings[0]?.message).toBe('nesting is deeper than 32');
  });
});
