/**
 * The forms in which a request names a secret: name, ARN, ARN without its last seven characters (spec ccms 3.2). Names
 * belong to the caller's account; only ARNs reach into another one.
 */
import { parseArn } from '../../../platform/contract/arn.ts';

export interface Place {
  accountId: string;
  partition: string;
  region: string;
}

/** `names`: what the secret may be called, in the order in which they are tried. */
export interface SecretReference {
  accountId: string;
  names: readonly { name: string; suffix?: string }[];
  /** The ARN that is authorized when there is no such secret. */
  arn: string;
}

const SUFFIX_LENGTH = 6;
const SUFFIX = /^[A-Za-z0-9]{6}$/;
const ACCOUNT = /^\d{12}$/;
const NAME = /^[A-Za-z0-9/_+=.@!-]{1,512}$/;
/** Stands for the characters nobody knows: matches what policies write for them. */
const UNKNOWN_SUFFIX = '??????';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function secretArn(place: Place, name: string, suffix: string): string {
  return `arn:${place.partition}:secretsmanager:${place.region}:${place.accountId}:secret:${name}-${suffix}`;
}

/** Six characters by random bytes; undefined when there were too few that can be used without a bias. */
export function suffixOf(random: Buffer): string | undefined {
  const fair = ALPHABET.length * Math.floor(256 / ALPHABET.length);
  const usable = [...random].filter((byte) => byte < fair).slice(0, SUFFIX_LENGTH);
  if (usable.length < SUFFIX_LENGTH) return undefined;
  return usable.map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** Undefined: it can name no secret of this region. */
export function parseSecretId(text: string, place: Place): SecretReference | undefined {
  if (!text.startsWith('arn:')) {
    if (!NAME.test(text)) return undefined;
    return { accountId: place.accountId, names: [{ name: text }], arn: secretArn(place, text, UNKNOWN_SUFFIX) };
  }
  const arn = parseArn(text);
  const { partition, region } = place;
  if (arn?.service !== 'secretsmanager' || arn.partition !== partition || arn.region !== region) return undefined;
  if (!ACCOUNT.test(arn.accountId) || !arn.resource.startsWith('secret:')) return undefined;
  const rest = arn.resource.slice('secret:'.length);
  if (!NAME.test(rest)) return undefined;
  const owner = { ...place, accountId: arn.accountId };
  const split = splitSuffix(rest);
  const whole = { name: rest };
  return {
    accountId: arn.accountId,
    names: split ? [split, whole] : [whole],
    arn: split ? text : secretArn(owner, rest, UNKNOWN_SUFFIX),
  };
}

/** Name and suffix of the last part of an ARN; undefined when it does not end in a hyphen and six characters. */
function splitSuffix(rest: string): { name: string; suffix: string } | undefined {
  const at = rest.length - SUFFIX_LENGTH - 1;
  if (at < 1 || rest[at] !== '-') return undefined;
  const suffix = rest.slice(at + 1);
  return SUFFIX.test(suffix) ? { name: rest.slice(0, at), suffix } : undefined;
}

/** A name that ends like an ARN: its partial ARN would mean two secrets. */
export function endsLikeArn(name: string): boolean {
  return splitSuffix(name) !== undefined;
}

/** A key as kms is asked for it: bare ids and aliases are those of the account of the secret. */
export function keyReference(keyId: string, place: Place): string {
  if (keyId.startsWith('arn:')) return keyId;
  const resource = keyId.startsWith('alias/') ? keyId : `key/${keyId}`;
  return `arn:${place.partition}:kms:${place.region}:${place.accountId}:${resource}`;
}
