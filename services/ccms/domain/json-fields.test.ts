import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pickFields } from './json-fields.ts';

describe('fields of a JSON object', () => {
  it.each([
    ['{"a":1,"b":2}', ['b'], '{"b":2}'],
    [' {\n "a" : [1, {"b":"]}"}] ,\t"c":"x\\"}" }\r\n', ['c', 'a'], '{"c":"x\\"}","a":[1, {"b":"]}"}]}'],
    ['{"n":123456789012345678901234567890.10}', ['n'], '{"n":123456789012345678901234567890.10}'],
    ['{"a":1,"a":2}', ['a'], '{"a":2}'],
    ['{"\\u0061":true}', ['a', 'a'], '{"a":true}'],
    ['{"__proto__":1,"b":2}', ['__proto__'], '{"__proto__":1}'],
    ['{"a":1}', ['toString'], '{}'],
    ['{}', ['a'], '{}'],
    ['[1]', ['0'], undefined],
    ['"a"', ['a'], undefined],
    ['null', ['a'], undefined],
    ['{"a":1', ['a'], undefined],
    ['', ['a'], undefined],
  ])('%s %j', (text, fields, picked) => {
    expect(pickFields(text, fields)).toBe(picked);
  });

  it('hold what the object holds, however it is written', () => {
    const key = fc.string({ unit: 'binary' });
    const object = fc.dictionary(key, fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(object, fc.array(key), fc.integer({ min: 0, max: 3 }), (value, others, indent) => {
        const keys = Object.keys(value);
        const fields = [...keys.slice(0, Math.ceil(keys.length / 2)), ...others];
        const picked = JSON.parse(pickFields(JSON.stringify(value, undefined, indent), fields) as string);
        const wanted = keys.filter((name) => fields.includes(name));
        expect(Object.keys(picked).sort()).toEqual(wanted.sort());
        for (const name of wanted) expect(picked[name]).toEqual(JSON.parse(JSON.stringify(value[name])));
      }),
    );
  });
});
