/** What every `Hsm` must do with key pairs and MAC keys; part of the conformance suite. Verified by node:crypto. */
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Hsm,
  HsmError,
  KEY_PAIR_SPECS,
  type KeyPairSpec,
  type KeyPairUse,
  type KeyRef,
  type SigningAlgorithm,
  type WrappedKey,
} from '../port.ts';
import { codeOf } from './conformance.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');
const RSA: readonly SigningAlgorithm[] = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
];
export const ALGORITHMS_OF: Readonly<Record<KeyPairSpec, readonly SigningAlgorithm[]>> = {
  RSA_2048: RSA,
  RSA_3072: RSA,
  RSA_4096: RSA,
  ECC_NIST_P256: ['ECDSA_SHA_256'],
  ECC_NIST_P384: ['ECDSA_SHA_384'],
  ECC_NIST_P521: ['ECDSA_SHA_512'],
  ECC_SECG_P256K1: ['ECDSA_SHA_256'],
  ECC_NIST_EDWARDS25519: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
};
/** Tens of seconds to generate on a busy machine; nothing about them differs from the smaller ones. */
const SPECS = KEY_PAIR_SPECS.filter((spec) => spec !== 'RSA_4096');

const hashOf = (algorithm: SigningAlgorithm) => `sha${algorithm.slice(-3)}`;

/** How node:crypto names an algorithm; undefined for Ed25519ph, which it does not have. */
function nodeForm(algorithm: SigningAlgorithm, key: KeyObject) {
  if (algorithm === 'ED25519_PH_SHA_512') return undefined;
  if (algorithm === 'ED25519_SHA_512') return { hash: null, input: { key } };
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return { hash: hashOf(algorithm), input: { key, ...(algorithm.startsWith('RSASSA_PSS') ? pss : {}) } };
}

/** Repeats what the HSM asks to be repeated: on a busy machine an RSA key takes longer than anybody waits. */
async function patiently<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof HsmError) || error.code !== 'overloaded' || tries === 6) throw error;
    }
  }
}

export interface Parts {
  hsm: Hsm;
  tenant: WrappedKey;
  otherTenant: WrappedKey;
  key: KeyRef;
}

