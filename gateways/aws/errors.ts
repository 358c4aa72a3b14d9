/**
 * Names and statuses of errors on the AWS wires. Declared errors bring their own name; this table holds the ones every
 * service shares (AWS's common errors) and the faults.
 */
import type { InputIssue, ServiceError } from '../../platform/contract/error.ts';
import type { AnyOperation, ErrorDeclaration } from '../../platform/contract/operation.ts';
import { ORGANIZATIONS_NAMES } from './organizations.ts';

export interface AwsError {
  name: string;
  status: number;
  /** Undefined where real KMS sends no text. */
  message: string | undefined;
}

type Pair = { json: string; query: string; queryStatus: number; jsonStatus?: number };

const SHARED: Readonly<Record<string, Pair>> = {
  MissingAuthenticationToken: {
    json: 'MissingAuthenticationTokenException',
    query: 'MissingAuthenticationToken',
    queryStatus: 403,
  },
  IncompleteSignature: { json: 'IncompleteSignatureException', query: 'IncompleteSignature', queryStatus: 400 },
  InvalidClientTokenId: { json: 'UnrecognizedClientException', query: 'InvalidClientTokenId', queryStatus: 403 },
  SignatureDoesNotMatch: { json: 'InvalidSignatureException', query: 'SignatureDoesNotMatch', queryStatus: 403 },
  ExpiredToken: { json: 'ExpiredTokenException', query: 'ExpiredToken', queryStatus: 403 },
  RequestExpired: { json: 'RequestExpired', query: 'RequestExpired', queryStatus: 400 },
  Unauthenticated: { json: 'UnrecognizedClientException', query: 'InvalidClientTokenId', queryStatus: 403 },
  AccessDenied: { json: 'AccessDeniedException', query: 'AccessDenied', queryStatus: 403 },
  UnknownOperation: { json: 'UnknownOperationException', query: 'InvalidAction', queryStatus: 400 },
  MalformedInput: { json: 'SerializationException', query: 'MalformedInput', queryStatus: 400 },
  UnsupportedEndpoint: { json: 'UnsupportedAPIEndpointException', query: 'InvalidAction', queryStatus: 400 },
  Unsupported: { json: 'UnsupportedOperationException', query: 'InvalidParameterCombination', queryStatus: 400 },
  Validation: { json: 'ValidationException', query: 'ValidationError', queryStatus: 400 },
  TooManyRequests: { json: 'ThrottlingException', query: 'Throttling', queryStatus: 400 },
  NotFound: { json: 'NotFoundException', query: 'NoSuchEntity', queryStatus: 404 },
  Conflict: { json: 'ConflictException', query: 'EntityTemporarilyUnmodifiable', queryStatus: 409 },
  FailedPrecondition: { json: 'ConflictException', query: 'ConcurrentModification', queryStatus: 409 },
  LimitExceeded: { json: 'LimitExceededException', query: 'LimitExceeded', queryStatus: 409 },
  Unavailable: { json: 'ServiceUnavailableException', query: 'ServiceUnavailable', queryStatus: 503, jsonStatus: 503 },
  Internal: { json: 'InternalFailure', query: 'InternalFailure', queryStatus: 500, jsonStatus: 500 },
};

/** Faults that KMS clients know under other names. */
const KMS_FAULTS: Readonly<Record<string, string>> = {
  HsmUnavailable: 'KeyUnavailableException',
  Internal: 'KMSInternalException',
};

/** Errors that real KMS answers without any text. */
const SILENT: ReadonlySet<string> = new Set([
  'InvalidCiphertextException',
  'KMSInvalidSignatureException',
  'KMSInvalidMacException',
]);

export function awsError(
  error: ServiceError,
  operation: AnyOperation | undefined,
  protocol: 'json' | 'query',
): AwsError {
  const declared = operation?.errors[error.code];
  if (declared) {
    const name = declared.aws ?? error.code;
    const status = protocol === 'query' ? (declared.awsStatus ?? declared.status) : jsonStatus(declared);
    return { name, status, message: SILENT.has(name) ? undefined : describe(error) };
  }
  const wire = error.details.wireCode;
  const pair = (wire !== undefined && SHARED[wire]) || SHARED[error.code] || (SHARED.Internal as Pair);
  const own = ownName(operation, error.code, wire);
  return protocol === 'query'
    ? { name: pair.query, status: pair.queryStatus, message: describe(error) }
    : { name: own ?? pair.json, status: pair.jsonStatus ?? 400, message: describe(error) };
}

/** The name a service has for a shared error, where it is not the common one. */
function ownName(operation: AnyOperation | undefined, code: string, wire: string | undefined): string | undefined {
  if (operation?.service === 'kms') return KMS_FAULTS[wire ?? ''] ?? KMS_FAULTS[code];
  // The model of Secrets Manager has no word for what is not supported.
  if (operation?.service === 'ccms' && wire === 'Unsupported') return 'InvalidParameterException';
  // A malformed body has a wire name of its own, whatever the service.
  if (operation?.service === 'org' && wire === undefined) return ORGANIZATIONS_NAMES[code];
  return undefined;
}

/** JSON 1.1: 400 for every client error, whatever the model says; faults keep their status, so that SDKs retry. */
function jsonStatus(declared: ErrorDeclaration): number {
  const status = declared.awsStatus ?? declared.status;
  return status >= 500 ? status : 400;
}

function describe(error: ServiceError): string {
  if (error.code === 'Validation' && error.details.issues) return validationSentence(error.details.issues);
  return error.message;
}

/** AWS's sentence for broken constraints; tests and people compare it. */
export function validationSentence(issues: readonly InputIssue[]): string {
  const parts = issues.map((issue) => {
    const value = issue.value === undefined ? 'null' : issue.value;
    const shown = issue.rule !== 'required' && issue.value === undefined ? 'Value' : `Value ${quote(value, issue)}`;
    return `${shown} at '${memberPath(issue.path)}' failed to satisfy constraint: ${constraint(issue)}`;
  });
  return `${issues.length} validation error${issues.length === 1 ? '' : 's'} detected: ${parts.join('; ')}`;
}

function quote(value: string, issue: InputIssue): string {
  return issue.rule === 'required' ? value : `'${value}'`;
}

function memberPath(path: readonly (string | number)[]): string {
  let out = '';
  for (const step of path) {
    if (typeof step === 'number') out += `.${step + 1}.member`;
    else out += `${out === '' ? '' : '.'}${step.slice(0, 1).toLowerCase()}${step.slice(1)}`;
  }
  return out;
}

function constraint(issue: InputIssue): string {
  switch (issue.rule) {
    case 'required':
      return 'Member must not be null';
    case 'minimum':
      return `Member must have value greater than or equal to ${issue.expected}`;
    case 'maximum':
      return `Member must have value less than or equal to ${issue.expected}`;
    case 'minLength':
      return `Member must have length greater than or equal to ${issue.expected}`;
    case 'maxLength':
      return `Member must have length less than or equal to ${issue.expected}`;
    case 'pattern':
      return `Member must satisfy regular expression pattern: ${String(issue.expected).replace(/^\/\^?|\$?\/[a-z]*$/g, '')}`;
    case 'enum':
      return `Member must satisfy enum value set: [${(issue.expected as readonly string[]).join(', ')}]`;
    case 'type':
      return `Member must be of type ${issue.expected}`;
    default:
      return `Member ${issue.message}`;
  }
}
