import type { Hsm, MacHash, WrappedKey } from '../../../hsm/port.ts';
import type { NewKey } from '../domain/new-key.ts';

const MAC_HASHES: Partial<Record<NewKey['spec'], MacHash>> = {
  HMAC_224: 'sha224',
  HMAC_256: 'sha256',
  HMAC_384: 'sha384',
  HMAC_512: 'sha512',
};

/** Key material of the kind a new key needs; specs that `newKeyProblem` refuses do not come here. */
export function createMaterial(hsm: Hsm, tenant: WrappedKey, binding: Buffer, key: NewKey): Promise<WrappedKey> {
  const hash = MAC_HASHES[key.spec];
  if (hash !== undefined) return hsm.createMacKey(tenant, binding, hash);
  const use = key.usage === 'SIGN_VERIFY' ? 'sign' : 'decrypt';
  switch (key.spec) {
    case 'RSA_2048':
    case 'RSA_3072':
    case 'RSA_4096':
    case 'ECC_NIST_P256':
    case 'ECC_NIST_P384':
    case 'ECC_NIST_P521':
    case 'ECC_SECG_P256K1':
    case 'ECC_NIST_EDWARDS25519':
      return hsm.createKeyPair(tenant, binding, key.spec, use);
    default:
      return hsm.createKeyMaterial(tenant, binding, 32);
  }
}
