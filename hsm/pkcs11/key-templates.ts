/**
 * The keys every token holds and their attributes (spec kms 4.4). Split roles: the wrapping root cannot decrypt (else
 * wrap-then-decrypt extracts any key), the MAC root can only MAC, both for one mechanism only; nothing can be copied,
 * changed or taken out.
 */
import type { Template } from 'pkcs11js';
import { AUDIT_SIGN_KEY, SESSION_SIGN_KEY } from '../port.ts';
import * as ck from './constants.ts';

export const rootWrapLabel = (version: number) => `root-wrap-v${version}`;
export const rootMacLabel = (version: number) => `root-mac-v${version}`;

/** CK_MECHANISM_TYPE[]: one native unsigned long (8 bytes, this machine's order on all supported platforms). */
export function mechanismList(mechanism: number): Buffer {
  const list = Buffer.alloc(8);
  list.writeBigUInt64LE(BigInt(mechanism));
  return list;
}

export interface SecretKeyPlan {
  kind: 'secret';
  label: string;
  objectClass: number;
  generate: number;
  /** Also what the token is checked against when it is opened. */
  template: Template;
}

export interface KeyPairPlan {
  kind: 'pair';
  label: string;
  objectClass: number;
  generate: number;
  algorithm: 'Ed25519' | 'ES256';
  publicTemplate: Template;
  template: Template;
}

export type KeyPlan = SecretKeyPlan | KeyPairPlan;

const LOCKED_IN: Template = [
  { type: ck.CKA_TOKEN, value: true },
  { type: ck.CKA_PRIVATE, value: true },
  { type: ck.CKA_SENSITIVE, value: true },
  { type: ck.CKA_EXTRACTABLE, value: false },
  { type: ck.CKA_MODIFIABLE, value: false },
  { type: ck.CKA_COPYABLE, value: false },
];

/** Every usage is stated, so that no vendor's default decides. */
function usage(granted: readonly number[], among: readonly number[]): Template {
  return among.map((type) => ({ type, value: granted.includes(type) }));
}

const SECRET_USAGES = [
  ck.CKA_ENCRYPT,
  ck.CKA_DECRYPT,
  ck.CKA_WRAP,
  ck.CKA_UNWRAP,
  ck.CKA_SIGN,
  ck.CKA_VERIFY,
  ck.CKA_DERIVE,
];
const PRIVATE_USAGES = [ck.CKA_DECRYPT, ck.CKA_UNWRAP, ck.CKA_SIGN, ck.CKA_DERIVE];

function secret(label: string, keyType: number, generate: number, granted: number[], mechanism: number): SecretKeyPlan {
  return {
    kind: 'secret',
    label,
    objectClass: ck.CKO_SECRET_KEY,
    generate,
    template: [
      { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
      { type: ck.CKA_KEY_TYPE, value: keyType },
      { type: ck.CKA_VALUE_LEN, value: 32 },
      { type: ck.CKA_LABEL, value: label },
      { type: ck.CKA_ID, value: Buffer.from(label) },
      ...LOCKED_IN,
      ...usage(granted, SECRET_USAGES),
      { type: ck.CKA_ALLOWED_MECHANISMS, value: mechanismList(mechanism) },
    ],
  };
}

function pair(
  label: string,
  algorithm: KeyPairPlan['algorithm'],
  keyType: number,
  generate: number,
  curveOid: string,
  mechanism: number,
): KeyPairPlan {
  return {
    kind: 'pair',
    label,
    objectClass: ck.CKO_PRIVATE_KEY,
    generate,
    algorithm,
    publicTemplate: [
      { type: ck.CKA_CLASS, value: ck.CKO_PUBLIC_KEY },
      { type: ck.CKA_KEY_TYPE, value: keyType },
      { type: ck.CKA_LABEL, value: label },
      { type: ck.CKA_ID, value: Buffer.from(label) },
      { type: ck.CKA_TOKEN, value: true },
      { type: ck.CKA_PRIVATE, value: false },
      { type: ck.CKA_MODIFIABLE, value: false },
      { type: ck.CKA_VERIFY, value: true },
      { type: ck.CKA_EC_PARAMS, value: Buffer.from(curveOid, 'hex') },
    ],
    template: [
      { type: ck.CKA_CLASS, value: ck.CKO_PRIVATE_KEY },
      { type: ck.CKA_KEY_TYPE, value: keyType },
      { type: ck.CKA_LABEL, value: label },
      { type: ck.CKA_ID, value: Buffer.from(label) },
      ...LOCKED_IN,
      ...usage([ck.CKA_SIGN], PRIVATE_USAGES),
      { type: ck.CKA_ALLOWED_MECHANISMS, value: mechanismList(mechanism) },
    ],
  };
}

/** DER object identifiers: 1.3.101.112 (RFC 8410) and prime256v1 (RFC 5480). */
const OID_ED25519 = '06032b6570';
const OID_P256 = '06082a8648ce3d030107';

/** The root pair of one version, in the order it is made. */
export function rootPlans(version: number): readonly SecretKeyPlan[] {
  const wrap = [ck.CKA_WRAP, ck.CKA_UNWRAP];
  const mac = [ck.CKA_SIGN, ck.CKA_VERIFY];
  const generic = ck.CKM_GENERIC_SECRET_KEY_GEN;
  return [
    secret(rootMacLabel(version), ck.CKK_GENERIC_SECRET, generic, mac, ck.CKM_SHA256_HMAC),
    secret(rootWrapLabel(version), ck.CKK_AES, ck.CKM_AES_KEY_GEN, wrap, ck.CKM_AES_KEY_WRAP_PAD),
  ];
}

const SIGNING_PLANS: readonly KeyPairPlan[] = [
  pair(AUDIT_SIGN_KEY, 'Ed25519', ck.CKK_EC_EDWARDS, ck.CKM_EC_EDWARDS_KEY_PAIR_GEN, OID_ED25519, ck.CKM_EDDSA),
  pair(SESSION_SIGN_KEY, 'ES256', ck.CKK_EC, ck.CKM_EC_KEY_PAIR_GEN, OID_P256, ck.CKM_ECDSA),
];

/** The keys of a token with these root versions. */
export function keyPlans(rootVersions: readonly number[]): readonly KeyPlan[] {
  return [...rootVersions.flatMap(rootPlans), ...SIGNING_PLANS];
}

/** The keys of a new token, in the order they are made. */
export const KEY_PLANS = keyPlans([1]);
