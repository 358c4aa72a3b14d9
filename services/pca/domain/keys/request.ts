/** The certificate request for a key that is made here: what goes in, and the request once there is a key to sign it. */
import type { z } from 'zod';
import type { GeneralName as WireName, Subject as WireSubject } from '../../api/shapes.ts';
import { type CheckedRequest, writeRequestInfo } from '../csr.ts';
import { readContent } from '../wire-content.ts';
import type { KeyAlgorithm, SigningAlgorithm } from '../x509/algorithm.ts';
import { type Extension, extensionFacts, subjectAltName } from '../x509/extension.ts';
import { type Name, writeName } from '../x509/name.ts';
import { readPublicKey } from '../x509/public-key.ts';
import { STAND_IN } from './stand-in.ts';

export interface RequestContent {
  subject: Name;
  extensions: readonly Extension[];
}

export type ReadRequestContent = { ok: true; content: RequestContent } | { ok: false; problem: string };

export function requestContent(input: {
  Subject?: z.output<typeof WireSubject> | undefined;
  SubjectAlternativeNames?: z.output<typeof WireName>[] | undefined;
}): ReadRequestContent {
  const { Subject, SubjectAlternativeNames } = input;
  const read = readContent({ Subject, Extensions: { SubjectAlternativeNames } });
  if (!read.ok) return read;
  const { subject = writeName([]), names } = read.value;
  const extensions = names ? [subjectAltName(names, subject.attributes.length === 0)] : [];
  return { ok: true, content: { subject, extensions } };
}

/** As if a request for a key of that kind had been read. */
export function standInRequest({ subject, extensions }: RequestContent, algorithm: KeyAlgorithm): CheckedRequest {
  const publicKey = STAND_IN[algorithm];
  const facts = extensionFacts(extensions);
  return { ok: true, csr: { subject, publicKey, key: readPublicKey(publicKey), extensions, facts } };
}

export function requestInfo({ subject, extensions }: RequestContent, publicKey: Buffer): Buffer {
  return writeRequestInfo(subject, publicKey, extensions);
}

/** What a key signs its own request with: the hash that suits it. */
export const REQUEST_ALGORITHM: Readonly<Record<KeyAlgorithm, SigningAlgorithm>> = {
  RSA_2048: 'SHA256WITHRSA',
  RSA_3072: 'SHA256WITHRSA',
  RSA_4096: 'SHA256WITHRSA',
  EC_prime256v1: 'SHA256WITHECDSA',
  EC_secp384r1: 'SHA384WITHECDSA',
  EC_secp521r1: 'SHA512WITHECDSA',
};
