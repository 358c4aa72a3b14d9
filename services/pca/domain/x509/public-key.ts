/**
 * Public keys that certificates may be issued for: RSA of exactly 2048, 3072 or 4096 bits with exponent 65537, and the
 * curves P-256, P-384 and P-521 by name. Refuses keys that are known to be weak (spec pca 3.3): small factors, factors close
 * to each other (Fermat), the generator of CVE-2017-15361 (ROCA).
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import * as read from '../der/reader.ts';
import { keyObject } from './key-object.ts';

export type PublicKeyFacts =
  | { family: 'RSA'; bits: number; modulus: Buffer; exponent: Buffer }
  | { family: 'EC'; bits: 256 | 384 | 521; point: Buffer };

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
const CURVES: Readonly<Record<string, 256 | 384 | 521>> = {
  '1.2.840.10045.3.1.7': 256,
  '1.3.132.0.34': 384,
  '1.3.132.0.35': 521,
};
const RSA_BITS: ReadonlySet<number> = new Set([2048, 3072, 4096]);

/** Throws `DerError` for what is no key of the accepted kinds. Whether it is a good one `keyProblem` says. */
export function readPublicKey(spki: Buffer): PublicKeyFacts {
  const [algorithm, bits, ...more] = read.children(read.readOne(spki), read.TAG.sequence);
  const [id, parameters, ...rest] = read.children(algorithm, read.TAG.sequence);
  if (more.length + rest.length > 0) throw new read.DerError('the public key has members that do not belong there');
  const key = read.bitStringBytes(bits);
  switch (read.oid(id)) {
    case RSA: {
      if (read.expect(parameters, read.TAG.null).content.length > 0)
        throw new read.DerError('the parameters of an RSA key are not NULL');
      const [modulus, exponent, ...others] = read.children(read.readOne(key), read.TAG.sequence);
      if (others.length > 0) throw new read.DerError('the RSA key has more than two numbers');
      const n = read.positiveBytes(modulus);
      return { family: 'RSA', bits: bitLength(n), modulus: n, exponent: read.positiveBytes(exponent) };
    }
    case EC: {
      if (parameters?.tag === read.TAG.sequence) throw new read.DerError('the curve is given by its parameters');
      const curve = CURVES[read.oid(parameters)];
      if (!curve) throw new read.DerError('the curve is none of P-256, P-384 and P-521');
      return { family: 'EC', bits: curve, point: key };
    }
    default:
      throw new read.DerError('the public key is neither RSA nor elliptic curve');
  }
}

/** Keys that were looked at last, with what was found: a request and the lints look at the same one. */
const judged = new LRUCache<string, { problem: string | undefined }>({ max: 5_000 });

/** Why no certificate is issued for a key; undefined: it is good. */
export function keyProblem(key: PublicKeyFacts, spki: Buffer): string | undefined {
  const name = spki.toString('latin1');
  const known = judged.get(name);
  if (known) return known.problem;
  const problem = key.family === 'RSA' ? rsaProblem(key) : ecProblem(key, spki);
  judged.set(name, { problem });
  return problem;
}

function ecProblem({ point, bits }: PublicKeyFacts & { family: 'EC' }, spki: Buffer): string | undefined {
  if (point[0] !== 4 || point.length !== 1 + 2 * Math.ceil(bits / 8))
    return 'the point of the public key is not uncompressed';
  try {
    // OpenSSL checks that the point is on the curve; of these curves every such point has the right order.
    keyObject(spki);
    return undefined;
  } catch {
    return 'the point of the public key is not on its curve';
  }
}

function rsaProblem({ bits, modulus, exponent }: PublicKeyFacts & { family: 'RSA' }): string | undefined {
  if (!RSA_BITS.has(bits)) return `an RSA key of ${bits} bits is not one of 2048, 3072 or 4096`;
  if (!exponent.equals(F4)) return 'the exponent of the RSA key is not 65537';
  const n = BigInt(`0x${modulus.toString('hex')}`);
  const small = PRIMES.find((prime) => n % prime === 0n);
  if (small !== undefined) return `the RSA modulus has the factor ${small}`;
  if (isRoca(n)) return 'the RSA key comes from a generator whose keys can be factored (CVE-2017-15361)';
  if (hasCloseFactors(n)) return 'the factors of the RSA modulus are too close to each other';
  return undefined;
}

const F4 = Buffer.from([1, 0, 1]);
const PRIMES: readonly bigint[] = primesTo(751).map(BigInt);

function primesTo(end: number): number[] {
  const primes: number[] = [];
  for (let n = 2; n <= end; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

/** For each small odd prime, the powers of 65537: the modulus of a ROCA key is one of them for every prime. */
const ROCA_PRINTS = primesTo(167)
  .slice(1)
  .map((prime) => {
    const powers = new Set<bigint>();
    for (let power = 1; !powers.has(BigInt(power)); power = (power * 65537) % prime) powers.add(BigInt(power));
    return { prime: BigInt(prime), powers };
  });

function isRoca(n: bigint): boolean {
  return ROCA_PRINTS.every(({ prime, powers }) => powers.has(n % prime));
}

const FERMAT_ROUNDS = 110;

/** n = a^2 - b^2 for an `a` close to the square root: the factors are a - b and a + b. */
function hasCloseFactors(n: bigint): boolean {
  let a = squareRoot(n);
  if (a * a < n) a++;
  for (let round = 0; round < FERMAT_ROUNDS; round++, a++) {
    const rest = a * a - n;
    if (mayBeSquare(rest) && squareRoot(rest) ** 2n === rest) return true;
  }
  return false;
}

const SQUARES = [64n, 63n, 65n, 11n].map((modulus) => {
  const residues = new Set<bigint>();
  for (let n = 0n; n < modulus; n++) residues.add((n * n) % modulus);
  return { modulus, residues };
});

/** Sorts out most numbers without a root being taken. */
function mayBeSquare(n: bigint): boolean {
  return SQUARES.every(({ modulus, residues }) => residues.has(n % modulus));
}

/** The largest whole number whose square is not larger (Newton). */
function squareRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt((n.toString(16).length * 4) / 2 + 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function bitLength(bytes: Buffer): number {
  return bytes.length * 8 - Math.clz32(bytes[0] as number) + 24;
}

export function publicKeyHash(spki: Buffer): string {
  return hash('sha256', spki, 'hex');
}

/** RFC 7093 2, method 1: the leftmost 160 bits of SHA-256 over the bits of the public key. */
export function keyIdentifier(spki: Buffer): Buffer {
  const [, bits] = read.children(read.readOne(spki), read.TAG.sequence);
  return hash('sha256', read.bitStringBytes(bits), 'buffer').subarray(0, 20);
}
