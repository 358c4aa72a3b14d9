/** What AWS's certificate manager may do with an authority to renew certificates: kept and shown, as AWS does. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import {
  AccountId,
  annotate,
  list,
  oneOf,
  policyDocument,
  structure,
  text,
  timestamp,
} from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { readErrors } from '../errors.ts';
import { aws, pca } from '../service.ts';
import { Arn, MaxResults, NextToken } from '../shapes.ts';

export const PERMITTED_ACTIONS = ['IssueCertificate', 'GetCertificate', 'ListPermissions'] as const;
const Principal = text(0, 128, { pattern: /^[^*\0\p{Surrogate}]+$/u });
const Actions = list(oneOf(PERMITTED_ACTIONS), 1, 3);
const example = { CertificateAuthorityArn: AUTHORITY_EXAMPLE, Principal: 'acm.amazonaws.com' };

const onAuthority = <Name extends string>(name: Name) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:certificate-authority',
  conditions: AUTHORITY_CONDITIONS,
});

export const CreatePermission = defineOperation({
  ...pca(),
  name: 'CreatePermission',
  doc: "Permits AWS's certificate manager to use a certificate authority for renewals. Kept and listed; nothing in Parapet acts as that service.",
  input: structure({
    CertificateAuthorityArn: Arn,
    /** acm.amazonaws.com. */
    Principal,
    /** Default: the account of the caller. */
    SourceAccount: AccountId.optional(),
    Actions,
  }),
  errors: readErrors('InvalidState', 'RequestFailed', 'LimitExceeded', 'PermissionAlreadyExists'),
  authz: onAuthority('CreatePermission'),
  effect: 'write',
  aws: aws('CreatePermission'),
  examples: [{ title: 'all there is', input: { ...example, Actions: [...PERMITTED_ACTIONS] } }],
});

const Permission = annotate(
  structure({
    CertificateAuthorityArn: Arn,
    CreatedAt: timestamp(),
    Principal,
    SourceAccount: AccountId,
    Actions,
    /** The policy of the authority. */
    Policy: policyDocument(81_920).optional(),
  }),
  { title: 'Permission' },
);

export const ListPermissions = defineOperation({
  ...pca(),
  name: 'ListPermissions',
  doc: 'The permissions of a certificate authority.',
  input: structure({
    CertificateAuthorityArn: Arn,
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({ Permissions: list(Permission, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidState', 'InvalidNextToken'),
  authz: onAuthority('ListPermissions'),
  effect: 'read',
  aws: aws('ListPermissions'),
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'by ARN', input: { CertificateAuthorityArn: AUTHORITY_EXAMPLE } }],
});

export const DeletePermission = defineOperation({
  ...pca(),
  name: 'DeletePermission',
  doc: "Takes the permission of AWS's certificate manager back.",
  input: structure({ CertificateAuthorityArn: Arn, Principal, SourceAccount: AccountId.optional() }),
  errors: readErrors('InvalidState', 'RequestFailed'),
  authz: onAuthority('DeletePermission'),
  effect: 'write',
  aws: aws('DeletePermission'),
  examples: [{ title: 'of the account', input: example }],
});
