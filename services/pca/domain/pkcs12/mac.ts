/**
 * The MAC of a PKCS #12 file: HMAC under a key that the derivation of PKCS #12 makes (RFC 7292 B.2). PBMAC1 would be nicer,
 * but OpenSSL before 3.4, Java and Windows cannot read it. The derivation is hashing in a row, which node:crypto cannot do
 * beside this thread: here it is cut into slices of a millisecond, and one file has its turn at a time.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import { DIGESTS, type HashName, PBMAC1, SHA256 } from './oids.ts';
import { bmpPassphrase } from './passphrase.ts';
import { exactly, ITERATIONS, saltOf } from './pbes2.ts';
import { Pkcs12Problem, wrongPassword } from './problem.ts';

const SALT_BYTES = 16;
const SLICE = 1_000;
/** Two thirds of a second of this thread, in slices. */
const MOST_ITERATIONS = 600_000;
const BLOCK_BYTES: Readonly<Record<HashName, number>> = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 };
const FOR_MACS = 3;

/** MacData. */
export async function writeMac(content: Buffer, passphrase: Buffer, iterations = ITERATIONS): Promise<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const mac = await macOf(content, passphrase, { digest: 'sha256', salt, iterations });
  const algorithm = der.sequence(der.oid(SHA256), der.nullValue());
  return der.sequence(der.sequence(algorithm, der.octetString(mac)), der.octetString(salt), der.integer(iterations));
}

/** Throws unless the content is what was written under the password. */
export async function requireMac(macData: read.Element, content: Buffer, passphrase: Buffer): Promise<void> {
  const [info, salt, count, ...more] = read.children(macData, read.TAG.sequence);
  const [algorithm, mac] = exactly(info, 2);
  const name = read.oid(read.children(algorithm, read.TAG.sequence)[0]);
  const digest = DIGESTS[name];
  if (!digest || name === PBMAC1)
    throw new Pkcs12Problem('unsupported', `MAC algorithm ${name} is not read, HMAC with SHA-1 or SHA-2 is`);
  const iterations = count ? read.smallInteger(count) : 1;
  if (more.length > 0 || iterations < 1) throw new Pkcs12Problem('malformed', 'the MAC is malformed');
  if (iterations > MOST_ITERATIONS)
    throw new Pkcs12Problem('unsupported', `the MAC has more than ${MOST_ITERATIONS} iterations`);
  const expected = await macOf(content, passphrase, { digest, salt: saltOf(salt), iterations });
  const found = read.octetString(mac);
  // SECURITY: constant time; the length is no secret.
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) throw wrongPassword();
}

interface Derivation {
  digest: HashName;
  salt: Buffer;
  iterations: number;
}

let turn: Promise<unknown> = Promise.resolve();

async function macOf(content: Buffer, passphrase: Buffer, derivation: Derivation): Promise<Buffer> {
  const derived = turn.then(() => deriveMacKey(passphrase, derivation));
  turn = derived.catch(() => undefined);
  const key = await derived;
  try {
    return createHmac(derivation.digest, key).update(content).digest();
  } finally {
    key.fill(0);
  }
}

/** One block of RFC 7292 B.2: the key is as long as the hash, so that no second one is needed. */
async function deriveMacKey(passphrase: Buffer, { digest, salt, iterations }: Derivation): Promise<Buffer> {
  const block = BLOCK_BYTES[digest];
  const bmp = bmpPassphrase(passphrase);
  const [password, salted] = [repeated(bmp, block), repeated(salt, block)];
  const start = Buffer.concat([Buffer.alloc(block, FOR_MACS), salted, password]);
  let key = hash(digest, start, 'buffer');
  for (const secret of [bmp, password, start]) secret.fill(0);
  for (let done = 1; done < iterations; done++) {
    const next = hash(digest, key, 'buffer');
    key.fill(0);
    key = next;
    if (done % SLICE === 0) await setImmediate();
  }
  return key;
}

/** Again and again, until it fills whole blocks. */
function repeated(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}
