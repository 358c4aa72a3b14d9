/**
 * Every error this service may answer, under its native code, with the name AWS clients match. Operations pick from
 * here, so that one situation has one code everywhere.
 */
import { projectDisabled } from '../../../platform/contract/enterprise-project.ts';
import type { ErrorDeclaration } from '../../../platform/contract/operation.ts';

const catalogue = {
  ...projectDisabled('InvalidArgsException'),
  NotFound: {
    status: 404,
    aws: 'ResourceNotFoundException',
    doc: 'The certificate authority or the certificate does not exist.',
  },
  InvalidArn: { status: 400, aws: 'InvalidArnException', doc: 'The ARN is not one of this kind and region.' },
  InvalidArgs: {
    status: 400,
    aws: 'InvalidArgsException',
    doc: 'The request asks for something that cannot be made or issued; the message names the rule.',
  },
  InvalidState: {
    status: 409,
    aws: 'InvalidStateException',
    doc: 'The state of the certificate authority does not permit this.',
  },
  InvalidRequest: { status: 400, aws: 'InvalidRequestException', doc: 'The request cannot be carried out as it is.' },
  MalformedCsr: {
    status: 400,
    aws: 'MalformedCSRException',
    doc: 'The certificate request cannot be read, is not signed by its key, or has a weak key.',
  },
  MalformedCertificate: {
    status: 400,
    aws: 'MalformedCertificateException',
    doc: 'The certificate or its chain cannot be read, or is not one of a certificate authority.',
  },
  CertificateMismatch: {
    status: 400,
    aws: 'CertificateMismatchException',
    doc: 'The certificate is not for the key, or not for the name of the certificate authority.',
  },
  CertificateExists: { status: 409, doc: 'The account has the certificate already; the message names it.' },
  RequestInProgress: {
    status: 409,
    aws: 'RequestInProgressException',
    doc: 'The certificate is being signed.',
  },
  RequestAlreadyProcessed: {
    status: 409,
    aws: 'RequestAlreadyProcessedException',
    doc: 'What is asked for was done before.',
  },
  RequestFailed: {
    status: 409,
    aws: 'RequestFailedException',
    doc: 'The certificate was never signed, or the principal is none that permissions are for.',
  },
  LimitExceeded: { status: 409, aws: 'LimitExceededException', doc: 'A limit of the account is reached.' },
  InvalidTags: { status: 400, aws: 'InvalidTagException', doc: 'A tag is reserved, or named twice.' },
  TooManyTags: { status: 400, aws: 'TooManyTagsException', doc: 'A certificate authority has at most 50 tags.' },
  InvalidNextToken: { status: 400, aws: 'InvalidNextTokenException', doc: 'The token was not made for this list.' },
  InvalidPolicy: {
    status: 400,
    aws: 'InvalidPolicyException',
    doc: 'The policy cannot be read, or names principals that do not exist.',
  },
  LockoutPrevented: {
    status: 409,
    aws: 'LockoutPreventedException',
    doc: 'The caller could not change the policy afterwards.',
  },
  PermissionAlreadyExists: {
    status: 409,
    aws: 'PermissionAlreadyExistsException',
    doc: 'The principal has a permission for that account.',
  },
  Conflict: {
    status: 409,
    aws: 'ConcurrentModificationException',
    doc: 'The certificate authority was changed by another request at the same time.',
  },
} as const satisfies Record<string, ErrorDeclaration>;

type Code = keyof typeof catalogue;
const OF_AN_AUTHORITY = ['NotFound', 'InvalidArn'] as const;
const OF_A_CHANGE = ['InvalidState', 'Conflict'] as const;

type Declared<C extends string> = { [K in C]: ErrorDeclaration };

/** Errors of an operation that is about no authority. */
export function errors<C extends Code>(...codes: C[]): Declared<C> {
  return Object.fromEntries(codes.map((code) => [code, catalogue[code]])) as unknown as Declared<C>;
}

/** Errors of an operation that looks at an authority. */
export function readErrors<C extends Code = never>(...codes: C[]) {
  return errors<C | (typeof OF_AN_AUTHORITY)[number]>(...OF_AN_AUTHORITY, ...codes);
}

/** Errors of an operation that changes an authority. */
export function changeErrors<C extends Code = never>(...codes: C[]) {
  return readErrors<C | (typeof OF_A_CHANGE)[number]>(...OF_A_CHANGE, ...codes);
}
