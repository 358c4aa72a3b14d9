/** Public keys of the token as SubjectPublicKeyInfo. */
import { keyIdOf } from '../custody/canonical.ts';
import { HsmError, type HsmPublicKey } from '../port.ts';
import type { KeyPairPlan } from './key-templates.ts';

/** SubjectPublicKeyInfo up to the point: RFC 8410 section 4, RFC 5480 section 2. */
const SPKI_PREFIX = {
  Ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  ES256: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
} as const;
const POINT_BYTES = { Ed25519: 32, ES256: 65 } as const;

/** CKA_EC_POINT is a DER OCTET STRING around the point; some vendors give the bare point. */
export function readPublicKey(plan: KeyPairPlan, encoded: Buffer | undefined): HsmPublicKey {
  const size = POINT_BYTES[plan.algorithm];
  const header = Buffer.from([0x04, size]);
  const wrapped = encoded?.length === size + 2 && encoded.subarray(0, 2).equals(header);
  const point = wrapped ? encoded.subarray(2) : encoded;
  if (point?.length !== size) throw new HsmError('unavailable', `public key ${plan.label} has no readable point`);
  const spki = Buffer.concat([SPKI_PREFIX[plan.algorithm], point]);
  const keyId = keyIdOf(spki);
  return { algorithm: plan.algorithm, spki, keyId };
}
