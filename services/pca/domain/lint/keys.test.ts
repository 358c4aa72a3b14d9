/** The lints of keys, each with a certificate that it lets pass and one that it does not. */
import * as der from '../../../../platform/contract/der.ts';
import { type Case, itFinds, known, P384, RSA_2048 } from '../../testing/lint-cases.ts';
import { authority, spkiOf } from '../../testing/lint-subject.ts';
import { keyLints } from './keys.ts';

/** A modulus of 2048 bits with these numbers as factors, as far as a test can make one. */
const rsa = (modulus: bigint, exponent = 65537) => {
  const bytes = Buffer.from(modulus.toString(16).padStart(512, '0'), 'hex');
  const key = der.sequence(der.integer(bytes), der.integer(exponent));
  return der.sequence(der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nullValue()), der.bitString(key));
};

const CASES: readonly Case[] = [
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
];

itFinds(CASES, keyLints);

function flipLast(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1]! ^= 1;
  return copy;
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
