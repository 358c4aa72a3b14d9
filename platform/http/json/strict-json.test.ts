import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_JSON_LIMITS, type JsonFailureCode } from './limits.ts';
import { parseStrictJson } from './strict-json.ts';

const parse = (text: string | Buffer) => parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text);
const codeOf = (text: string | Buffer) => {
  const result = parse(text);
  return result.ok ? 'ok' : result.code;
};

/** Single values, each with the one answer it must get wherever it stands. */
const VALUES: readonly (readonly [string, 'ok' | JsonFailureCode])[] = [
  ...[
    '0',
    '-0',
    '1',
    '-1',
    '10',
    '999999999999999',
    '9007199254740991',
    '-9007199254740991',
    '1.5',
    '-0.25',
    '1e3',
  ].map(ok),
  ...['1E3', '1e+3', '1e-3', '0.1e1', '0e0', '0.0', '123456.789', '4.35e-10', '1e15', '2.5E+2', '0e400'].map(ok),
  ...[
    'true',
    'false',
    'null',
    '""',
    '"a"',
    '"\u00e9"',
    '"\u{1f600}"',
    '"\\u00e9"',
    '"\\ud83d\\ude00"',
    '"\\n\\r\\t\\b\\f\\/\\\\\\""',
  ].map(ok),
  ...[
    '{}',
    '[]',
    '[[]]',
    '{"a":{}}',
    '[1,2,3]',
    '{"a":1,"b":2}',
    ' 1 ',
    '\t[\n1 ,\r2 ]',
    '{ "a" : [ ] }',
    '"\u007f"',
    '"\u2028"',
  ].map(ok),
  ...[
    '{"__proto":1}',
    '{"Constructor":1}',
    '{"":1}',
    '{"a":1,"A":2}',
    '{"a":{"a":{"a":1}}}',
    '["__proto__"]',
    '{"k":"constructor"}',
  ].map(ok),
  ...[
    '9007199254740992',
    '-9007199254740992',
    '9007199254740993',
    '12345678901234567890',
    '1e16',
    '1E+17',
    '-1e300',
    '9007199254740993.0',
  ].map(out),
  ...[
    '1e400',
    '-1e400',
    '1e309',
    '1e99999',
    '1e-400',
    '0.1e-400',
    '179769313486231570000000000000000000000',
    '1.0e30',
  ].map(out),
  ...[
    '01',
    '-',
    '+1',
    '.5',
    '1.',
    '1.e3',
    '1e',
    '1e+',
    '--1',
    '0x10',
    '1_000',
    'NaN',
    'Infinity',
    '-Infinity',
    '00',
    '-01',
    '1.2.3',
    '1e1.5',
  ].map(syntax),
  ...[
    'tru',
    'True',
    'FALSE',
    'nul',
    'undefined',
    "'a'",
    '"a',
    'a"',
    '"\\x"',
    '"\\u12"',
    '"\\u12g4"',
    '"\\"',
    '"\\u 123"',
    '"a\nb"',
    '"a\tb"',
    '"\\U0041"',
  ].map(syntax),
  ...[
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,}',
    '{a:1}',
    '{1:1}',
    '{"a" 1}',
    '{"a"::1}',
  ].map(syntax),
  ...[
    "{'a':1}",
    '{"a":1 "b":2}',
    '{null:1}',
    '[1}',
    '{"a":1]',
    '/**/1',
    '//x\n1',
    '[1,//x\n2]',
    '\u00a01',
    '\u20281',
    '\ufeff1',
    '\f1',
    '\v1',
    '#',
    '[1;2]',
  ].map(syntax),
  ...[
    '"\\ud83d"',
    '"\\ude00"',
    '"\\ud83dx"',
    '"\\ud83d\\n"',
    '"\\ud83d\\ud83d"',
    '"\\ude00\\ud83d"',
    '"\\uD800\\u0041"',
    '"\\udfff"',
    '"\\ud83d\\u"',
  ].map((v) => [v, 'LoneSurrogate'] as const),
  ...['"\\u0000"', '"a\\u0000b"', '"\u0000"', '{"\\u0000":1}', '{"a\\u0000":1}'].map(
    (v) => [v, 'NulCharacter'] as const,
  ),
  ...[
    '{"a":1,"a":2}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"\\u0061":2}',
    '{"\\u0061":1,"a":2}',
    '{"é":1,"\\u00e9":2}',
    '{"":1,"":2}',
    '{"a":{"b":1,"b":2}}',
  ].map((v) => [v, 'DuplicateKey'] as const),
  ...[
    '__proto__',
    'constructor',
    'prototype',
    '\\u005f_proto__',
    '__proto\\u005f\\u005f',
    'constructo\\u0072',
    '\\u0070rototype',
  ].map((name) => [`{"${name}":1}`, 'ForbiddenKey'] as const),
  ['{"a":{"__proto__":{"isAdmin":true}}}', 'ForbiddenKey'],
];

