/** Certificates of authorities from elsewhere, made by openssl, whole and broken. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Workplace } from '../testing/hierarchy.ts';
import { checkImport } from './authority-certificate.ts';
import { readCertificate } from './x509/certificate.ts';
import { readPem } from './x509/pem.ts';

const openssl = new Workplace();
afterAll(() => openssl.close());

const AUTHORITY = 'keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n';
const unlimited = `basicConstraints=critical,CA:TRUE\n${AUTHORITY}`;
const limited = (length: number) => `basicConstraints=critical,CA:TRUE,pathlen:${length}\n${AUTHORITY}`;

interface Made {
  pem: string;
  key: string;
}

function root(extensions = unlimited, days = 900): Made {
  const key = openssl.file(openssl.key());
  const csr = openssl.openssl('req', '-new', '-key', key, '-subj', '/CN=outside root');
  const file = openssl.file(extensions);
  const args = ['-req', '-in', openssl.file(csr), '-signkey', key, '-days', String(days), '-extfile', file];
  return { pem: openssl.openssl('x509', ...args), key };
}

function below(above: Made, name: string, extensions = unlimited, days = 900): Made {
  const key = openssl.file(openssl.key());
  const csr = openssl.openssl('req', '-new', '-key', key, '-subj', `/O=Example/CN=${name}`);
  const signer = ['-CA', openssl.file(above.pem), '-CAkey', above.key, '-set_serial', '4711'];
  const args = [
    '-req',
    '-in',
    openssl.file(csr),
    ...signer,
    '-days',
    String(days),
    '-extfile',
    openssl.file(extensions),
  ];
  return { pem: openssl.openssl('x509', ...args), key };
}

const bytesOf = (pem: string) => readPem(pem, ['CERTIFICATE'])![0]!;

function check(own: Made, chain: Made[], type: 'ROOT' | 'SUBORDINATE' = 'SUBORDINATE', now = Date.now() + 60_000) {
  const { publicKey, subject } = readCertificate(bytesOf(own.pem));
  const above = Buffer.from(chain.map(({ pem }) => pem).join(''));
  const checked = checkImport(Buffer.from(own.pem), above, { type, publicKey, subject: subject.bytes }, now);
  return checked.ok ? 'ok' : `${checked.problem.code}: ${checked.problem.message}`;
}

describe('the certificate of an authority', () => {
  const top = root();
  const middle = below(top, 'middle');

  it.each<[string, () => string, string]>([
    ['a root', () => check(top, [], 'ROOT'), 'ok'],
    ['one below a root', () => check(middle, [top]), 'ok'],
    ['one two levels down', () => check(below(middle, 'own'), [middle, top]), 'ok'],
    ['one for a root that is not signed by itself', () => check(middle, [], 'ROOT'), 'InvalidRequest'],
    ['one for a subordinate that is signed by itself', () => check(top, []), 'InvalidRequest'],
    ['one with a chain out of order', () => check(below(middle, 'own'), [top, middle]), 'not issued by the next'],
    ['one whose chain ends too early', () => check(below(middle, 'own'), [middle]), 'not issued by the next'],
    ['one below a root of the same name', () => check(middle, [root()]), 'does not verify'],
    [
      'one below a path length of 0',
      () => {
        const short = below(top, 'short', limited(0));
        return check(below(short, 'own'), [short, top]);
      },
      'permits no such path',
    ],
    [
      'one below a root with a path length of 0',
      () => {
        const short = root(limited(0));
        return check(below(short, 'own'), [short]);
      },
      'permits no such path',
    ],
    [
      'one that a constraint above excludes',
      () => {
        const bound = root(`${unlimited}nameConstraints=critical,excluded;dirName:other\n[other]\nO=Example\n`);
        return check(below(bound, 'own'), [bound]);
      },
      'is excluded',
    ],
    [
      'one that is no authority',
      () =>
        check(
          below(
            top,
            'own',
            'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n',
          ),
          [top],
        ),
      'not one of an authority',
    ],
    [
      'one with basic constraints that are not critical',
      () => check(below(top, 'own', `basicConstraints=CA:TRUE\n${AUTHORITY}`), [top]),
      'not one of an authority',
    ],
    [
      'one that may not sign certificates',
      () =>
        check(
          below(
            top,
            'own',
            'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\nsubjectKeyIdentifier=hash\n',
          ),
          [top],
        ),
      'may not sign certificates',
    ],
    [
      'one without a subject key identifier',
      () =>
        check(
          below(
            top,
            'own',
            'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=none\n',
          ),
          [top],
        ),
      'no subject key identifier',
    ],
    [
      'one with a critical policy constraint',
      () => check(below(top, 'own', `${unlimited}policyConstraints=critical,requireExplicitPolicy:0\n`), [top]),
      'must not be critical',
    ],
    [
      'one with a critical extension that nobody knows',
      () => check(below(top, 'own', `${unlimited}1.3.6.1.4.1.99999.1=critical,ASN1:NULL\n`), [top]),
      'must not be critical',
    ],
    [
      'one that has expired',
      () => check(middle, [top], 'SUBORDINATE', Date.now() + 901 * 86_400_000),
      'its validity is over',
    ],
    [
      'one whose root has expired',
      () => {
        const short = root(unlimited, 1);
        return check(below(short, 'own'), [short], 'SUBORDINATE', Date.now() + 2 * 86_400_000);
      },
      'not valid now',
    ],
  ])('%s', (_title, asked, expected) => expect(asked()).toContain(expected));

  it('is refused with any byte changed, and nothing else happens', () => {
    const bytes = bytesOf(middle.pem);
    const { publicKey, subject } = readCertificate(bytes);
    const authority = { type: 'SUBORDINATE', publicKey, subject: subject.bytes } as const;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(bytes);
        broken[at]! ^= change;
        expect(checkImport(broken, Buffer.from(top.pem), authority, Date.now() + 60_000).ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
