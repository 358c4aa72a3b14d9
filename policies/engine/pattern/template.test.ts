// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
import { describe, expect, it } from 'vitest';
import { FindingList } from '../syntax/findings.ts';
import { compileStringPattern, matchStringPattern } from './string-pattern.ts';
import { parseTemplate, splitTemplate } from './template.ts';

const parse = (value: string, variables = true) => {
  const findings = new FindingList(value);
  const tokens = parseTemplate({ value, pointer: '', offset: 0 }, { wildcards: true, variables }, findings);
  return { tokens, messages: findings.sorted().map((finding) => finding.message) };
};
const fits = (pattern: string, text: string, context: Record<string, string | string[]> = {}) =>
  matchStringPattern(
    compileStringPattern(parse(pattern).tokens),
    text,
    0,
    text.length,
    new Map(Object.entries(context)),
  );

describe('templates', () => {
  it('reads text, wildcards, variables and defaults', () => {
    expect(parse("a*?${aws:UserName, 'no, one'}${$}").tokens).toEqual([
      { type: 'text', text: 'a' },
      { type: 'star' },
      { type: 'one' },
      { type: 'variable', key: 'aws:username', name: 'aws:UserName', fallback: 'no, one' },
      { type: 'text', text: '$' },
    ]);
  });

  it('takes ${*} and ${?} for the characters, and a lone dollar for itself', () => {
    expect(parse('${*}$x${?}').tokens).toEqual([{ type: 'text', text: '*$x?' }]);
  });

  it('takes everything but wildcards literally where variables are off', () => {
    expect(parse('${aws:username}*', false).tokens).toEqual([
      { type: 'text', text: '${aws:username}' },
      { type: 'star' },
    ]);
  });

  it('permits spaces in a tag key', () => {
    expect(parse('${aws:PrincipalTag/cost center}').tokens).toMatchObject([{ key: 'aws:principaltag/cost center' }]);
  });

  it.each([
    ['${aws:username', 'variable has no closing brace'],
    ['${}', 'variable is empty'],
    ['${aws: username}', 'variable name contains a space'],
    ['${aws:username }', 'variable name contains a space'],
    ['${a${b}}', 'variable name has a character that no key can have'],
    ["${k,'x'}", 'default of the variable is not written as comma, one space, quoted text'],
    ['${k, "x"}', 'default of the variable is not written as comma, one space, quoted text'],
    ["${k, 'x}", 'default of the variable has no closing quote'],
    ["${k, 'x'y}", 'variable has no closing brace after its default'],
  ])('refuses %s', (text, message) => {
    expect(parse(text).messages).toEqual([message]);
  });

  it('cuts at colons of the text only', () => {
    const parts = splitTemplate(parse("a:${k:x, 'p:q'}b:c:d").tokens, 2);
    expect(parts.map((part) => part.length)).toEqual([1, 2, 1]);
    expect(parts[2]).toEqual([{ type: 'text', text: 'c:d' }]);
  });
});

describe('patterns with variables', () => {
  it('substitutes once and literally', () => {
    expect(fits('b/${k}', 'b/${j}', { k: '${j}', j: 'x' })).toBe(true);
    expect(fits('b/${k}', 'b/x', { k: '${j}', j: 'x' })).toBe(false);
    expect(fits('b/${k}*', 'b/a*c', { k: 'a*' })).toBe(true);
    expect(fits('b/${k}*', 'b/abc', { k: 'a*' })).toBe(false);
    expect(fits('b/${k}', 'b/?', { k: '?' })).toBe(true);
    expect(fits('b/${k}', 'b/x', { k: '?' })).toBe(false);
  });

  it('does not resolve an absent key, nor a multivalued one even with a default', () => {
    expect(fits('${k}', '')).toBe(false);
    expect(fits("${k, 'd'}", 'd')).toBe(true);
    expect(fits("${k, 'd'}", 'd', { k: ['d'] })).toBe(false);
    expect(fits("${k, 'd'}", '', { k: '' })).toBe(true);
  });

  it('picks the cheapest form', () => {
    const form = (text: string) => compileStringPattern(parse(text).tokens).type;
    expect(['', 'abc', 'abc*', 'abc**', '*', '**', 'a*c', 'a?', '${k}'].map(form)).toEqual([
      'exact',
      'exact',
      'prefix',
      'prefix',
      'any',
      'any',
      'glob',
      'glob',
      'template',
    ]);
  });
});