function ok(value: string) {
  return [value, 'ok'] as const;
}
function out(value: string) {
  return [value, 'NumberOutOfRange'] as const;
}
function syntax(value: string) {
  return [value, 'Syntax'] as const;
}

const PLACES: readonly (readonly [string, (value: string) => string])[] = [
  ['as a member', (v) => `{"x":${v}}`],
  ['as an element', (v) => `[${v}]`],
  ['deep inside', (v) => `{"a":[{"b":[0,${v}]}]}`],
  ['after blanks', (v) => `{"x": \n ${v} }`],
];

describe('parseStrictJson', () => {
  it('lists at least 500 vectors', () => {
    expect(VALUES.length * PLACES.length).toBeGreaterThanOrEqual(500);
  });

  for (const [place, put] of PLACES) {
    it.each(VALUES)(`reads %j ${place} as %s`, (value, expected) => {
      const text = put(value);
      const result = parse(text);
      if (expected === 'ok') expect(result).toEqual({ ok: true, value: JSON.parse(text) });
      else expect(result).toMatchObject({ ok: false, code: expected });
    });
  }

  const WHOLE: readonly (readonly [string, string | Buffer, 'ok' | JsonFailureCode])[] = [
    ['an empty body', '', 'Empty'],
    ['only blanks', ' \n\t\r ', 'Empty'],
    ['a UTF-8 mark', Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), 'ByteOrderMark'],
    ['a UTF-16 LE mark', Buffer.from([0xff, 0xfe, 0x7b, 0]), 'ByteOrderMark'],
    ['a UTF-16 BE mark', Buffer.from([0xfe, 0xff, 0, 0x7b]), 'ByteOrderMark'],
    ['UTF-16 without a mark', Buffer.from('{}', 'utf16le'), 'Syntax'],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 'InvalidUtf8'],
    ['an overlong NUL', Buffer.from([0x22, 0xc0, 0x80, 0x22]), 'InvalidUtf8'],
    ['an overlong of three bytes', Buffer.from([0x22, 0xe0, 0x80, 0xaf, 0x22]), 'InvalidUtf8'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'InvalidUtf8'],
    ['a pair of surrogates in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0x22]), 'InvalidUtf8'],
    ['a code point above 10FFFF', Buffer.from([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]), 'InvalidUtf8'],
    ['a lone continuation byte', Buffer.from([0x22, 0x80, 0x22]), 'InvalidUtf8'],
    ['a cut sequence', Buffer.from([0x22, 0xe2, 0x82, 0x22]), 'InvalidUtf8'],
    ['a cut sequence at the end', Buffer.from([0x22, 0xe2]), 'InvalidUtf8'],
    ['a byte FF', Buffer.from([0x22, 0xff, 0x22]), 'InvalidUtf8'],
    ['latin1', Buffer.from('{"a":"\u00e9"}', 'latin1'), 'InvalidUtf8'],
    ['two values', '{}{}', 'TrailingData'],
    ['a value and a bracket', '{}]', 'TrailingData'],
    ['a value and a comma', '1,', 'TrailingData'],
    ['a value and NUL', '{}\u0000', 'TrailingData'],
    ['two lines of values', '{}\n{}', 'TrailingData'],
    ['32 levels of arrays', nested('[', ']', 32), 'ok'],
    ['33 levels of arrays', nested('[', ']', 33), 'TooDeep'],
    ['32 levels of objects', `${'{"a":'.repeat(32)}1${'}'.repeat(32)}`, 'ok'],
    ['33 levels of objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, 'TooDeep'],
    ['500,000 open brackets', '['.repeat(500_000), 'TooDeep'],
    ['100,000 open objects', '{"a":'.repeat(100_000), 'TooDeep'],
    ['1,000 members', members(1000), 'ok'],
    ['1,001 members', members(1001), 'TooManyKeys'],
    ['70,000 members', members(70_000), 'TooManyKeys'],
    ['19,999 elements', `[${Array(19_999).fill(0).join()}]`, 'ok'],
    ['20,000 elements', `[${Array(20_000).fill(0).join()}]`, 'TooManyTokens'],
    ['a string of 256 KiB', `"${'a'.repeat(262_144)}"`, 'ok'],
    ['a string of 256 KiB and a byte', `"${'a'.repeat(262_145)}"`, 'StringTooLong'],
    ['a string of 256 KiB in two-byte characters', `"${'\u00e9'.repeat(131_072)}"`, 'ok'],
    ['a string over 256 KiB in two-byte characters', `"${'\u00e9'.repeat(131_073)}"`, 'StringTooLong'],
    ['a repeated name after 900 others', `{${pairs(900)},"k5":0}`, 'DuplicateKey'],
    ['a repeated name among nine', `{${pairs(9)},"k0":0}`, 'DuplicateKey'],
  ];
  it.each(WHOLE)('reads %s', (_title, text, expected) => {
    expect(codeOf(text)).toBe(expected);
  });

  it('says where: byte offset, line, column and pointer', () => {
    expect(parse('{"a":\n {"x/y~":[1, "\u00e9", 1e400]}}')).toMatchObject({
      code: 'NumberOutOfRange',
      pointer: '/a/x~1y~0/2',
      offset: 25,
      line: 2,
      column: 19,
    });
    expect(parse(Buffer.concat([Buffer.from('{"a":\n"\u00e9'), Buffer.from([0xff])]))).toMatchObject({
      offset: 9,
      line: 2,
      column: 3,
    });
  });

  it('finds a broken byte far inside a large body', () => {
    const bytes = Buffer.from(`"${'\u20ac'.repeat(200_000)}"`);
    bytes[500_000] = 0xff;
    expect(parse(bytes)).toMatchObject({ code: 'InvalidUtf8', offset: 499_999 });
  });

  it('names the repeated member', () => {
    expect(parse('{"o":{"a":1,"a":2}}')).toMatchObject({
      pointer: '/o/a',
      message: 'member name is repeated in its object',
    });
  });

  it('honours limits below the defaults', () => {
    const limits = { ...DEFAULT_JSON_LIMITS, maxKeysPerObject: 2, maxDepth: 1 };
    expect(parseStrictJson(Buffer.from('{"a":1,"b":2,"c":3}'), limits)).toMatchObject({ code: 'TooManyKeys' });
    expect(parseStrictJson(Buffer.from('{"a":[]}'), limits)).toMatchObject({ code: 'TooDeep' });
  });

  it('agrees with JSON.parse on generated documents', () => {
    const name = fc
      .string({ unit: 'grapheme' })
      .filter((n) => !['__proto__', 'constructor', 'prototype'].includes(n) && !n.includes('\0'));
    const text = fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\0', ''));
    const number = fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, min: -1e9, max: 1e9 }));
    const { document } = fc.letrec((tie) => ({
      document: fc.oneof(
        { depthSize: 'small' },
        text,
        number,
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('document'), { maxLength: 5 }),
      object: fc.dictionary(name, tie('document'), { maxKeys: 12, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(document, fc.constantFrom(0, 1, '\t'), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        expect(parse(json)).toEqual({ ok: true, value: JSON.parse(json) });
      }),
      { numRuns: 2000 },
    );
  });

  it('never accepts what JSON.parse refuses, nor blames the grammar of what it accepts', () => {
    const piece = fc.constantFrom(
      ...'{}[],:"\\ \n01-+.eEutrfalsn\u00e9',
      '"a"',
      '\\u',
      'd83d',
      'true',
      'null',
      '{"a":',
      '1e',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        const result = parse(text);
        let native: { value: unknown } | undefined;
        try {
          native = { value: JSON.parse(text) };
        } catch {
          native = undefined;
        }
        if (native === undefined) expect(result.ok).toBe(false);
        else if (result.ok) expect(result.value).toEqual(native.value);
        else expect(['Syntax', 'TrailingData', 'Empty']).not.toContain(result.code);
      }),
      { numRuns: 20_000 },
    );
  });

  it('answers any bytes, quickly', () => {
    const started = performance.now();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const result = parseStrictJson(Buffer.from(bytes));
        expect(typeof result.ok).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
    for (const unit of ['[', '{"a":', '"', '"\\', '\\u', '1', '-', '{"a":1,', '[1,', ' ', '\n', '{"":{"":']) {
      expect(codeOf(unit.repeat(Math.floor(1_048_576 / unit.length)))).not.toBe('ok');
    }
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

function nested(open: string, close: string, depth: number): string {
  return open.repeat(depth) + close.repeat(depth);
}
function pairs(count: number): string {
  return Array.from({ length: count }, (_, i) => `"k${i}":${i}`).join();
}
function members(count: number): string {
  return `{${pairs(count)}}`;
}
