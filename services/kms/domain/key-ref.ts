/**
 * The forms in which a request names a key: key id, key ARN, alias name, alias ARN (spec kms 3.8). Bare ids and alias
 * names belong to the caller's account; only ARNs reach into another one.
 */
import { parseArn } from '../../../platform/contract/arn.ts';

export type KeyReference =
  | { kind: 'key'; accountId: string; keyId: string; arn: string }
  | { kind: 'alias'; accountId: string; aliasName: string; arn: string };

export interface RefusedReference {
  kind: 'refused';
  code: 'NotFound' | 'InvalidArn';
  message: string;
}

/** Where the request is made: account of the caller, partition and region of this service. */
export interface Place {
  accountId: string;
  partition: string;
  region: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MULTI_REGION = /^mrk-[0-9a-f]{32}$/;
const ACCOUNT = /^\d{12}$/;
const ALIAS = /^alias\/[a-zA-Z0-9:/_-]{1,250}$/;

export function arnPrefix(place: Place): string {
  return `arn:${place.partition}:kms:${place.region}:${place.accountId}`;
}

export function keyArn(place: Place, keyId: string): string {
  return `${arnPrefix(place)}:key/${keyId}`;
}

export function aliasArn(place: Place, aliasName: string): string {
  return `${arnPrefix(place)}:${aliasName}`;
}

/** Reads any of the four forms. The texts are AWS's (spec kms 3.2). */
export function parseKeyReference(text: string, place: Place): KeyReference | RefusedReference {
  if (text.startsWith('arn:')) return parseArnForm(text, place);
  if (text.startsWith('alias/')) return aliasReference(text, place);
  return keyReference(text, place);
}

function parseArnForm(text: string, place: Place): KeyReference | RefusedReference {
  const arn = parseArn(text);
  if (arn?.service !== 'kms' || arn.partition !== place.partition || !ACCOUNT.test(arn.accountId)) {
    return { kind: 'refused', code: 'InvalidArn', message: `Invalid arn ${text}` };
  }
  if (arn.region !== place.region) return { kind: 'refused', code: 'NotFound', message: `Invalid arn ${arn.region}` };
  const owner = { ...place, accountId: arn.accountId };
  if (arn.resource.startsWith('alias/')) return aliasReference(arn.resource, owner);
  if (arn.resource.startsWith('key/')) return keyReference(arn.resource.slice(4), owner);
  return { kind: 'refused', code: 'InvalidArn', message: `Invalid arn ${text}` };
}

function keyReference(keyId: string, place: Place): KeyReference | RefusedReference {
  if (!UUID.test(keyId) && !MULTI_REGION.test(keyId)) {
    return { kind: 'refused', code: 'NotFound', message: `Invalid keyId '${keyId}'` };
  }
  return { kind: 'key', accountId: place.accountId, keyId, arn: keyArn(place, keyId) };
}

function aliasReference(aliasName: string, place: Place): KeyReference | RefusedReference {
  if (!ALIAS.test(aliasName)) {
    return { kind: 'refused', code: 'NotFound', message: `Invalid keyId '${aliasName}'` };
  }
  return { kind: 'alias', accountId: place.accountId, aliasName, arn: aliasArn(place, aliasName) };
}

/** The text of a missing key or alias, for the owner and for everybody who may ask. */
export function missingText(reference: KeyReference): string {
  return reference.kind === 'key' ? `Key '${reference.arn}' does not exist` : `Alias ${reference.arn} is not found.`;
}
