/**
 * The one error an application sees. `code` is stable and is what programs branch on; `message` names the object and
 * its state; `hint` says what to do next. Never holds credentials or secret members.
 */

/** One broken constraint of an input; `pointer` is the RFC 6901 path of the member. */
export interface ParapetIssue {
  pointer: string;
  message: string;
  rule?: string;
}

/** What is wrong with a refused policy document, and where. */
export interface PolicyFinding {
  code: string;
  message: string;
  pointer: string;
  line: number;
  column: number;
}

export interface ParapetErrorOptions {
  /** HTTP status; 0 when no answer came. */
  status?: number;
  hint?: string | undefined;
  requestId?: string | undefined;
  decisionId?: string | undefined;
  issues?: readonly ParapetIssue[];
  findings?: readonly PolicyFinding[];
  /** Milliseconds the server asked to wait. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/**
 * Codes made by the client itself (status 0): `Unreachable` no connection or no complete answer, `Untrusted` the
 * certificate of the server was refused, `Timeout`, `Aborted`, `UnreadableAnswer` not from a Parapet server. A local
 * `Validation` has status 0 as well: the request was never sent.
 */
export class ParapetError extends Error {
  override readonly name = 'ParapetError';
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;
  /** `GET /v1/authz/decisions/<decisionId>` explains a denial layer by layer. */
  readonly decisionId: string | undefined;
  readonly issues: readonly ParapetIssue[];
  readonly findings: readonly PolicyFinding[];
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, options: ParapetErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 0;
    this.hint = options.hint;
    this.requestId = options.requestId;
    this.decisionId = options.decisionId;
    this.issues = options.issues ?? [];
    this.findings = options.findings ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }
}
