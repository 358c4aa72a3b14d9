import { describe } from 'vitest';
import { attack, authorization, BASE, type Case, plus, signed, signedWithout, withHeader } from '../testing/attack.ts';

const CASES: readonly Case[] = [
  ['refuses an unsigned host', 'IncompleteSignature', () => authorization((v) => v.replace('host;', ''))],
  ['refuses an unsigned X-Amz-Target', 'IncompleteSignature', () => signedWithout('x-amz-target')],
  ['refuses an added x-amz header', 'IncompleteSignature', () => plus(signed(), 'x-amz-meta', 'x')],
  ['refuses an added x-amz header in odd case', 'IncompleteSignature', () => plus(signed(), 'X-AMZ-Meta', 'x')],
  ['refuses an added session token', 'IncompleteSignature', () => plus(signed(), 'X-Amz-Security-Token', 'stolen')],
  [
    'refuses an added x-amz-content-sha256',
    'IncompleteSignature',
    () => plus(signed(), 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD'),
  ],
  [
    'refuses unsorted signed headers',
    'IncompleteSignature',
    () => authorization((v) => v.replace('content-type;host', 'host;content-type')),
  ],
  [
    'refuses a signed header named twice',
    'IncompleteSignature',
    () => authorization((v) => v.replace('host;', 'host;host;')),
  ],
  [
    'refuses an upper-case signed header',
    'IncompleteSignature',
    () => authorization((v) => v.replace('host;', 'Host;')),
  ],
  [
    'refuses an empty name among signed headers',
    'IncompleteSignature',
    () => authorization((v) => v.replace('host;', 'host;;')),
  ],
  [
    'refuses a trailing semicolon',
    'IncompleteSignature',
    () => authorization((v) => v.replace('x-amz-target,', 'x-amz-target;,')),
  ],
  [
    'refuses signed authorization',
    'IncompleteSignature',
    () => authorization((v) => v.replace('SignedHeaders=', 'SignedHeaders=authorization;')),
  ],
  [
    'refuses 65 signed headers',
    'IncompleteSignature',
    () =>
      authorization((v) =>
        v.replace(
          'SignedHeaders=',
          `SignedHeaders=${Array.from({ length: 65 }, (_, i) => `a${String(i).padStart(2, '0')}`).join(';')};`,
        ),
      ),
  ],
  [
    'refuses a signed header that is gone',
    'SignatureDoesNotMatch',
    () => withHeader(signed(), 'content-type', () => undefined),
  ],
  ['refuses a changed host', 'SignatureDoesNotMatch', () => withHeader(signed(), 'host', () => 'evil.test')],
  [
    'refuses a changed target operation',
    'SignatureDoesNotMatch',
    () => withHeader(signed(), 'x-amz-target', () => 'TrentService.Decrypt'),
  ],
  [
    'refuses a second value of a signed header',
    'SignatureDoesNotMatch',
    () => plus(signed(), 'Content-Type', 'text/xml'),
  ],
  [
    'refuses another order of repeated headers',
    'SignatureDoesNotMatch',
    () => {
      const request = signed({ ...BASE, rawHeaders: [...BASE.rawHeaders, 'X-List', 'a', 'X-List', 'b'] });
      let n = 0;
      return withHeader(request, 'x-list', () => (n++ === 0 ? 'b' : 'a'));
    },
  ],
];

describe('SigV4: signed headers', () => {
  attack(CASES, 18);
});
