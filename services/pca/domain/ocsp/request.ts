/**
 * OCSP requests (RFC 6960 4.1) from everybody. What is not one strict DER structure of the expected form is malformed;
 * names and signatures of requestors are not looked at.
 */
import * as read from '../der/reader.ts';
import { type Extension, readExtensions } from '../x509/extension.ts';

export const HASHES = { '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256' } as const;
export type CertIdHash = (typeof HASHES)[keyof typeof HASHES];

export interface CertId {
  /** As it was asked for, and is answered. */
  bytes: Buffer;
  /** Undefined: a hash that nobody asks with. */
  hash: CertIdHash | undefined;
  nameHash: Buffer;
  keyHash: Buffer;
  /** Hexadecimal, without sign byte. */
  serial: string;
}

export interface OcspRequest {
  certIds: readonly CertId[];
  /** The whole value of the extension, when it is to be answered. */
  nonce: Buffer | undefined;
}

export const NONCE = '1.3.6.1.5.5.7.48.1.2';
/** RFC 9654 2.1: lengths that are no nonce at all, and those that need not be answered. */
const LONGEST_NONCE = 128;
const SHORTEST_ANSWERED = 16;
/** A request about a whole chain asks several authorities, each about one. */
const MOST_CERT_IDS = 16;

/** Throws `DerError`. */
export function readOcspRequest(bytes: Buffer): OcspRequest {
  const whole = read.readOne(bytes, read.TAG.sequence);
  read.requireStrict(whole);
  const [tbs, signature, ...more] = read.children(whole, read.TAG.sequence);
  if (more.length > 0 || (signature && signature.tag !== 0xa0)) throw malformed();
  const parts = read.children(tbs, read.TAG.sequence);
  // A default that is written out is not DER.
  if (parts[0]?.tag === 0xa0) throw malformed();
  if (parts[0]?.tag === 0xa1) parts.shift();
  const [list, extensions, ...rest] = parts;
  if (rest.length > 0 || (extensions && extensions.tag !== 0xa2)) throw malformed();
  const certIds = read.children(list, read.TAG.sequence).map(readRequest);
  if (certIds.length === 0 || certIds.length > MOST_CERT_IDS) throw malformed();
  return { certIds, nonce: extensions && readNonce(readExtensions(read.readOne(extensions.content))) };
}

const malformed = () => new read.DerError('the request is malformed');

function readRequest(element: read.Element): CertId {
  const [id, extensions, ...more] = read.children(element, read.TAG.sequence);
  if (more.length > 0 || (extensions && extensions.tag !== 0xa0)) throw malformed();
  if (extensions) requireKnown(readExtensions(read.readOne(extensions.content)));
  const [algorithm, nameHash, keyHash, serial, ...others] = read.children(id, read.TAG.sequence);
  if (others.length > 0 || !id) throw malformed();
  const [oid, parameters, ...beyond] = read.children(algorithm, read.TAG.sequence);
  if (beyond.length > 0 || (parameters && parameters.tag !== read.TAG.null)) throw malformed();
  const content = read.positiveBytes(serial);
  return {
    bytes: id.bytes,
    hash: HASHES[read.oid(oid) as keyof typeof HASHES],
    nameHash: read.octetString(nameHash),
    keyHash: read.octetString(keyHash),
    serial: content.toString('hex'),
  };
}

function requireKnown(extensions: readonly Extension[]): void {
  if (extensions.some(({ oid, critical }) => critical && oid !== NONCE)) throw malformed();
}

function readNonce(extensions: readonly Extension[]): Buffer | undefined {
  requireKnown(extensions);
  const value = extensions.find(({ oid }) => oid === NONCE)?.value;
  if (value === undefined) return undefined;
  const { length } = read.octetString(read.readOne(value));
  if (length === 0 || length > LONGEST_NONCE) throw malformed();
  return length < SHORTEST_ANSWERED ? undefined : value;
}
