import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filled, parseTemplate, wantedBy } from './template.ts';

const read = (text: string) => parseTemplate(text, 'app.tmpl');

describe('a template', () => {
  it('names secrets and keys, where they stand', () => {
    const pieces = read('user=app\npassword={{ secret "shop/db" "pass\\"word" }}\nkey={{secret "api"}}{{ "{{" }}\n');
    const wanted = wantedBy(pieces);
    expect(wanted.map(({ reference }) => reference)).toEqual([
      { secretId: 'shop/db', field: 'pass"word' },
      { secretId: 'api' },
    ]);
    expect(wanted.map(({ label }) => label)).toEqual([
      expect.stringMatching(/^app\.tmpl line 2 /),
      expect.stringMatching(/^app\.tmpl line 3 /),
    ]);
    const values = new Map(wanted.map(({ label }, index) => [label, ['{{ secret "x" }}', '$1'][index] as string]));
    // What a value looks like is of no matter.
    expect(filled(pieces, values)).toBe('user=app\npassword={{ secret "x" }}\nkey=$1{{\n');
  });

  it.each([
    '{{ }}',
    '{{ secret }}',
    '{{ secret "" }}',
    '{{ secret "a" "" }}',
    '{{ secret "a" "b" "c" }}',
    '{{ secret a }}',
    '{{ secret "a }}',
    '{{ secret "a" }',
    '{{ secrets "a" }}',
    '{{ env "HOME" }}',
    '{{- secret "a" }}',
    '{{ secret "a" | upper }}',
    '{{',
    '{{ secret "a\\x" }}',
  ])('%s is not understood, and says where', (mark) => {
    expect(() => read(`one\ntwo ${mark}`)).toThrow('app.tmpl line 2 holds a mark that is not understood');
  });

  it('without marks is itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!text.includes('{{'));
        expect(filled(read(text), new Map())).toBe(text);
      }),
    );
  });
});
