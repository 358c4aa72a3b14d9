/** Every lint, with a certificate that it lets pass and one that it does not. */
import { describe, expect, it } from 'vitest';
import * as der from '../../../../platform/contract/der.ts';
import {
  authority,
  findings,
  NOTHING_KNOWN,
  NOW,
  SERIAL,
  type Spoiled,
  spkiOf,
  withExtension,
} from '../../testing/lint-subject.ts';
import { DAY_MS } from '../validity.ts';
import { basicConstraints, extKeyUsage, keyUsage } from '../x509/extension.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { writeName } from '../x509/name.ts';
import { writeNameConstraints } from '../x509/name-constraints.ts';
import { ATTRIBUTE, EXTENSION, USAGE } from '../x509/oids.ts';
import { LINTS } from './run.ts';

const dns = (value: string): GeneralName => ({ kind: 'dns', value });
const uri = (value: string): GeneralName => ({ kind: 'uri', value });
const ip = (hex: string): GeneralName => ({ kind: 'ip', address: Buffer.from(hex, 'hex') });
const names = (...list: GeneralName[]): Spoiled => ({ names: list });
const subject = (value: string, oid: string = ATTRIBUTE.commonName): Spoiled => ({
  plan: () => ({ subject: writeName([{ oid, value }]) }),
});
const extension = (oid: string, change: Parameters<typeof withExtension>[2], template?: string): Spoiled => ({
  ...(template && { template }),
  plan: (plan) => withExtension(plan, oid, change),
});
const constraints = (permitted: GeneralName[], excluded: GeneralName[] = [], critical = true) => ({
  oid: EXTENSION.nameConstraints,
  critical,
  value: writeNameConstraints({ permitted, excluded }),
});
const crl = (...uris: string[]) =>
  der.sequence(
    ...uris.map((text) => {
      const name = der.contextPrimitive(6, Buffer.from(text));
      return der.sequence(der.contextConstructed(0, der.contextConstructed(0, name)));
    }),
  );
const access = (text: string) =>
  der.sequence(der.sequence(der.oid('1.3.6.1.5.5.7.48.2'), der.contextPrimitive(6, Buffer.from(text))));

const SERVER = 'EndEntityServerAuthCertificate';
const SUB = 'SubordinateCACertificate_PathLen0';
const ROOT = 'RootCACertificate';
const CLIENT = 'EndEntityClientAuthCertificate';
const URL = 'http://crl.example.com/1.crl';
const RSA_2048 = spkiOf('rsa', 2048);
const P384 = spkiOf('ec', 'P-384');
const known = (facts: Partial<typeof NOTHING_KNOWN>): Pick<Spoiled, 'context'> => ({
  context: { known: { ...NOTHING_KNOWN, ...facts } },
});
/** A modulus of 2048 bits with these numbers as factors, as far as a test can make one. */
const rsa = (modulus: bigint, exponent = 65537) => {
  const bytes = Buffer.from(modulus.toString(16).padStart(512, '0'), 'hex');
  const key = der.sequence(der.integer(bytes), der.integer(exponent));
  return der.sequence(der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nullValue()), der.bitString(key));
};

type Case = [lint: number, title: string, level: 'error' | 'warning', bad: Spoiled, good?: Spoiled];

