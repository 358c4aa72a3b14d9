/**
 * Stands where a public key will be, while it is decided whether a certificate may be issued: policies see its kind and
 * size. Making a key of RSA takes seconds, and nobody who may not have it should make us work that long.
 */
import * as der from '../../../../platform/contract/der.ts';
import type { KeyAlgorithm } from '../x509/algorithm.ts';

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
const rsa = (bits: number) => {
  const key = der.sequence(der.integer(Buffer.alloc(bits / 8, 0xff)), der.integer(65537));
  return der.sequence(der.sequence(der.oid(RSA), der.nullValue()), der.bitString(key));
};
const ec = (curve: string, size: number) => {
  const point = Buffer.concat([Buffer.of(4), Buffer.alloc(2 * size)]);
  return der.sequence(der.sequence(der.oid(EC), der.oid(curve)), der.bitString(point));
};

/** SubjectPublicKeyInfo of nobody's key. */
export const STAND_IN: Readonly<Record<KeyAlgorithm, Buffer>> = {
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  EC_prime256v1: ec('1.2.840.10045.3.1.7', 32),
  EC_secp384r1: ec('1.3.132.0.34', 48),
  EC_secp521r1: ec('1.3.132.0.35', 66),
};
