import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { celPredicate, compileCel } from './cel.ts';
import { ACCOUNT, itemOf, NOW } from './testing/cases.ts';

const facts = { now: NOW, account: ACCOUNT, params: { keys: ['a'], max: 5 }, item: () => undefined };
const configuration = {
  encrypted: true,
  kmsKeyId: 'a',
  size: 3,
  at: '2026-05-30T00:00:00Z',
  ports: [22, 443],
  rules: [{ ports: [22] }],
};
const volume = itemOf({ configuration, tags: { env: 'prod' }, confirmedDaysAgo: 0 }, 'ext:volume');

const judged = (text: string) => {
  const read = compileCel(text);
  if (!read.ok) throw new Error(read.fault);
  return celPredicate(read.expression, 'not so')(volume, facts);
};
const fault = (text: string) => {
  const read = compileCel(text);
  return read.ok ? undefined : read.fault;
};

describe('rules in CEL', () => {
  it.each([
    'resource.type != "ext:volume" || (resource.configuration.encrypted && resource.configuration.kmsKeyId in params.keys)',
    'resource.configuration.size <= params.max',
    'ageDays(resource.configuration.at) < 3.0',
    'resource.tags.env == "prod" && account.name == "payments"',
    'resource.configuration.ports.exists(p, p == 443)',
    'resource.configuration.rules.all(r, r.ports.exists(p, p == 22))',
    '!has(resource.configuration.public)',
    'timestamp(resource.configuration.at) < now',
    '"ou-ab12-business" in account.units',
  ])('%s', (text) => {
    expect(judged(text)).toEqual({ verdict: 'COMPLIANT' });
  });

  it('are non-compliant with their message when they answer false', () => {
    expect(judged('resource.configuration.size > 3')).toEqual({ verdict: 'NON_COMPLIANT', annotation: 'not so' });
  });

  it.each([
    'resource.configuration.missing',
    'resource.configuration.size',
    'item("arn:x").configuration.state == "Enabled"',
  ])('have insufficient data where a fact is missing or no truth value: %s', (text) => {
    expect(judged(text).verdict).toBe('INSUFFICIENT_DATA');
  });

  it.each([
    ['a function that takes patterns', 'resource.name.matches("(a+)+$")'],
    ['a function that makes lists', 'resource.name.split("").exists(c, c == "a")'],
    ['a loop that makes lists', 'resource.configuration.ports.map(p, p * 2).exists(p, p == 4)'],
    ['a binding, which doubles what it names', 'cel.bind(x, resource.name + resource.name, x == "a")'],
    ['three loops inside each other', '[1].all(a, [1].all(b, [1].all(c, true)))'],
    ['an unknown name', 'nothing == 1'],
    ['something that is no truth value', '"text"'],
    [
      'many additions',
      Array.from({ length: 12 }, () => 'resource.name')
        .join(' + ')
        .concat(' == "a"'),
    ],
    ['a text that is too long', `true || "${'x'.repeat(5000)}" == ""`],
    ['a text that is no expression', 'true &&'],
    ['a deep text', `${'('.repeat(60)}true${')'.repeat(60)} && ${'!'.repeat(60)}true`],
  ])('are refused with %s', (_what, text) => {
    expect(fault(text)).toBeTypeOf('string');
  });

  it.each(['resource.constructor', 'resource.__proto__', 'params.constructor', 'account.toString'])(
    'cannot reach what is no fact: %s',
    (text) => {
      const read = compileCel(`${text} == 1`);
      if (read.ok) expect(celPredicate(read.expression, 'm')(volume, facts).verdict).toBe('INSUFFICIENT_DATA');
    },
  );

  it('run where code from strings is forbidden', () => {
    const script = `
      import { compileCel, celPredicate } from ${JSON.stringify(new URL('./cel.ts', import.meta.url).href)};
      let generated = true;
      try { Function('return 1'); } catch { generated = false; }
      const read = compileCel('resource.configuration.encrypted');
      const item = { arn: 'a', type: 't', accountId: '1', name: 'n', tags: {}, configuration: { encrypted: true } };
      const account = { id: '1', name: 'a', management: false, units: [], unitNames: [], tags: {} };
      const outcome = celPredicate(read.expression, 'm')(item, { now: 0, account, params: {}, item: () => undefined });
      console.log(generated, outcome.verdict);
    `;
    const flags = ['--disallow-code-generation-from-strings', '--import', 'tsx', '--input-type=module', '-e', script];
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim()).toBe('false COMPLIANT');
  });
});
