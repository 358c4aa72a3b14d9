/**
 * The one error class of the product. Everything a caller may see travels as a `ServiceError`: its code is stable,
 * its message names the object and its state, its hint says what to do next. Any other thrown value is a fault of
 * ours: the pipeline turns it into `Unavailable` or `Internal` and its text never leaves the process.
 */

/** HTTP status of the native API for the codes every operation may answer. */
export const PLATFORM_CODES = {
  Validation: 400,
  Unauthenticated: 401,
  AccessDenied: 403,
  NotFound: 404,
  Conflict: 409,
  FailedPrecondition: 412,
  LimitExceeded: 409,
  TooManyRequests: 429,
  Unavailable: 503,
  Internal: 500,
} as const;

export type PlatformCode = keyof typeof PLATFORM_CODES;

/** One thing that is wrong with an input; `path` leads to the member, `rule` names the broken constraint. */
export interface InputIssue {
  path: (string | number)[];
  rule:
    | 'required'
    | 'type'
    | 'minimum'
    | 'maximum'
    | 'minLength'
    | 'maxLength'
    | 'pattern'
    | 'enum'
    | 'unknown'
    | 'unsupported'
    | 'custom';
  message: string;
  /** The bound, pattern, expected type or list of allowed values. */
  expected?: string | number | readonly string[];
  /** Printable form of the value; absent for secret members. */
  value?: string;
}

export interface ErrorDetails {
  /** Broken constraints of a Validation error. */
  issues?: InputIssue[];
  /** Id of the decision record that explains a denial. */
  decisionId?: string;
  /** The guardrail that denied, for callers of the same organization. */
  denial?: {
    layer: string;
    level: { id: string; name: string };
    statement?: { policyArn: string; policyName?: string; version?: string; sid?: string; index: number };
  };
  /** Back-off in seconds for TooManyRequests and Unavailable. */
  retryAfterSeconds?: number;
  /** The name the AWS wire uses where it differs by situation (signature failures and the like). */
  wireCode?: string;
  /** Findings of a refused policy document. */
  findings?: readonly { code: string; message: string; pointer: string; line: number; column: number }[];
  [member: string]: unknown;
}

export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly status: number;
  readonly details: ErrorDetails;
  readonly hint: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { status?: number; details?: ErrorDetails; hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? PLATFORM_CODES[code as PlatformCode] ?? 400;
    this.details = options.details ?? {};
    this.hint = options.hint;
  }

  /** The form that crosses the wire between our processes; `cause` stays behind. */
  toWire(): WireError {
    return { code: this.code, status: this.status, message: this.message, details: this.details, hint: this.hint };
  }

  static fromWire(wire: WireError): ServiceError {
    return new ServiceError(wire.code, wire.message, {
      status: wire.status,
      details: wire.details,
      ...(wire.hint === undefined ? {} : { hint: wire.hint }),
    });
  }
}

export interface WireError {
  code: string;
  status: number;
  message: string;
  details: ErrorDetails;
  hint?: string | undefined;
}
