/**
 * Every error the vault may answer, under its native code, with the name AWS clients match. Operations pick from here,
 * so that one situation has one code everywhere.
 */
import { projectDisabled } from '../../../platform/contract/enterprise-project.ts';
import type { ErrorDeclaration } from '../../../platform/contract/operation.ts';

const catalogue = {
  ...projectDisabled('InvalidRequestException'),
  NotFound: {
    status: 404,
    aws: 'ResourceNotFoundException',
    doc: 'The secret, the version or the stage does not exist.',
  },
  InvalidParameter: { status: 400, aws: 'InvalidParameterException', doc: 'A parameter does not fit the others.' },
  InvalidRequest: {
    status: 409,
    aws: 'InvalidRequestException',
    doc: 'The state of the secret does not permit this, or the request asks for something that is not offered.',
  },
  AlreadyExists: {
    status: 409,
    aws: 'ResourceExistsException',
    doc: 'The name is taken, or the token was used with another value.',
  },
  LimitExceeded: { status: 409, aws: 'LimitExceededException', doc: 'A limit of the account or secret is reached.' },
  MalformedPolicyDocument: {
    status: 400,
    aws: 'MalformedPolicyDocumentException',
    doc: 'The resource policy is not valid, or would lock the caller out.',
  },
  PublicPolicy: { status: 400, aws: 'PublicPolicyException', doc: 'The resource policy lets everybody in.' },
  PreconditionNotMet: {
    status: 412,
    aws: 'PreconditionNotMetException',
    doc: 'The secret is not what the request expects it to be.',
  },
  TargetFailed: {
    status: 409,
    aws: 'InvalidRequestException',
    doc: 'The database of the target did not do what was asked; the message names what went wrong.',
  },
  InvalidNextToken: { status: 400, aws: 'InvalidNextTokenException', doc: 'The token was not made for this list.' },
  CursorExpired: {
    status: 410,
    aws: 'CursorExpiredException',
    awsStatus: 400,
    doc: 'Changes after the cursor are not kept any more: start again.',
  },
  EncryptionFailure: {
    status: 409,
    aws: 'EncryptionFailure',
    doc: 'The key cannot be used to encrypt: it is disabled, or about to be deleted.',
  },
  DecryptionFailure: {
    status: 409,
    aws: 'DecryptionFailure',
    doc: 'The stored value cannot be opened: its key is disabled or gone, or it is not what was written.',
  },
  InvalidWrappingToken: {
    status: 404,
    aws: 'InvalidWrappingTokenException',
    doc: 'The token is none, or not for this caller.',
  },
  WrappingUsed: {
    status: 409,
    aws: 'WrappingUsedException',
    doc: 'The value was unwrapped before: unless the caller did so, the token was intercepted.',
  },
  WrappingEnded: {
    status: 409,
    aws: 'WrappingEndedException',
    doc: 'The time of the token has passed, or it was revoked: nobody read the value with it.',
  },
  Conflict: {
    status: 409,
    // The AWS model has no conflict; a fault is what every SDK retries by itself.
    aws: 'InternalServiceError',
    awsStatus: 500,
    doc: 'The secret was changed by another request at the same time.',
  },
  Internal: {
    status: 500,
    aws: 'InternalServiceError',
    doc: 'The request failed for a reason on our side; stored rows that do not verify end here.',
  },
  Unavailable: {
    status: 503,
    aws: 'InternalServiceError',
    awsStatus: 503,
    doc: 'The HSM, the database or another service cannot be reached now.',
  },
} as const satisfies Record<string, ErrorDeclaration>;

type Code = keyof typeof catalogue;
const EVERYWHERE = ['Internal', 'Unavailable'] as const;
const OF_A_SECRET = ['NotFound', 'InvalidParameter'] as const;
const OF_A_CHANGE = ['InvalidRequest', 'Conflict'] as const;

type Declared<C extends string> = { [K in C]: ErrorDeclaration };

/** Errors of an operation that is about no secret, besides those it names. */
export function errors<C extends Code = never>(...codes: C[]): Declared<C | (typeof EVERYWHERE)[number]> {
  const picked: Record<string, ErrorDeclaration> = {};
  for (const code of [...codes, ...EVERYWHERE]) picked[code] = catalogue[code];
  return picked as Declared<C | (typeof EVERYWHERE)[number]>;
}

/** Errors of an operation that looks at a secret. */
export function readErrors<C extends Code = never>(...codes: C[]) {
  return errors<C | (typeof OF_A_SECRET)[number]>(...OF_A_SECRET, ...codes);
}

/** Errors of an operation that changes a secret. */
export function changeErrors<C extends Code = never>(...codes: C[]) {
  return readErrors<C | (typeof OF_A_CHANGE)[number]>(...OF_A_CHANGE, ...codes);
}
