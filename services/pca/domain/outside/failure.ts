/** Why an outside CA gave us nothing: whether it is worth asking again, and what somebody can do about it. */
export type FailureKind =
  /** No connection, no answer in time, or an answer of 5xx. */
  | 'unreachable'
  /** Its TLS certificate is not one that we trust. */
  | 'untrusted'
  /** The installation does not let us connect there. */
  | 'address-refused'
  /** What it answered is not ACME. */
  | 'malformed'
  /** It said no (RFC 8555 6.7). */
  | 'problem'
  /** What it issued is not what was asked for. */
  | 'wrong-certificate';

export interface FailureFacts {
  /** The last part of the problem type: `rateLimited`. */
  type?: string;
  status?: number;
  /** When the CA wants to be asked again, from now. */
  retryAfterMs?: number;
}

export class OutsideFailure extends Error {
  readonly kind: FailureKind;
  readonly facts: FailureFacts;

  constructor(kind: FailureKind, message: string, facts: FailureFacts = {}) {
    super(message.slice(0, 1024));
    this.kind = kind;
    this.facts = facts;
  }
}

export interface Verdict {
  isFinal: boolean;
  /** What to do next. */
  next: string;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  accountDoesNotExist: 'the CA knows the account no more: delete the outside authority and make it again',
  badCSR: 'choose another KeyAlgorithm or other names, and request again',
  caa: 'change the CAA records of the names so that they name this CA, and request again',
  connection: 'let the CA reach http://<name>/.well-known/acme-challenge/ at the PKI listener, and request again',
  dns: 'make the names resolve from outside, and request again',
  externalAccountRequired: 'give the outside authority ExternalAccountKeyId and ExternalAccountKey, and request again',
  incorrectResponse: 'make port 80 of the names lead to the PKI listener, and request again',
  rejectedIdentifier: 'request again without the names that the CA does not issue for',
  tls: 'make the names reachable over plain HTTP, and request again',
  unauthorized:
    'make port 80 of the names lead to the PKI listener, and check the external account key; then request again',
  unsupportedContact: 'correct the Contacts of the outside authority, and request again',
  invalidContact: 'correct the Contacts of the outside authority, and request again',
  userActionRequired: 'the CA wants something done by a person, such as new terms agreed: the message says where',
};
/** The CA has a moment of weakness. */
const PASSING: ReadonlySet<string> = new Set(['badNonce', 'rateLimited', 'serverInternal', 'orderNotReady']);

export function judge({ kind, facts }: OutsideFailure): Verdict {
  switch (kind) {
    case 'unreachable':
      return { isFinal: false, next: 'nothing: it is tried again; look whether the CA can be reached from here' };
    case 'untrusted':
      return {
        isFinal: false,
        next: 'give the outside authority a TrustBundle that its TLS certificate verifies with',
      };
    case 'address-refused':
      return { isFinal: true, next: 'have PARAPET_OUTSIDE_NETWORKS name the network of the CA, and request again' };
    case 'malformed':
      return { isFinal: false, next: 'check that DirectoryUrl is the directory of an ACME CA' };
    case 'wrong-certificate':
      return { isFinal: true, next: 'tell the CA what it issued; revoke it there, and request again' };
    case 'problem':
      return problemVerdict(facts);
  }
}

function problemVerdict({ type = '', status = 400 }: FailureFacts): Verdict {
  if (type === 'rateLimited') return { isFinal: false, next: 'nothing: it is asked for again when the CA permits it' };
  if (PASSING.has(type) || status >= 500 || status === 429)
    return { isFinal: false, next: 'nothing: it is tried again' };
  return { isFinal: true, next: PROBLEMS[type] ?? 'see what the CA says, and request again' };
}
