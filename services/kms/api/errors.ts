/**
 * Every error KMS may answer, under its native code, with the name AWS clients match. Operations pick from here, so
 * that one situation has one code everywhere.
 */
import { projectDisabled } from '../../../platform/contract/enterprise-project.ts';
import type { ErrorDeclaration } from '../../../platform/contract/operation.ts';

const catalogue = {
  ...projectDisabled('KMSInvalidStateException', 409),
  NotFound: { status: 404, aws: 'NotFoundException', doc: 'The key or alias does not exist.' },
  InvalidArn: { status: 400, aws: 'InvalidArnException', doc: 'The ARN does not name a KMS resource of this region.' },
  AlreadyExists: { status: 409, aws: 'AlreadyExistsException', doc: 'The alias already exists.' },
  InvalidAliasName: { status: 400, aws: 'InvalidAliasNameException', doc: 'The alias name is not allowed.' },
  InvalidMarker: { status: 400, aws: 'InvalidMarkerException', doc: 'The marker was not made for this list.' },
  InvalidTags: { status: 400, aws: 'TagException', doc: 'A tag is reserved or repeated, or there are too many.' },
  MalformedPolicyDocument: {
    status: 400,
    aws: 'MalformedPolicyDocumentException',
    doc: 'The key policy is not valid, or would lock the caller out.',
  },
  LimitExceeded: {
    status: 409,
    aws: 'LimitExceededException',
    doc: 'A limit of the account or of the key is reached.',
  },
  UnsupportedOperation: {
    status: 400,
    aws: 'UnsupportedOperationException',
    doc: 'The request asks for something this service does not offer.',
  },
  Disabled: { status: 409, aws: 'DisabledException', doc: 'The key is disabled.' },
  InvalidState: { status: 409, aws: 'KMSInvalidStateException', doc: 'The state of the key does not permit this.' },
  InvalidKeyUsage: { status: 400, aws: 'InvalidKeyUsageException', doc: 'The key is not meant for this.' },
  InvalidCiphertext: {
    status: 400,
    aws: 'InvalidCiphertextException',
    doc: 'Ciphertext, encryption context or key is not what encryption had. Says no more on purpose.',
  },
  InvalidSignature: {
    status: 400,
    aws: 'KMSInvalidSignatureException',
    doc: 'The signature is not of this key over this message. Says no more on purpose.',
  },
  InvalidMac: {
    status: 400,
    aws: 'KMSInvalidMacException',
    doc: 'The MAC is not of this key over this message. Says no more on purpose.',
  },
  IncorrectKey: { status: 400, aws: 'IncorrectKeyException', doc: 'The ciphertext was made under another key.' },
  InvalidGrantToken: { status: 400, aws: 'InvalidGrantTokenException', doc: 'The grant token is not valid.' },
  InvalidGrantId: { status: 400, aws: 'InvalidGrantIdException', doc: 'The grant id is not valid.' },
  DryRunOperation: {
    status: 412,
    aws: 'DryRunOperationException',
    doc: 'The request would have succeeded; nothing was done because it was a dry run.',
  },
  RotationDue: {
    status: 409,
    aws: 'ConflictException',
    doc: 'The key is about to be rotated automatically.',
  },
  Conflict: {
    status: 409,
    // The AWS model has no conflict for these operations; this name is the one every SDK retries by itself.
    aws: 'DependencyTimeoutException',
    awsStatus: 500,
    doc: 'The object was changed by another request at the same time.',
  },
  Internal: {
    status: 500,
    aws: 'KMSInternalException',
    doc: 'The request failed for a reason on our side; stored rows that do not verify end here.',
  },
} as const satisfies Record<string, ErrorDeclaration>;

/** The HSM or the database cannot be reached: another name where a key is used, so that SDKs retry it. */
const managementUnavailable: ErrorDeclaration = {
  status: 503,
  aws: 'DependencyTimeoutException',
  awsStatus: 503,
  doc: 'The HSM or the database cannot be reached now.',
};
const cryptoUnavailable: ErrorDeclaration = {
  status: 503,
  aws: 'KeyUnavailableException',
  awsStatus: 503,
  doc: 'The HSM or the database cannot be reached now.',
};

type Code = keyof typeof catalogue;
type Declared<C extends string> = { [K in C]: ErrorDeclaration };

function pick<C extends Code>(codes: readonly C[]): Declared<C> {
  const picked: Partial<Declared<C>> = {};
  for (const code of codes) picked[code] = catalogue[code];
  return picked as Declared<C>;
}

const EVERYWHERE = ['Internal', 'Conflict'] as const;
const USING_A_KEY = [
  'NotFound',
  'Disabled',
  'InvalidState',
  'InvalidKeyUsage',
  'InvalidGrantToken',
  'DryRunOperation',
] as const;

/** Errors of an operation that manages keys, besides those it names itself. */
export function managementErrors<C extends Code = never>(
  ...codes: C[]
): Declared<C | (typeof EVERYWHERE)[number] | 'Unavailable'> {
  return { ...pick(codes), ...pick(EVERYWHERE), Unavailable: managementUnavailable } as Declared<
    C | (typeof EVERYWHERE)[number] | 'Unavailable'
  >;
}

/** Errors of an operation that uses a key, besides those it names itself. */
export function cryptoErrors<C extends Code = never>(
  ...codes: C[]
): Declared<C | (typeof USING_A_KEY)[number] | 'Internal' | 'Unavailable'> {
  return { ...pick(codes), ...pick(USING_A_KEY), ...pick(['Internal']), Unavailable: cryptoUnavailable } as Declared<
    C | (typeof USING_A_KEY)[number] | 'Internal' | 'Unavailable'
  >;
}