const CASES: readonly Case[] = [
  [1, 'bytes behind the end', 'error', { bytes: (b) => Buffer.concat([b, Buffer.of(0)]) }],
  [1, 'an extension twice', 'error', { plan: (p) => ({ extensions: [...p.extensions, p.extensions[0]!] }) }],
  [2, 'another algorithm outside', 'error', { bytes: (b) => outside(b, '1.2.840.10045.4.3.3') }],
  [2, 'version 1', 'error', { bytes: withoutVersion }],
  [
    3,
    'a negative number',
    'error',
    { plan: () => ({ serial: Buffer.alloc(18) }) },
    { plan: () => ({ serial: SERIAL }) },
  ],
  [3, 'too long', 'error', { plan: () => ({ serial: Buffer.alloc(21, 'abcdefgh') }) }],
  [
    3,
    'too short',
    'error',
    { plan: () => ({ serial: Buffer.from('abcdefgh') }) },
    { plan: () => ({ serial: Buffer.from('abcdefghi') }) },
  ],
  [3, 'no random bytes', 'error', { plan: () => ({ serial: Buffer.from(`01${'00'.repeat(17)}`, 'hex') }) }],
  [
    4,
    'a GeneralizedTime before 2050',
    'error',
    { bytes: (b) => withDate(b, 0x18, '20260601000000Z') },
    { bytes: (b) => withDate(b, 0x17, '260601000000Z') },
  ],
  [4, 'a UTCTime without seconds', 'error', { bytes: (b) => withDate(b, 0x17, '2606010000Z') }],
  [4, 'a fraction of a second', 'error', { bytes: (b) => withDate(b, 0x18, '20500601000000.5Z') }],
  [4, 'another zone', 'error', { bytes: (b) => withDate(b, 0x17, '260601000000+0000') }],
  [4, 'the 30th of February', 'error', { bytes: (b) => withDate(b, 0x17, '260230000000Z') }],
  [5, 'the end before the beginning', 'error', { notAfter: NOW - 2 * 3_600_000 }],
  [5, 'a beginning in the future', 'error', { notBefore: NOW + 1000 }, { notBefore: NOW }],
  [5, 'a beginning long ago', 'error', { notBefore: NOW - DAY_MS - 1000 }, { notBefore: NOW - DAY_MS }],
  [
    6,
    'beyond the end of the authority',
    'error',
    { issuer: authority({ notAfter: NOW + DAY_MS }) },
    { issuer: authority() },
  ],
  [
    6,
    'below an authority that has expired',
    'error',
    { issuer: below(authority({ notAfter: NOW - 1000 })) },
    { issuer: below(authority({ notAfter: NOW })) },
  ],
  [
    6,
    'before the authority',
    'error',
    { issuer: authority({ notBefore: NOW }) },
    { issuer: authority({ notBefore: NOW - 3_600_000 }) },
  ],
  [
    7,
    'a server for more than 398 days',
    'error',
    { notBefore: NOW, notAfter: NOW + 398 * DAY_MS },
    { notBefore: NOW, notAfter: NOW + 398 * DAY_MS - 1000 },
  ],
  [
    7,
    'a root for more than 30 years',
    'error',
    { template: ROOT, notBefore: NOW, notAfter: Date.UTC(2056, 5, 1) },
    { template: ROOT, notBefore: NOW, notAfter: Date.UTC(2056, 5, 1) - 1000 },
  ],
  [
    7,
    'a subordinate for more than 20 years',
    'error',
    { template: SUB, notBefore: NOW, notAfter: Date.UTC(2046, 5, 1) },
    { template: SUB, notBefore: NOW, notAfter: Date.UTC(2046, 5, 1) - 1000 },
  ],
  [
    7,
    'a short-lived one for a month',
    'error',
    { context: { shortLived: true }, notBefore: NOW, notAfter: NOW + 30 * DAY_MS },
    { context: { shortLived: true }, notBefore: NOW, notAfter: NOW + 7 * DAY_MS - 1000 },
  ],
  [
    8,
    'another issuer',
    'error',
    { plan: () => ({ issuer: writeName([{ oid: ATTRIBUTE.commonName, value: 'Example Issuing' }]) }) },
  ],
  [9, 'no extensions', 'error', { plan: () => ({ extensions: [] }) }],
  [9, 'unique identifiers', 'error', { bytes: withUniqueId }],
  [
    10,
    'name constraints of a server',
    'error',
    extension(EXTENSION.nameConstraints, constraints([dns('example.com')])),
  ],
  [
    10,
    'an unknown critical extension',
    'error',
    extension('1.3.6.1.4.1.99999.1', { critical: true, value: der.nullValue() }),
    extension('1.3.6.1.4.1.99999.1', { critical: false, value: der.nullValue() }),
  ],
  [11, 'an empty value', 'error', subject('', ATTRIBUTE.organization), subject('Example', ATTRIBUTE.organization)],
  [11, 'a country in small letters', 'error', subject('de', ATTRIBUTE.country), subject('DE', ATTRIBUTE.country)],
  [11, 'a long common name', 'error', subject('x'.repeat(65)), subject('x'.repeat(64))],
  [11, 'a space at the end', 'error', subject('Example ', ATTRIBUTE.organization)],
  [11, 'a control character', 'error', subject('Exa\u0007mple', ATTRIBUTE.organization)],
  [
    11,
    'UTF-8 read as Latin-1',
    'error',
    subject('MÃ¼ller', ATTRIBUTE.organization),
    subject('Müller', ATTRIBUTE.organization),
  ],
  [
    11,
    'an HTML entity',
    'error',
    subject('Smith &amp; Sons', ATTRIBUTE.organization),
    subject('Smith & Sons', ATTRIBUTE.organization),
  ],
  [12, 'RSA of 1024 bits', 'error', { publicKey: spkiOf('rsa', 1024) }, { publicKey: RSA_2048 }],
  [12, 'the exponent 3', 'error', { plan: () => ({ publicKey: rsa((1n << 2047n) + 9n, 3) }) }],
  [12, 'a small factor', 'error', { plan: () => ({ publicKey: rsa(((1n << 2040n) + 1n) * 251n) }) }],
  [12, 'factors close to each other', 'error', { plan: () => ({ publicKey: rsa(closeFactors()) }) }],
  [12, 'a key of a generator that is broken', 'error', { plan: () => ({ publicKey: rsa(rocaModulus()) }) }],
  [
    12,
    'RSA 2048 for code',
    'error',
    { template: 'CodeSigningCertificate', publicKey: RSA_2048 },
    { template: 'CodeSigningCertificate', publicKey: spkiOf('rsa', 3072) },
  ],
  [13, 'a point off the curve', 'error', { plan: (p) => ({ publicKey: flipLast(p.publicKey) }) }],
  [13, 'another curve', 'error', { plan: () => ({ publicKey: spkiOf('ec', 'secp256k1') }) }, { publicKey: P384 }],
  [
    13,
    'a workload on P-384',
    'error',
    { template: 'WorkloadCertificate', publicKey: P384 },
    { template: 'WorkloadCertificate' },
  ],
  [14, 'a blocked key', 'error', known({ isBlocked: true })],
  [14, 'the key of an authority', 'error', known({ isAuthorityKey: true })],
  [14, 'a key of somebody else', 'warning', known({ isReused: true })],
  [15, 'SHA-256 by P-384', 'error', { issuer: { ...authority(), publicKey: P384 } }, {}],
  [15, 'ECDSA by an RSA key', 'error', { issuer: { ...authority(), publicKey: RSA_2048 } }],
  [16, 'no authority', 'error', extension(EXTENSION.basicConstraints, basicConstraints(false), SUB), { template: SUB }],
  [
    16,
    'basic constraints not critical',
    'error',
    extension(EXTENSION.basicConstraints, { critical: false }, SUB),
    { template: SUB },
  ],
  [
    16,
    'a path length that is not smaller',
    'error',
    { template: 'SubordinateCACertificate_PathLen1', issuer: authority({}, [basicConstraints(true, 1)]) },
    { template: SUB, issuer: authority({}, [basicConstraints(true, 1)]) },
  ],
  [16, 'below a path length of 0', 'error', { template: SUB, issuer: authority({}, [basicConstraints(true, 0)]) }],
  [16, 'an eighth level', 'error', { template: SUB, issuer: levels(7) }, { template: SUB, issuer: levels(6) }],
  [
    16,
    'below a root with a path length of 1, two levels down',
    'error',
    { template: SUB, issuer: below(authority({}, [basicConstraints(true, 1)])) },
    { template: SUB, issuer: below(authority({}, [basicConstraints(true, 2)])) },
  ],
  [17, 'no CRLSign', 'error', extension(EXTENSION.keyUsage, keyUsage(['KeyCertSign']), SUB), { template: SUB }],
  [17, 'not critical', 'error', extension(EXTENSION.keyUsage, { critical: false }, SUB), { template: SUB }],
  [
    17,
    'an authority that encrypts',
    'error',
    extension(EXTENSION.keyUsage, keyUsage(['KeyEncipherment', 'KeyCertSign', 'CRLSign']), SUB),
    { template: SUB },
  ],
  [
    18,
    'no subject key identifier',
    'error',
    extension(EXTENSION.subjectKeyIdentifier, undefined, SUB),
    { template: SUB },
  ],
  [
    18,
    'that of another key',
    'error',
    extension(EXTENSION.subjectKeyIdentifier, { value: der.octetString(Buffer.alloc(20)) }, SUB),
    { template: SUB },
  ],
  [
    19,
    'a root with purposes',
    'error',
    extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.serverAuth]), ROOT),
    { template: ROOT },
  ],
  [19, 'a root under another name', 'error', { template: ROOT, ...subject('Somebody else') }, { template: ROOT }],
  [19, 'a root for another key', 'error', { template: ROOT, plan: () => ({ publicKey: P384 }) }, { template: ROOT }],
  [
    20,
    'no list',
    'error',
    { template: SUB, context: { crlUri: URL } },
    { ...extension(EXTENSION.crlDistributionPoints, { value: crl(URL) }, SUB), context: { crlUri: URL } },
  ],
  [
    20,
    'access by LDAP',
    'error',
    extension(EXTENSION.authorityInfoAccess, { value: access('ldap://x/') }, SUB),
    extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.serverAuth]), SUB),
  ],
  [
    20,
    'an authority without limits',
    'warning',
    { template: SUB },
    extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.serverAuth]), SUB),
  ],
  [21, 'constraints of a server', 'error', extension(EXTENSION.nameConstraints, constraints([dns('example.com')]))],
  [
    21,
    'not critical',
    'error',
    extension(EXTENSION.nameConstraints, constraints([dns('example.com')], [], false), SUB),
    extension(EXTENSION.nameConstraints, constraints([dns('example.com')]), SUB),
  ],
  [
    21,
    'excluded only',
    'warning',
    extension(EXTENSION.nameConstraints, constraints([], [dns('example.com')]), SUB),
    extension(EXTENSION.nameConstraints, constraints([dns('example.com')]), SUB),
  ],
  [
    22,
    'the same key under other constraints',
    'warning',
    { template: SUB, ...known({ namesakes: [{ sameKey: true, sameConstraints: false }] }) },
    { template: SUB, ...known({ namesakes: [{ sameKey: true, sameConstraints: true }] }) },
  ],
  [
    22,
    'the same name without identifiers',
    'warning',
    {
      ...extension(EXTENSION.authorityKeyIdentifier, undefined, SUB),
      ...known({ namesakes: [{ sameKey: false, sameConstraints: true }] }),
    },
    { template: SUB, ...known({ namesakes: [{ sameKey: false, sameConstraints: true }] }) },
  ],
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