export function describeKeyPairs(parts: () => Parts): void {
  const pairs = new Map<string, KeyRef>();
  /** Made once for all tests: RSA keys are slow. */
  async function pairOf(spec: KeyPairSpec, use: KeyPairUse): Promise<KeyRef> {
    const name = `${spec} ${use}`;
    const { hsm, tenant } = parts();
    const found = pairs.get(name) ?? {
      tenant,
      material: await patiently(() => hsm.createKeyPair(tenant, bytes(name), spec, use)),
    };
    pairs.set(name, found);
    return found;
  }
  const publicOf = async (key: KeyRef, use: KeyPairUse) =>
    createPublicKey({ key: await parts().hsm.publicKeyOf(key, use), format: 'der', type: 'spki' });

  describe.each(SPECS)('key pair of %s', (spec) => {
    it.each(ALGORITHMS_OF[spec])(
      'signs and verifies by %s as node:crypto does',
      { timeout: 60_000 },
      async (algorithm) => {
        const { hsm } = parts();
        const key = await pairOf(spec, 'sign');
        const publicKey = await publicOf(key, 'sign');
        const form = nodeForm(algorithm, publicKey);
        const message = bytes('a message of no importance');
        const digest = createHash(hashOf(algorithm)).update(message).digest();
        const ways = [
          ...(algorithm === 'ED25519_PH_SHA_512' ? [] : [{ algorithm, message, isDigest: false }]),
          ...(algorithm === 'ED25519_SHA_512' ? [] : [{ algorithm, message: digest, isDigest: true }]),
        ];
        for (const request of ways) {
          const signature = await hsm.signWith(key, request);
          if (form) expect(verify(form.hash, message, form.input, signature)).toBe(true);
          // A signature over a message is one over its digest, whichever way it was asked for.
          for (const other of ways) expect(await hsm.verifyWith(key, { ...other, signature })).toBe(true);
          for (let at = 0; at < signature.length; at += 7) {
            const changed = Buffer.from(signature);
            changed[at] = changed[at]! ^ 0x10;
            expect(await hsm.verifyWith(key, { ...request, signature: changed })).toBe(false);
          }
          const otherMessage = Buffer.from(request.message);
          otherMessage[0]! ^= 1;
          expect(await hsm.verifyWith(key, { ...request, message: otherMessage, signature })).toBe(false);
          for (const broken of [Buffer.alloc(0), signature.subarray(1), Buffer.concat([signature, Buffer.alloc(1)])])
            expect(await hsm.verifyWith(key, { ...request, signature: broken })).toBe(false);
        }
      },
    );

    it('refuses algorithms of other keys, and digests of another length', { timeout: 60_000 }, async () => {
      const { hsm } = parts();
      const key = await pairOf(spec, 'sign');
      const fits = new Set(ALGORITHMS_OF[spec]);
      for (const algorithm of Object.values(ALGORITHMS_OF).flat()) {
        const isDigest = algorithm !== 'ED25519_SHA_512';
        const length = isDigest ? createHash(hashOf(algorithm)).digest().length : 10;
        const asked = (size: number, digested = isDigest) =>
          codeOf(hsm.signWith(key, { algorithm, message: Buffer.alloc(size, 1), isDigest: digested }));
        expect(await asked(length)).toBe(fits.has(algorithm) ? 'answered' : 'invalid');
        if (isDigest) expect([await asked(length - 1), await asked(length + 1)]).toEqual(['invalid', 'invalid']);
        else expect(await asked(64, true)).toBe('invalid');
      }
    });

    it('is refused when a bit of it is changed, and for what it was not made for', { timeout: 60_000 }, async () => {
      const { hsm, otherTenant } = parts();
      const key = await pairOf(spec, 'sign');
      const [algorithm] = ALGORITHMS_OF[spec] as [SigningAlgorithm];
      const request = { algorithm, message: bytes('x'), isDigest: false };
      const asked = (changed: KeyRef) => codeOf(hsm.signWith(changed, request));
      for (const part of ['wrapped', 'binding', 'mac'] as const) {
        const original = key.material[part];
        for (let bit = 0; bit < original.length * 8; bit += part === 'wrapped' ? 37 : 5) {
          const changed = Buffer.from(original);
          changed[bit >> 3]! ^= 1 << (bit & 7);
          expect(await asked({ ...key, material: { ...key.material, [part]: changed } })).toBe('integrity');
        }
      }
      expect(await asked({ ...key, tenant: otherTenant })).toBe('integrity');
      expect(await asked(key)).toBe('answered');
      const context = { header: bytes('h'), aad: bytes('a') };
      expect(await codeOf(hsm.decryptWith(key, { hash: 'sha256', ciphertext: Buffer.alloc(256) }))).toBe('integrity');
      expect(await codeOf(hsm.encryptTo(key, { hash: 'sha256', plaintext: bytes('x') }))).toBe('integrity');
      expect(await codeOf(hsm.publicKeyOf(key, 'decrypt'))).toBe('integrity');
      expect(await codeOf(hsm.seal(key, { ...context, plaintext: bytes('x') }))).toBe('integrity');
      expect(await codeOf(hsm.hmac(key, 'sha256', bytes('x')))).toBe('integrity');
    });

    it('is given to a caller sealed, and in the clear only when asked for', { timeout: 60_000 }, async () => {
      const { hsm, key } = parts();
      const context = { header: bytes('h'), aad: bytes('a') };
      const shown = await patiently(() => hsm.sealKeyPair(key, { ...context, spec, withPlaintext: true }));
      const privateKey = createPrivateKey({ key: shown.plaintext!, format: 'der', type: 'pkcs8' });
      expect(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).equals(shown.publicKey)).toBe(true);
      expect((await hsm.open(key, { ...context, sealed: shown.sealed })).equals(shown.plaintext!)).toBe(true);
      const hidden = await patiently(() => hsm.sealKeyPair(key, { ...context, spec, withPlaintext: false }));
      expect(hidden.plaintext).toBeUndefined();
      expect(hidden.publicKey.equals(shown.publicKey)).toBe(false);
    });
  });

  it('verifies by a key pair what OpenSSL signs with the private key of another, and refuses it', async () => {
    const { hsm, key } = parts();
    const context = { header: bytes('h'), aad: bytes('a') };
    const made = await hsm.sealKeyPair(key, { ...context, spec: 'ECC_NIST_P256', withPlaintext: true });
    const signature = sign(
      'sha256',
      bytes('x'),
      createPrivateKey({ key: made.plaintext!, format: 'der', type: 'pkcs8' }),
    );
    const request = { algorithm: 'ECDSA_SHA_256', message: bytes('x'), isDigest: false, signature } as const;
    expect(await hsm.verifyWith(await pairOf('ECC_NIST_P256', 'sign'), request)).toBe(false);
  });

  describe.each(['sha1', 'sha256'] as const)('RSA-OAEP with %s', (hash) => {
    const overhead = { sha1: 42, sha256: 66 }[hash];

    it('opens what it and node:crypto encrypted, up to the largest plaintext', { timeout: 60_000 }, async () => {
      const { hsm } = parts();
      const key = await pairOf('RSA_2048', 'decrypt');
      const publicKey = await publicOf(key, 'decrypt');
      for (const size of [1, 32, 256 - overhead]) {
        const plaintext = Buffer.alloc(size, 7);
        const ours = await hsm.encryptTo(key, { hash, plaintext });
        expect(ours).toHaveLength(256);
        expect((await hsm.decryptWith(key, { hash, ciphertext: ours })).equals(plaintext)).toBe(true);
        const theirs = publicEncrypt({ key: publicKey, oaepHash: hash }, plaintext);
        expect((await hsm.decryptWith(key, { hash, ciphertext: theirs })).equals(plaintext)).toBe(true);
      }
      const tooLong = Buffer.alloc(257 - overhead);
      expect(await codeOf(hsm.encryptTo(key, { hash, plaintext: tooLong }))).toBe('invalid');
    });

    it('refuses changed, cut and foreign ciphertexts alike', { timeout: 60_000 }, async () => {
      const { hsm } = parts();
      const key = await pairOf('RSA_2048', 'decrypt');
      const ciphertext = await hsm.encryptTo(key, { hash, plaintext: bytes('secret') });
      const other = hash === 'sha1' ? 'sha256' : 'sha1';
      const labelled = publicEncrypt(
        { key: await publicOf(key, 'decrypt'), oaepHash: hash, oaepLabel: bytes('label') },
        bytes('secret'),
      );
      const changed = Buffer.from(ciphertext);
      changed[100]! ^= 1;
      for (const broken of [changed, ciphertext.subarray(1), Buffer.alloc(0), Buffer.alloc(256, 0xff), labelled])
        expect(await codeOf(hsm.decryptWith(key, { hash, ciphertext: broken }))).toBe('integrity');
      expect(await codeOf(hsm.decryptWith(key, { hash: other, ciphertext }))).toBe('integrity');
    });

    it('is a source and a destination of reseal', { timeout: 60_000 }, async () => {
      const { hsm, key } = parts();
      const rsa = await pairOf('RSA_2048', 'decrypt');
      const context = { header: bytes('h'), aad: bytes('a') };
      const ciphertext = await hsm.encryptTo(rsa, { hash, plaintext: bytes('move me') });
      const sealed = await hsm.reseal(rsa, { hash, ciphertext }, key, context);
      expect((await hsm.open(key, { ...context, sealed })).toString()).toBe('move me');
      const back = await hsm.reseal(key, { ...context, sealed }, rsa, { hash });
      expect((await hsm.decryptWith(rsa, { hash, ciphertext: back })).toString()).toBe('move me');
      expect(await codeOf(hsm.reseal(rsa, { hash, ciphertext: sealed }, key, context))).toBe('integrity');
    });
  });

  it.each([
    ['sha224', 28],
    ['sha256', 32],
    ['sha384', 48],
    ['sha512', 64],
  ] as const)('makes MACs with %s under a key of that length only', async (hash, length) => {
    const { hsm, tenant } = parts();
    const material = await hsm.createMacKey(tenant, bytes('mac key'), hash);
    const key = { tenant, material };
    const mac = await hsm.hmac(key, hash, bytes('message'));
    expect(mac).toHaveLength(length);
    expect(await hsm.verifyHmac(key, hash, bytes('message'), mac)).toBe(true);
    expect(await hsm.verifyHmac(key, hash, bytes('massage'), mac)).toBe(false);
    expect(await hsm.verifyHmac(key, hash, bytes('message'), mac.subarray(1))).toBe(false);
    const again = { tenant, material: await hsm.createMacKey(tenant, bytes('mac key'), hash) };
    expect((await hsm.hmac(again, hash, bytes('message'))).equals(mac)).toBe(false);
    const other = hash === 'sha256' ? 'sha512' : 'sha256';
    expect(await codeOf(hsm.hmac(key, other, bytes('message')))).toBe('invalid');
    const context = { header: bytes('h'), aad: bytes('a') };
    expect(await codeOf(hsm.seal(key, { ...context, plaintext: bytes('x') }))).toBe('integrity');
    expect(await codeOf(hsm.hmac(parts().key, 'sha256', bytes('x')))).toBe('integrity');
    expect(createHmac(hash, Buffer.alloc(0)).update('message').digest()).not.toEqual(mac);
  });
}
