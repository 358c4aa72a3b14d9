/** Operations of the wire about key pairs and MAC keys. Names are text; unknown ones are `invalid`. */
import { isMacHash } from '../custody/custody.ts';
import { encodeWrappedKey } from '../custody/key-encoding.ts';
import { isOaepHash } from '../custody/oaep.ts';
import { isSigningAlgorithm, isSlow } from '../custody/signing.ts';
import {
  HsmError,
  KEY_PAIR_SPECS,
  type KeyPairSpec,
  type KeyPairUse,
  type MacHash,
  type MessageContext,
  type OaepCiphertext,
  type OaepHash,
  type OpenRequest,
  type SigningAlgorithm,
} from '../port.ts';
import { flagOf, type Lane, type Operation, text, verdict } from './operation.ts';
import { OP } from './wire.ts';

const SPECS: ReadonlySet<string> = new Set(KEY_PAIR_SPECS);
const isSpec = (name: string): name is KeyPairSpec => SPECS.has(name);
const isUse = (name: string): name is KeyPairUse => name === 'sign' || name === 'decrypt';

function named<Name extends string>(field: Buffer, what: string, known: (name: string) => name is Name): Name {
  const name = text(field);
  if (!known(name)) throw new HsmError('invalid', `${what} is not known`);
  return name;
}

const spec = (field: Buffer): KeyPairSpec => named(field, 'key pair spec', isSpec);
const use = (field: Buffer): KeyPairUse => named(field, 'use of the key pair', isUse);
const algorithm = (field: Buffer): SigningAlgorithm => named(field, 'signing algorithm', isSigningAlgorithm);
const oaepHash = (field: Buffer): OaepHash => named(field, 'OAEP hash', isOaepHash);
const macHash = (field: Buffer): MacHash => named(field, 'MAC hash', isMacHash);

function signingLane(field: Buffer, act: 'sign' | 'verify'): Lane {
  const name = text(field);
  return isSigningAlgorithm(name) && isSlow(name, act) ? 'slow' : 'quick';
}

/** The source of a reseal: RSA-OAEP when a hash is named. */
export function readSource(header: Buffer, aad: Buffer, sealed: Buffer, hash: Buffer): OpenRequest | OaepCiphertext {
  return hash.length === 0 ? { header, aad, sealed } : { hash: oaepHash(hash), ciphertext: sealed };
}

/** Its destination likewise. */
export function readSeal(header: Buffer, aad: Buffer, hash: Buffer): MessageContext | { hash: OaepHash } {
  return hash.length === 0 ? { header, aad } : { hash: oaepHash(hash) };
}

export const PAIR_OPERATIONS: readonly (readonly [number, Operation])[] = [
  [
    OP.createKeyPair,
    {
      fields: 4,
      lane: () => 'patient',
      run: async ([tenant, binding, what, purpose], state) => {
        const { pairs } = state.ready().custody;
        return [encodeWrappedKey(await pairs.create(tenant!, binding!, spec(what!), use(purpose!)))];
      },
    },
  ],
  [
    OP.sealKeyPair,
    {
      fields: 5,
      lane: () => 'patient',
      run: async ([key, header, aad, what, shown], state) => {
        const request = { header: header!, aad: aad!, spec: spec(what!), withPlaintext: flagOf(shown!) };
        const { sealed, publicKey, plaintext } = await state.ready().custody.pairs.sealNew(key!, request);
        return plaintext === undefined ? [sealed, publicKey] : [sealed, publicKey, plaintext];
      },
    },
  ],
  [
    OP.publicKeyOf,
    { fields: 2, run: ([key, purpose], state) => [state.ready().custody.pairs.publicKey(key!, use(purpose!))] },
  ],
  [
    OP.signWith,
    {
      fields: 4,
      lane: (fields) => signingLane(fields[1]!, 'sign'),
      run: ([key, name, message, isDigest], state) => {
        const request = { algorithm: algorithm(name!), message: message!, isDigest: flagOf(isDigest!) };
        const made = state.ready().custody.pairs.sign(key!, request);
        return made instanceof Promise ? made.then((signature) => [signature]) : [made];
      },
    },
  ],
  [
    OP.verifyWith,
    {
      fields: 5,
      lane: (fields) => signingLane(fields[1]!, 'verify'),
      run: ([key, name, message, isDigest, signature], state) => {
        const request = { algorithm: algorithm(name!), message: message!, isDigest: flagOf(isDigest!) };
        const ok = state.ready().custody.pairs.verify(key!, { ...request, signature: signature! });
        return ok instanceof Promise ? ok.then((answer) => [verdict(answer)]) : [verdict(ok)];
      },
    },
  ],
  [
    OP.encryptTo,
    {
      fields: 3,
      run: ([key, hash, plaintext], state) => [
        state.ready().custody.pairs.encrypt(key!, { hash: oaepHash(hash!), plaintext: plaintext! }),
      ],
    },
  ],
  [
    OP.decryptWith,
    {
      fields: 3,
      lane: () => 'slow',
      run: ([key, hash, ciphertext], state) => [
        state.ready().custody.pairs.decrypt(key!, { hash: oaepHash(hash!), ciphertext: ciphertext! }),
      ],
    },
  ],
  [
    OP.createMacKey,
    {
      fields: 3,
      run: ([tenant, binding, hash], state) => [
        encodeWrappedKey(state.ready().custody.createMacKey(tenant!, binding!, macHash(hash!))),
      ],
    },
  ],
  [
    OP.hmac,
    {
      fields: 3,
      run: ([key, hash, message], state) => [state.ready().custody.hmac(key!, macHash(hash!), message!)],
    },
  ],
  [
    OP.verifyHmac,
    {
      fields: 4,
      run: ([key, hash, message, mac], state) => [
        verdict(state.ready().custody.verifyHmac(key!, macHash(hash!), message!, mac!)),
      ],
    },
  ],
];
