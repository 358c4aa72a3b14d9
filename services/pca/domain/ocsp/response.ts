/** OCSP responses (RFC 6960 4.2): errors, which nobody signs, and answers, which a responder does. */
import { hash } from 'node:crypto';
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import { UNSPECIFIED } from '../revocation/reason.ts';
import { ALGORITHM, type SigningAlgorithm } from '../x509/algorithm.ts';
import { writeExtension } from '../x509/extension.ts';
import { NONCE } from './request.ts';

const ERRORS = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const;
const SUCCESSFUL = 0;
const BASIC = '1.3.6.1.5.5.7.48.1.1';

export type OcspError = keyof typeof ERRORS;

export function ocspError(error: OcspError): Buffer {
  return der.sequence(der.enumerated(ERRORS[error]));
}

export type CertStatus = { kind: 'good' | 'unknown' } | { kind: 'revoked'; revokedAt: number; reason: number };

export interface Single {
  /** As it was asked for. */
  certId: Buffer;
  status: CertStatus;
}

export interface ResponsePlan {
  /** SHA-1 of its public key. */
  responderKeyHash: Buffer;
  singles: readonly Single[];
  producedAt: number;
  thisUpdate: number;
  nextUpdate: number;
  nonce: Buffer | undefined;
}

/** What the responder signs. */
export function writeResponseData(plan: ResponsePlan): Buffer {
  const extensions = plan.nonce
    ? [der.contextConstructed(1, der.sequence(writeExtension({ oid: NONCE, critical: false, value: plan.nonce })))]
    : [];
  return der.sequence(
    der.contextConstructed(2, der.octetString(plan.responderKeyHash)),
    der.generalizedTime(plan.producedAt),
    der.sequence(...plan.singles.map((single) => writeSingle(single, plan))),
    ...extensions,
  );
}

function writeSingle({ certId, status }: Single, { thisUpdate, nextUpdate }: ResponsePlan): Buffer {
  const next = der.contextConstructed(0, der.generalizedTime(nextUpdate));
  return der.sequence(certId, writeStatus(status), der.generalizedTime(thisUpdate), next);
}

function writeStatus(status: CertStatus): Buffer {
  if (status.kind !== 'revoked') return der.contextPrimitive(status.kind === 'good' ? 0 : 2, Buffer.alloc(0));
  const { revokedAt, reason } = status;
  const why = reason === UNSPECIFIED ? [] : [der.contextConstructed(0, der.enumerated(reason))];
  return der.contextConstructed(1, Buffer.concat([der.generalizedTime(revokedAt), ...why]));
}

/** `certificate`: of the responder, so that clients need not look for it. */
export function assembleResponse(
  data: Buffer,
  algorithm: SigningAlgorithm,
  { signature, certificate }: { signature: Buffer; certificate: Buffer },
): Buffer {
  const certificates = der.contextConstructed(0, der.sequence(certificate));
  const basic = der.sequence(data, ALGORITHM[algorithm].identifier, der.bitString(signature), certificates);
  const bytes = der.sequence(der.oid(BASIC), der.octetString(basic));
  return der.sequence(der.enumerated(SUCCESSFUL), der.contextConstructed(0, bytes));
}

/** Of the bits of the key, as responder ids and CertIDs have it. */
export function keyHash(publicKey: Buffer, algorithm: 'sha1' | 'sha256'): Buffer {
  const [, bits] = read.children(read.readOne(publicKey), read.TAG.sequence);
  return hash(algorithm, read.bitStringBytes(bits), 'buffer');
}
