/** All lints together. What each of them finds stands in the tests of its module. */
import { expect, it } from 'vitest';
import { CLIENT, ROOT, SERVER, SUB } from '../../testing/lint-cases.ts';
import { findings } from '../../testing/lint-subject.ts';
import { LINTS } from './run.ts';

it('have a number each', () => {
  // 1 and 4 are a matter of reading.
  const all = [1, 4, ...LINTS.map(({ id }) => id)].sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 34 }, (_, at) => at + 1));
});

it.each([
  SERVER,
  CLIENT,
  'EndEntityCertificate',
  'CodeSigningCertificate',
  'OCSPSigningCertificate',
  'TimeStampingCertificate',
  'EmailProtectionCertificate',
  'WorkloadCertificate',
  SUB,
  ROOT,
])('find no error in a clean %s', (template) => {
  expect(findings({ template }).filter(({ level }) => level === 'error')).toEqual([]);
});
