// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
/**
 * Class C03: the value of a variable is put in after the pattern was read, and as it is. Whoever chooses their own name, tag
 * or identity gets no more than the resource of that very name.
 */
import { describe, expect, it } from 'vitest';
import { FindingList } from '../syntax/findings.ts';
import { compileStringPattern, matchStringPattern } from './string-pattern.ts';
import { parseTemplate } from './template.ts';

const VARIABLES = [
  ...['aws:username', 'aws:userid', 'aws:PrincipalTag/team', 'aws:PrincipalAccount', 'aws:PrincipalArn'],
  ...['aws:SourceIdentity', 'aws:RequestTag/team', 'saml:sub', 'aws:UserAgent', 'kms:EncryptionContext:tenant'],
];

const VALUES = [
  ...['*', '**', '?', '????', 'a*', '*a', '?*', '*/', '/*', '*:*', 'arn:*', '${*}', '${?}', '${$}', '$', '$*'],
  ...['${aws:username}', '${aws:PrincipalTag/team}', "${nothing, '*'}", '${', '}', '+', '/', '../', '../victim'],
  ...[
    'victim,',
    'victim|',
    '[a-z]*',
    '.*',
    '(victim)',
    'victim\0',
    'victim\n',
    'Victim',
    'ＶＩＣＴＩＭ',
    '%2a',
    '\u2217',
  ],
];

/** What others own, under the same prefix. */
const OTHERS = ['victim', 'a', 'ab', 'victim/x', 'vic', 'a*c', 'abcd', 'team', ''];

const fits = (pattern: string, text: string, key: string, value: string) => {
  const template = { value: pattern, pointer: '', offset: 0 };
  const tokens = parseTemplate(template, { wildcards: true, variables: true }, new FindingList(pattern));
  const context = new Map([[key.toLowerCase(), value]]);
  return matchStringPattern(compileStringPattern(tokens), text, 0, text.length, context);
};

describe.each(VARIABLES)('the value of %s', (key) => {
  it.each(VALUES)('%j reaches what has that name, and nothing else', (value) => {
    for (const [before, after] of [
      ['key/', ''],
      ['key/', '/x'],
      ['key/a-', '-b'],
      ['*/', ''],
    ]) {
      const pattern = `${before}\${${key}}${after}`;
      const named = (name: string) => `${before?.replace('*', 'key')}${name}${after}`;
      expect(fits(pattern, named(value), key, value), pattern).toBe(true);
      for (const other of OTHERS)
        if (other !== value) expect(fits(pattern, named(other), key, value), other).toBe(false);
    }
  });
});

it('there are enough of both', () => {
  expect(VARIABLES.length).toBeGreaterThanOrEqual(10);
  expect(VALUES.length).toBeGreaterThanOrEqual(30);
});
