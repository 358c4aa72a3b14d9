/** The client's calls about key pairs and MAC keys; what they send is in `pair-operations.ts`. */
import { decodeWrappedKey, encodeKeyRef, encodeWrappedKey } from '../custody/key-encoding.ts';
import { type Hsm, HsmError, type KeyRef, type SigningRequest } from '../port.ts';
import { OP } from './wire.ts';

export const NONE = Buffer.alloc(0);

type Ask = (op: number, fields: () => Buffer[]) => Promise<Buffer[]>;
type PairCalls = Pick<
  Hsm,
  | 'createKeyPair'
  | 'sealKeyPair'
  | 'publicKeyOf'
  | 'signWith'
  | 'verifyWith'
  | 'encryptTo'
  | 'decryptWith'
  | 'createMacKey'
  | 'hmac'
  | 'verifyHmac'
>;

export function pairCalls(ask: Ask): PairCalls {
  const one = async (op: number, fields: () => Buffer[]) => only(await ask(op, fields));
  const flag = (value: boolean) => Buffer.alloc(1, value ? 1 : 0);
  const signing = (key: KeyRef, { algorithm, message, isDigest }: SigningRequest) => [
    encodeKeyRef(key),
    Buffer.from(algorithm),
    message,
    flag(isDigest),
  ];
  return {
    createKeyPair: async (tenant, binding, spec, use) =>
      decodeWrappedKey(
        await one(OP.createKeyPair, () => [encodeWrappedKey(tenant), binding, Buffer.from(spec), Buffer.from(use)]),
      ),
    async sealKeyPair(key, { header, aad, spec, withPlaintext }) {
      const fields = () => [encodeKeyRef(key), header, aad, Buffer.from(spec), flag(withPlaintext)];
      const [sealed, publicKey, plaintext] = await ask(OP.sealKeyPair, fields);
      if (sealed === undefined || publicKey === undefined) throw incomplete();
      return plaintext === undefined ? { sealed, publicKey } : { sealed, publicKey, plaintext };
    },
    publicKeyOf: (key, use) => one(OP.publicKeyOf, () => [encodeKeyRef(key), Buffer.from(use)]),
    signWith: (key, request) => one(OP.signWith, () => signing(key, request)),
    verifyWith: async (key, request) =>
      (await one(OP.verifyWith, () => [...signing(key, request), request.signature]))[0] === 1,
    encryptTo: (key, { hash, plaintext }) => one(OP.encryptTo, () => [encodeKeyRef(key), Buffer.from(hash), plaintext]),
    decryptWith: (key, { hash, ciphertext }) =>
      one(OP.decryptWith, () => [encodeKeyRef(key), Buffer.from(hash), ciphertext]),
    createMacKey: async (tenant, binding, hash) =>
      decodeWrappedKey(await one(OP.createMacKey, () => [encodeWrappedKey(tenant), binding, Buffer.from(hash)])),
    hmac: (key, hash, message) => one(OP.hmac, () => [encodeKeyRef(key), Buffer.from(hash), message]),
    verifyHmac: async (key, hash, message, mac) =>
      (await one(OP.verifyHmac, () => [encodeKeyRef(key), Buffer.from(hash), message, mac]))[0] === 1,
  };
}

export function only(fields: Buffer[]): Buffer {
  const [field] = fields;
  if (field === undefined) throw incomplete();
  return field;
}

function incomplete(): HsmError {
  return new HsmError('unavailable', 'HSM agent gave an empty answer');
}
