/** Requests that openssl makes, whole and broken. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import * as der from '../../../platform/contract/der.ts';
import { Workplace } from '../testing/hierarchy.ts';
import { spkiOf } from '../testing/lint-subject.ts';
import { readRequest, writeRequestInfo } from './csr.ts';
import { assemble } from './x509/certificate.ts';
import { basicConstraints } from './x509/extension.ts';
import { generalNameText } from './x509/general-name.ts';
import { writeName } from './x509/name.ts';
import { ATTRIBUTE } from './x509/oids.ts';

const openssl = new Workplace();
afterAll(() => openssl.close());

const problem = (bytes: Buffer) => {
  const read = readRequest(bytes);
  return read.ok ? undefined : read.problem;
};
const RSA = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
const P256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const P384 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'];

describe('a certificate request', () => {
  it.each([
    ['RSA', RSA],
    ['P-256', P256],
    ['P-384', P384],
    ['P-521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
  ])('with a key of %s is read', (_title, kind) => {
    const key = openssl.key(kind);
    const read = readRequest(
      openssl.csr('/C=DE/O=Müller/CN=a.example', 'DNS:a.example,IP:192.0.2.1,URI:https://a/', { key, args: ['-utf8'] }),
    );
    if (!read.ok) throw new Error(read.problem);
    expect(read.csr.subject.attributes.map(({ value }) => value)).toEqual(['DE', 'Müller', 'a.example']);
    expect(read.csr.facts.subjectAltNames?.map(generalNameText)).toEqual(['a.example', '192.0.2.1', 'https://a/']);
  });

  it('may be PEM under either label', () => {
    const bytes = openssl.csr('/CN=a', 'DNS:a');
    for (const label of ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'])
      expect(problem(Buffer.from(der.toPem(label, bytes)))).toBeUndefined();
    expect(problem(Buffer.from(der.toPem('CERTIFICATE', bytes)))).toContain('neither DER nor one PEM block');
    expect(problem(Buffer.from(der.toPem('CERTIFICATE REQUEST', bytes).repeat(2)))).toContain('one PEM block');
  });

  it.each<[string, readonly string[], readonly string[], RegExp]>([
    ['RSA of 1024 bits', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'], [], /1024 bits/],
    ['the exponent 3', [...RSA, '-pkeyopt', 'rsa_keygen_pubexp:3'], [], /exponent/],
    ['P-224', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-224'], [], /none of P-256, P-384 and P-521/],
    ['explicit parameters', [...P256, '-pkeyopt', 'ec_param_enc:explicit'], [], /parameters/],
    ['Ed25519', ['-algorithm', 'ED25519'], [], /not accepted|neither RSA/],
    ['SHA-1', RSA, ['-sha1'], /not accepted/],
  ])('with %s is refused', (_title, kind, args, expected) => {
    const bytes = openssl.csr('/CN=a', 'DNS:a', { key: openssl.key(kind), args });
    expect(problem(bytes)).toMatch(expected);
  });

  it('that somebody else signed is refused', () => {
    const info = writeRequestInfo(writeName([{ oid: ATTRIBUTE.commonName, value: 'a' }]), spkiOf('ec', 'P-256'), []);
    expect(problem(assemble(info, 'SHA256WITHECDSA', Buffer.alloc(70)))).toBe(
      'the signature of the request is not by the key in it',
    );
  });

  it('with an extension twice is refused', () => {
    const twice = [basicConstraints(false), basicConstraints(false)];
    const info = writeRequestInfo(writeName([]), spkiOf('ec', 'P-256'), twice);
    expect(problem(assemble(info, 'SHA256WITHECDSA', Buffer.alloc(70)))).toBe('an extension occurs twice');
  });

  it('that is too long is refused', () => {
    expect(problem(Buffer.alloc(40_000, 0x30))).toContain('longer than');
  });

  it('with any byte changed is refused, and nothing else happens', () => {
    const bytes = openssl.csr('/CN=a.example', 'DNS:a.example');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(bytes);
        broken[at]! ^= change;
        expect(problem(broken)).toBeTypeOf('string');
      }),
      { numRuns: 500 },
    );
  });
});
