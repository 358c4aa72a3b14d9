import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { HsmError, type KeyPairSpec, type SigningAlgorithm } from '../port.ts';
import { hex, readVectors, type VectorGroup, vectorsMissing, vectorsNote } from '../testing/vectors.ts';
import { type KeyPair, readKeyPair } from './key-pair.ts';
import { decryptOaep } from './oaep.ts';
import { signRequest, verifyRequest } from './signing.ts';

/** A pair of which only the public half is known. */
function publicPair(spec: KeyPairSpec, spki: Buffer): KeyPair {
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return { spec, publicKey, privateKey: publicKey, spki, secret: undefined };
}

describe('Ed25519ph', () => {
  // RFC 8032 section 7.3.
  const seed = hex('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42');
  const publicKey = 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf';
  const expected =
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406';
  const pair = readKeyPair(Buffer.concat([hex('302e020100300506032b657004220420'), seed]))!;
  const request = {
    algorithm: 'ED25519_PH_SHA_512' as const,
    message: createHash('sha512').update('abc').digest(),
    isDigest: true,
  };

  it('signs as RFC 8032 section 7.3 does', async () => {
    expect(pair.spki.toString('hex')).toContain(publicKey);
    const signature = await signRequest(pair, request);
    expect(signature.toString('hex')).toBe(expected);
    expect(await verifyRequest(pair, { ...request, signature })).toBe(true);
  });

  it('is not plain Ed25519 over the digest', async () => {
    const plain = { algorithm: 'ED25519_SHA_512' as const, message: request.message, isDigest: false };
    const signature = await signRequest(pair, plain);
    expect(await verifyRequest(pair, { ...request, signature })).toBe(false);
    expect(await verifyRequest(pair, { ...plain, signature: hex(expected) })).toBe(false);
  });
});

describe('ECDSA over digests', () => {
  // RFC 6979 appendix A.2.5: the private key of the P-256 examples.
  const der = hex(
    '3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
  );
  const sample =
    '3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8';

  it('verifies the signature of RFC 6979 over "sample", and signs with a fresh nonce each time', async () => {
    const pair = readKeyPair(der)!;
    const digest = createHash('sha256').update('sample').digest();
    const request = { algorithm: 'ECDSA_SHA_256' as const, message: digest, isDigest: true };
    expect(await verifyRequest(pair, { ...request, signature: hex(sample) })).toBe(true);
    const [one, two] = [await signRequest(pair, request), await signRequest(pair, request)];
    expect(one.equals(two)).toBe(false);
    for (const signature of [one, two]) {
      expect(await verifyRequest(pair, { ...request, signature })).toBe(true);
      expect(
        await verifyRequest(pair, { ...request, message: Buffer.from('sample'), isDigest: false, signature }),
      ).toBe(true);
    }
  });
});

describe('reading a private key', () => {
  it('answers nothing for what is none', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(40, 0x30), hex('3003020100')]) {
      expect(readKeyPair(bytes)).toBeUndefined();
    }
  });
});

interface SignatureTest {
  msg: string;
  sig: string;
}
type SignatureGroup = VectorGroup<SignatureTest> & { publicKeyDer: string };

describe.skipIf(vectorsMissing)(`signatures: Wycheproof${vectorsNote}`, () => {
  it.each([
    ['ecdsa_secp256r1_sha256_test', 'ECC_NIST_P256', 'ECDSA_SHA_256'],
    ['ecdsa_secp384r1_sha384_test', 'ECC_NIST_P384', 'ECDSA_SHA_384'],
    ['rsa_pss_2048_sha256_mgf1_32_test', 'RSA_2048', 'RSASSA_PSS_SHA_256'],
    ['rsa_signature_2048_sha256_test', 'RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256'],
    ['ed25519_test', 'ECC_NIST_EDWARDS25519', 'ED25519_SHA_512'],
  ] as const)('decides every vector of %s rightly, as message and as digest', { timeout: 60_000 }, async (...row) => {
    const [file, spec, algorithm] = row as [string, KeyPairSpec, SigningAlgorithm];
    let compared = 0;
    for (const group of readVectors<SignatureTest>(file) as SignatureGroup[]) {
      const pair = publicPair(spec, hex(group.publicKeyDer));
      for (const { tcId, msg, sig, result, comment } of group.tests) {
        const signature = hex(sig);
        const message = hex(msg);
        const raw = await verifyRequest(pair, { algorithm, message, isDigest: false, signature });
        // "acceptable": old encodings that a verifier may refuse; both ways must agree on them.
        if (result !== 'acceptable') expect(raw, `test ${tcId}: ${comment}`).toBe(result === 'valid');
        // P-384 over digests takes several milliseconds: every fifth.
        if (algorithm !== 'ED25519_SHA_512' && (spec !== 'ECC_NIST_P384' || tcId % 5 === 0)) {
          const digest = createHash(`sha${algorithm.slice(-3)}`)
            .update(message)
            .digest();
          const digested = await verifyRequest(pair, { algorithm, message: digest, isDigest: true, signature });
          if (result !== 'acceptable') expect(digested, `test ${tcId}: ${comment}`).toBe(raw);
        }
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(50);
  });
});

interface OaepTest {
  msg: string;
  ct: string;
  label: string;
}

describe.skipIf(vectorsMissing)(`RSA-OAEP: Wycheproof${vectorsNote}`, () => {
  it.each([
    ['rsa_oaep_2048_sha1_mgf1sha1_test', 'sha1'],
    ['rsa_oaep_2048_sha256_mgf1sha256_test', 'sha256'],
  ] as const)('decides every vector of %s rightly, those with a label as broken', (file, hash) => {
    let compared = 0;
    for (const group of readVectors<OaepTest>(file) as (VectorGroup<OaepTest> & { privateKeyPkcs8: string })[]) {
      const pair = readKeyPair(hex(group.privateKeyPkcs8))!;
      for (const { tcId, msg, ct, label, result } of group.tests) {
        let opened: string | undefined;
        try {
          opened = decryptOaep(pair, hash, hex(ct)).toString('hex');
        } catch (error) {
          expect(error).toBeInstanceOf(HsmError);
        }
        expect(opened, `test ${tcId}`).toBe(result === 'valid' && label === '' ? msg : undefined);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(25);
  });
});
