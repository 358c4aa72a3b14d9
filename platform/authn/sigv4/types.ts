/**
 * The vocabulary of Signature Version 4: what a request looks like to the verifier, what a parsed signature holds,
 * and every way it can fail. Failures are data: hostile input never throws.
 */

/** One request exactly as received: nothing decoded, re-ordered, joined or trimmed. */
export interface SignedHttpRequest {
  /** Method as sent, case kept. */
  readonly method: string;
  /** Origin-form target, path and query, one character per received byte (latin1, as node gives it). */
  readonly rawTarget: string;
  /** Alternating name, value, in order of arrival with duplicates (node's `rawHeaders`). */
  readonly rawHeaders: readonly string[];
  /** Body bytes as received. */
  readonly body: Buffer;
  /** Lower-cased names, one for each pair of `rawHeaders`, when the listener already made them. */
  readonly headerNames?: readonly string[];
}

/** Code names are those of the AWS Query protocol; gateways map them for the JSON protocol. */
export type SigV4FailureCode =
  | 'MissingAuthenticationToken'
  | 'IncompleteSignature'
  | 'SignatureDoesNotMatch'
  | 'RequestExpired'
  | 'InvalidClientTokenId'
  | 'ExpiredToken';

export interface SigV4Failure {
  readonly ok: false;
  readonly code: SigV4FailureCode;
  /** One clause, safe to send to the caller: it holds no secret and only characters of validated fields. */
  readonly message: string;
  /** Present only with the debug option, after a signature mismatch. */
  readonly debug?: { readonly canonicalRequest: string; readonly stringToSign: string };
}

/** Everything the signature says about itself. Well-formed, but nothing in it is proven before `verifySigV4`. */
export interface ParsedSignature {
  readonly ok: true;
  readonly form: 'header' | 'query';
  readonly accessKeyId: string;
  /** Scope date, `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** `accessKeyId/date/region/service/aws4_request`: also the key of the derived-key cache. */
  readonly credential: string;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly amzDate: string;
  readonly timestampMs: number;
  /** Lower-case names, strictly ascending. */
  readonly signedHeaders: readonly string[];
  readonly signedHeadersText: string;
  /** 64 lower-case hex digits. */
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** Validity of a presigned request in seconds; undefined in the header form. */
  readonly expiresSeconds: number | undefined;
  /** Value of x-amz-content-sha256 (header or query), if sent. */
  readonly declaredPayloadHash: string | undefined;
  /** Lower-cased header names, parallel to the pairs of `rawHeaders`. */
  readonly headerNames: readonly string[];
}

/** What a key source answers for a usable access key. */
export interface SigningKeyGrant<Subject = unknown> {
  readonly ok: true;
  /** 32 bytes, the end of the HMAC chain for the asked scope. Use it synchronously: the cache may zero it later. */
  readonly key: Buffer;
  /** Who the access key belongs to, as the source knows it. */
  readonly subject: Subject;
}

/** Finds the derived key of an access key. Implemented by the identity side; unknown keys are a failure, not a throw. */
export interface SigningKeySource<Subject = unknown> {
  signingKey(
    accessKeyId: string,
    date: string,
    region: string,
    service: string,
    sessionToken?: string,
  ): Promise<SigningKeyGrant<Subject> | SigV4Failure>;
}

/** Makes a failure value. */
export function sigV4Failure(code: SigV4FailureCode, message: string): SigV4Failure {
  return { ok: false, code, message };
}
