/** Errors of the iam operations under their native names, with the exact codes and statuses of the Query protocol. */
import { projectDisabled } from '../../../platform/contract/enterprise-project.ts';

export const notFound = {
  NotFound: { status: 404, aws: 'NoSuchEntity', doc: 'The entity does not exist in the account of the caller.' },
} as const;

/** Of operations that put something into an enterprise project. */
export const intoProject = { ...notFound, ...projectDisabled('InvalidInput') } as const;

export const alreadyExists = {
  EntityAlreadyExists: {
    status: 409,
    aws: 'EntityAlreadyExists',
    doc: 'The name is taken; names are unique without letter case.',
  },
} as const;

export const deleteConflict = {
  DeleteConflict: { status: 409, aws: 'DeleteConflict', doc: 'Something is still attached; the message says what.' },
} as const;

export const limitExceeded = {
  LimitExceeded: { status: 409, aws: 'LimitExceeded', doc: 'A limit of the account is reached; the message names it.' },
} as const;

export const malformedPolicy = {
  MalformedPolicyDocument: {
    status: 400,
    aws: 'MalformedPolicyDocument',
    doc: 'The document is not a valid policy; the message points at the first fault, details.findings hold all.',
  },
} as const;

export const invalidInput = {
  InvalidInput: { status: 400, aws: 'InvalidInput', doc: 'A value is well-formed but cannot be used here.' },
} as const;

export const unmodifiable = {
  UnmodifiableEntity: {
    status: 400,
    aws: 'UnmodifiableEntity',
    doc: 'The policy is shipped with the product and never changes.',
  },
} as const;

export const notAttachable = {
  PolicyNotAttachable: { status: 400, aws: 'PolicyNotAttachable', doc: 'The policy cannot be attached here.' },
} as const;

export const invalidCode = {
  InvalidAuthenticationCode: {
    status: 403,
    aws: 'InvalidAuthenticationCode',
    doc: 'The codes are not two consecutive ones of the device, or were used before.',
  },
} as const;

export const temporarilyUnmodifiable = {
  EntityTemporarilyUnmodifiable: {
    status: 409,
    aws: 'EntityTemporarilyUnmodifiable',
    doc: 'The device is locked after wrong codes; the message says for how long.',
  },
} as const;
