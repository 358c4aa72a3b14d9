/** The lints of end entities, each with a certificate that it lets pass and one that it does not. */
import * as der from '../../../../platform/contract/der.ts';
import {
  type Case,
  CLIENT,
  constraints,
  crl,
  dns,
  extension,
  ip,
  itFinds,
  names,
  RSA_2048,
  subject,
  URL,
  uri,
} from '../../testing/lint-cases.ts';
import { authority, NOW, withExtension } from '../../testing/lint-subject.ts';
import { DAY_MS } from '../validity.ts';
import { basicConstraints, extKeyUsage, keyUsage } from '../x509/extension.ts';
import { writeName } from '../x509/name.ts';
import { EXTENSION, USAGE } from '../x509/oids.ts';
import { endEntityLints } from './end-entities.ts';

const CASES: readonly Case[] = [
  [23, 'an authority', 'error', extension(EXTENSION.basicConstraints, basicConstraints(true))],
  [23, 'a key that signs certificates', 'error', extension(EXTENSION.keyUsage, keyUsage(['KeyCertSign']))],
  [
    24,
    'encryption to an elliptic curve key',
    'error',
    extension(EXTENSION.keyUsage, keyUsage(['KeyEncipherment'])),
    { publicKey: RSA_2048 },
  ],
  [24, 'every purpose', 'error', extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.any]))],
  [
    24,
    'OCSP signing and more',
    'error',
    extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.ocspSigning, USAGE.serverAuth])),
  ],
  [24, 'other purposes than the template', 'error', extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.clientAuth]))],
  [
    24,
    'time stamping not critical',
    'error',
    extension(EXTENSION.extKeyUsage, { critical: false }, 'TimeStampingCertificate'),
    { template: 'TimeStampingCertificate' },
  ],
  [
    24,
    'a purpose that an ancestor does not permit',
    'error',
    { issuer: below(authority({}, [extKeyUsage([USAGE.clientAuth])])) },
    { issuer: below(authority({}, [extKeyUsage([USAGE.clientAuth, USAGE.serverAuth])])) },
  ],
  [25, 'a server without names', 'error', extension(EXTENSION.subjectAltName, undefined)],
  [25, 'a common name that is no other name', 'error', subject('other.example.com'), subject('www.example.com')],
  [25, 'critical beside a subject', 'error', extension(EXTENSION.subjectAltName, { critical: true })],
  [
    25,
    'not critical without a subject',
    'error',
    { plan: (p) => ({ subject: writeName([]), ...withExtension(p, EXTENSION.subjectAltName, { critical: false }) }) },
    { plan: (p) => ({ subject: writeName([]), ...withExtension(p, EXTENSION.subjectAltName, { critical: true }) }) },
  ],
  [25, 'nobody', 'error', { template: CLIENT, plan: () => ({ subject: writeName([]) }) }, { template: CLIENT }],
  [
    25,
    'mail without a mailbox',
    'error',
    { template: 'EmailProtectionCertificate', names: [] },
    { template: 'EmailProtectionCertificate' },
  ],
  ...[
    'www.example.com.',
    'a_b.example.com',
    '-a.example.com',
    'www..com',
    'x:443',
    'http://x',
    `${'a'.repeat(64)}.com`,
    'xn--a',
    'a.*.com',
    '*',
    'ab--c.com',
  ].map((name): Case => [26, name, 'error', names(dns(name))]),
  [26, 'an A-label', 'error', names(dns('xn--n3h-.com')), names(dns('xn--mnchen-3ya.de'), dns('www.example.com'))],
  [
    27,
    'a wildcard for a client',
    'warning',
    { template: CLIENT, names: [dns('*.example.com')] },
    names(dns('*.example.com'), dns('www.example.com')),
  ],
  [
    27,
    'a wildcard for a top-level domain',
    'error',
    names(dns('*.com'), dns('www.example.com')),
    names(dns('*.internal'), dns('*.example.com'), dns('www.example.com')),
  ],
  [
    28,
    'a range',
    'error',
    names(dns('www.example.com'), ip('c0000200ffffff00')),
    names(dns('www.example.com'), ip('c0000207')),
  ],
  [
    28,
    'IPv4 as IPv6',
    'error',
    names(dns('www.example.com'), ip('00000000000000000000ffffc0000207')),
    names(dns('www.example.com'), ip('20010db8000000000000000000000001')),
  ],
  [
    29,
    'a relative URI',
    'error',
    { template: CLIENT, names: [uri('/path')] },
    { template: CLIENT, names: [uri('https://example.com/a')] },
  ],
  ...[
    'spiffe://Example.com/a',
    'spiffe://example.com/a/',
    'spiffe://example.com/a?b',
    'spiffe://example.com:1/a',
    'spiffe://u@example.com/a',
    'spiffe://example.com/../a',
    'https://example.com/',
  ].map(
    (id): Case => [
      29,
      id,
      'error',
      { template: 'WorkloadCertificate', names: [uri(id)] },
      { template: 'WorkloadCertificate', names: [uri('spiffe://example.com/a/b')] },
    ],
  ),
  [
    29,
    'two identities',
    'error',
    { template: 'WorkloadCertificate', names: [uri('spiffe://a/b'), uri('spiffe://a/c')] },
    { template: 'WorkloadCertificate' },
  ],
  [
    29,
    'a malformed mailbox',
    'error',
    { template: CLIENT, names: [{ kind: 'email', value: 'alice' }] },
    { template: CLIENT, names: [{ kind: 'email', value: 'alice@example.com' }] },
  ],
  [
    30,
    'a name that an ancestor excludes',
    'error',
    { issuer: authority({}, [constraints([], [dns('example.com')])]) },
    { issuer: authority({}, [constraints([], [dns('example.org')])]) },
  ],
  [
    30,
    'a name that no ancestor permits',
    'error',
    { issuer: below(authority({}, [constraints([dns('example.org')])])) },
    { issuer: below(authority({}, [constraints([dns('example.com')])])) },
  ],
  [31, 'no authority key identifier', 'error', extension(EXTENSION.authorityKeyIdentifier, undefined)],
  [
    31,
    'one that says more',
    'error',
    extension(EXTENSION.authorityKeyIdentifier, {
      value: der.sequence(der.contextPrimitive(0, Buffer.alloc(20)), der.contextPrimitive(2, Buffer.of(1))),
    }),
  ],
  [31, 'a critical one', 'error', extension(EXTENSION.authorityKeyIdentifier, { critical: true })],
  [
    32,
    'another list',
    'error',
    { ...extension(EXTENSION.crlDistributionPoints, { value: crl('http://x/2.crl') }), context: { crlUri: URL } },
    { ...extension(EXTENSION.crlDistributionPoints, { value: crl(URL) }), context: { crlUri: URL } },
  ],
  [
    32,
    'two lists',
    'error',
    { ...extension(EXTENSION.crlDistributionPoints, { value: crl(URL, URL) }), context: { crlUri: URL } },
  ],
  [
    32,
    'a critical list',
    'error',
    { ...extension(EXTENSION.crlDistributionPoints, { critical: true, value: crl(URL) }), context: { crlUri: URL } },
  ],
  [
    32,
    'a responder that is to be asked about',
    'error',
    extension(EXTENSION.ocspNoCheck, undefined, 'OCSPSigningCertificate'),
    { template: 'OCSPSigningCertificate' },
  ],
  [33, 'nobody learns of a revocation', 'warning', {}, { notAfter: NOW + 6 * DAY_MS }],
  [
    34,
    'too many names',
    'error',
    names(...Array.from({ length: 101 }, (_, i) => dns(`h${i}.example.com`))),
    names(...Array.from({ length: 99 }, (_, i) => dns(`h${i}.example.com`))),
  ],
  [34, 'too long', 'error', extension('1.3.6.1.4.1.99999.1', { value: der.octetString(Buffer.alloc(8192)) })],
];

itFinds(CASES, endEntityLints);

function below(above: ReturnType<typeof authority>) {
  const own = authority();
  return { ...own, chain: [own.chain[0]!, above.chain[0]!] };
}