const told = (spoiled: Spoiled, id: number, level: string) =>
  findings(spoiled).filter((finding) => finding.lint === id && finding.level === level);

describe('lints', () => {
  it.each(CASES)('%i: %s', (id, _title, level, bad, good = {}) => {
    expect(told(bad, id, level)).not.toEqual([]);
    if (good !== bad) expect(told(good, id, level)).toEqual([]);
  });

  it('have a case each', () => {
    // 1 and 4 are a matter of reading.
    const all = new Set([1, 4, ...LINTS.map(({ id }) => id)]);
    expect([...all].filter((id) => !CASES.some(([lint]) => lint === id))).toEqual([]);
    expect(all.size).toBe(34);
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
});

function outside(bytes: Buffer, oid: string): Buffer {
  const [tbs, , signature] = parts(bytes);
  return der.sequence(tbs!, der.sequence(der.oid(oid)), signature!);
}

function parts(bytes: Buffer): Buffer[] {
  const list: Buffer[] = [];
  let rest = bytes.subarray(4);
  while (rest.length > 0) {
    const [length, header] = lengthOf(rest);
    list.push(rest.subarray(0, header + length));
    rest = rest.subarray(header + length);
  }
  return list;
}

function lengthOf(bytes: Buffer): [length: number, header: number] {
  const first = bytes[1]!;
  if (first < 0x80) return [first, 2];
  return [bytes.readUIntBE(2, first & 0x7f), 2 + (first & 0x7f)];
}

function changedTbs(bytes: Buffer, change: (content: Buffer) => Buffer): Buffer {
  const [tbs, algorithm, signature] = parts(bytes);
  const [, header] = lengthOf(tbs!);
  return der.sequence(der.sequence(change(tbs!.subarray(header))), algorithm!, signature!);
}

/** Without `[0] version`, five bytes. */
function withoutVersion(bytes: Buffer): Buffer {
  return changedTbs(bytes, (content) => content.subarray(5));
}

/** With another beginning of the validity, and an end in the distance. */
function withDate(bytes: Buffer, tag: number, text: string): Buffer {
  return changedTbs(bytes, (content) => {
    const at = content.indexOf(Buffer.from('301e170d', 'hex'));
    const date = der.tlv(tag, Buffer.from(text, 'latin1'));
    const validity = der.sequence(date, der.time(NOW + 30 * DAY_MS));
    return Buffer.concat([content.subarray(0, at), validity, content.subarray(at + 32)]);
  });
}

function withUniqueId(bytes: Buffer): Buffer {
  return changedTbs(bytes, (content) => {
    const at = content.lastIndexOf(0xa3, content.indexOf(Buffer.from('0603551d', 'hex')));
    return Buffer.concat([content.subarray(0, at), der.contextPrimitive(1, Buffer.of(0, 1)), content.subarray(at)]);
  });
}

function flipLast(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1]! ^= 1;
  return copy;
}

function levels(count: number) {
  const own = authority();
  return { ...own, chain: Array.from({ length: count }, () => own.chain[0]!) };
}

function below(above: ReturnType<typeof authority>) {
  const own = authority();
  return { ...own, chain: [own.chain[0]!, above.chain[0]!] };
}

/** p and p + 2d without small factors, of 1024 bits. */
function closeFactors(): bigint {
  const isRough = (n: bigint) => SMALL.every((prime) => n % prime !== 0n);
  let p = (1n << 1023n) + (1n << 1022n) + 1n;
  while (!isRough(p)) p += 2n;
  let q = p + 2n;
  while (!isRough(q)) q += 2n;
  return p * q;
}

/** A power of 65537 modulo each odd prime up to 167, as CVE-2017-15361 leaves behind. */
function rocaModulus(): bigint {
  const product = SMALL.filter((prime) => prime > 2n && prime <= 167n).reduce((all, prime) => all * prime, 1n);
  let rest = 1n;
  for (let power = 0; power < 1234; power++) rest = (rest * 65537n) % product;
  let modulus = rest + product * ((1n << 2047n) / product + 1n);
  while (SMALL.some((prime) => modulus % prime === 0n)) modulus += product;
  return modulus;
}

const SMALL = Array.from({ length: 752 }, (_, n) => n)
  .filter((n) => n > 1 && !Array.from({ length: n }, (_, d) => d).some((d) => d > 1 && n % d === 0))
  .map(BigInt);
