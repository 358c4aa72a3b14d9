/** Certificates (RFC 5280 4.1): written from a plan, and read from strangers with nothing left unread. */
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import { ALGORITHM, type SigningAlgorithm, verifies } from './algorithm.ts';
import { type Extension, type ExtensionFacts, extensionFacts, readExtensions, writeExtension } from './extension.ts';
import { type Name, readName } from './name.ts';

/** Everything of a certificate but its signature. */
export interface CertificatePlan {
  /** Without sign byte, positive as it stands. */
  serial: Buffer;
  algorithm: SigningAlgorithm;
  /** The subject of the authority, byte for byte. */
  issuer: Name;
  notBefore: number;
  notAfter: number;
  subject: Name;
  /** SubjectPublicKeyInfo. */
  publicKey: Buffer;
  extensions: readonly Extension[];
}

const V3 = der.contextConstructed(0, der.integer(2));

export function writeTbs(plan: CertificatePlan): Buffer {
  return der.sequence(
    V3,
    der.integer(plan.serial),
    ALGORITHM[plan.algorithm].identifier,
    plan.issuer.bytes,
    der.sequence(der.time(plan.notBefore), der.time(plan.notAfter)),
    plan.subject.bytes,
    plan.publicKey,
    ...(plan.extensions.length > 0
      ? [der.contextConstructed(3, der.sequence(...plan.extensions.map(writeExtension)))]
      : []),
  );
}

/** Also of a certification request: what was signed, with what, and the signature. */
export function assemble(signed: Buffer, algorithm: SigningAlgorithm, signature: Buffer): Buffer {
  return der.sequence(signed, ALGORITHM[algorithm].identifier, der.bitString(signature));
}

export interface Certificate {
  bytes: Buffer;
  /** What the signature is over. */
  tbs: Buffer;
  version: number;
  /** The content of the INTEGER. */
  serial: Buffer;
  /** AlgorithmIdentifier inside and outside of what is signed. */
  innerAlgorithm: Buffer;
  outerAlgorithm: Buffer;
  signature: Buffer;
  issuer: Name;
  subject: Name;
  notBefore: number;
  notAfter: number;
  publicKey: Buffer;
  hasUniqueIds: boolean;
  extensions: readonly Extension[];
  facts: ExtensionFacts;
}

/** Throws `DerError`. */
export function readCertificate(bytes: Buffer): Certificate {
  const whole = read.readOne(bytes, read.TAG.sequence);
  read.requireStrict(whole);
  const [tbs, outer, signature, ...more] = read.children(whole, read.TAG.sequence);
  if (more.length > 0) throw new read.DerError('the certificate has members that do not belong there');
  const parts = read.children(tbs, read.TAG.sequence);
  const version = parts[0]?.tag === 0xa0 ? read.smallInteger(read.readOne(parts.shift()!.content)) + 1 : 1;
  const [serial, inner, issuer, validity, subject, publicKey, ...rest] = parts;
  const [notBefore, notAfter, ...times] = read.children(validity, read.TAG.sequence);
  const tags = rest.map(({ tag }) => tag);
  if (times.length > 0 || tags.some((tag, at) => ![0x81, 0x82, 0xa3].includes(tag) || tag <= (tags[at - 1] ?? 0)))
    throw new read.DerError('the certificate has members that do not belong there');
  const list = rest.find(({ tag }) => tag === 0xa3);
  const extensions = list ? readExtensions(read.readOne(list.content)) : [];
  return {
    bytes,
    tbs: tbs!.bytes,
    version,
    serial: read.integerBytes(serial),
    innerAlgorithm: read.expect(inner, read.TAG.sequence).bytes,
    outerAlgorithm: read.expect(outer, read.TAG.sequence).bytes,
    signature: read.bitStringBytes(signature),
    issuer: readName(issuer),
    subject: readName(subject),
    notBefore: read.time(notBefore),
    notAfter: read.time(notAfter),
    publicKey: read.expect(publicKey, read.TAG.sequence).bytes,
    hasUniqueIds: tags.some((tag) => tag !== 0xa3),
    extensions,
    facts: extensionFacts(extensions),
  };
}

/** Whether the key signed this certificate. */
export function isSignedBy(certificate: Certificate, publicKey: Buffer): boolean {
  const { tbs, outerAlgorithm, signature } = certificate;
  return verifies(tbs, outerAlgorithm, signature, publicKey);
}

export function isAuthority({ facts }: Pick<Certificate, 'facts'>): boolean {
  return facts.basicConstraints?.authority === true;
}

/** Lower-case hexadecimal, without the sign byte. */
export function serialText(serial: Buffer): string {
  return (serial[0] === 0 && serial.length > 1 ? serial.subarray(1) : serial).toString('hex');
}
