/** What an ACME client is told when something is refused: a problem document (RFC 8555 6.7, RFC 7807). */

const STATUS = {
  accountDoesNotExist: 400,
  alreadyReplaced: 409,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  connection: 400,
  dns: 400,
  externalAccountRequired: 403,
  incorrectResponse: 403,
  invalidContact: 400,
  malformed: 400,
  orderNotReady: 403,
  rateLimited: 429,
  rejectedIdentifier: 400,
  serverInternal: 500,
  tls: 400,
  unauthorized: 403,
  unsupportedContact: 400,
  unsupportedIdentifier: 400,
} as const;

export type ProblemType = keyof typeof STATUS;

/** As it is stored and sent. */
export interface ProblemDocument {
  type: string;
  detail: string;
  status: number;
  identifier?: { type: string; value: string };
  subproblems?: readonly ProblemDocument[];
  /** Of badSignatureAlgorithm: what would be accepted. */
  algorithms?: readonly string[];
}

export interface ProblemOptions {
  status?: number;
  retryAfterSeconds?: number;
  identifier?: { type: string; value: string };
  subproblems?: readonly ProblemDocument[];
  algorithms?: readonly string[];
  /** Of the answer: `Location` of the account that has the key already. */
  location?: string;
}

export class AcmeProblem extends Error {
  readonly type: ProblemType;
  readonly options: ProblemOptions;

  constructor(type: ProblemType, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.type = type;
    this.options = options;
  }

  document(): ProblemDocument {
    const { status, identifier, subproblems, algorithms } = this.options;
    return {
      type: `urn:ietf:params:acme:error:${this.type}`,
      detail: this.message,
      status: status ?? STATUS[this.type],
      ...(identifier && { identifier }),
      ...(subproblems && { subproblems }),
      ...(algorithms && { algorithms }),
    };
  }
}
