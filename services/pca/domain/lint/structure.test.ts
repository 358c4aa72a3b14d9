/** The lints of structure, each with a certificate that it lets pass and one that it does not. */
import * as der from '../../../../platform/contract/der.ts';
import { type Case, constraints, dns, extension, itFinds, ROOT, SUB, subject } from '../../testing/lint-cases.ts';
import { authority, NOW, SERIAL } from '../../testing/lint-subject.ts';
import { DAY_MS } from '../validity.ts';
import { writeName } from '../x509/name.ts';
import { ATTRIBUTE, EXTENSION } from '../x509/oids.ts';
import { structureLints } from './structure.ts';

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
];

// 1 and 4 are a matter of reading.
itFinds(CASES, structureLints, [1, 4]);

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

function below(above: ReturnType<typeof authority>) {
  const own = authority();
  return { ...own, chain: [own.chain[0]!, above.chain[0]!] };
}
