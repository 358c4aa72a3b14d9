/** Tags of certificate authorities. They take part in authorization (`aws:ResourceTag/*`), so rows guard them. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { structure } from '../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from './authorities.ts';
import { AUTHORITY_CONDITIONS, TAG_CONDITIONS } from './conditions.ts';
import { changeErrors, readErrors } from './errors.ts';
import { aws, pca } from './service.ts';
import { Arn, MaxResults, NextToken, Tags } from './shapes.ts';

const example = { CertificateAuthorityArn: AUTHORITY_EXAMPLE, Tags: [{ Key: 'app', Value: 'shop' }] };

export const TagCertificateAuthority = defineOperation({
  ...pca(),
  name: 'TagCertificateAuthority',
  doc: 'Adds tags to a certificate authority or changes their values. Refused when the caller would lose access by it.',
  input: structure({ CertificateAuthorityArn: Arn, Tags }),
  errors: changeErrors('InvalidTags', 'TooManyTags'),
  authz: {
    action: 'acm-pca:TagCertificateAuthority',
    resource: 'acm-pca:certificate-authority',
    conditions: [...AUTHORITY_CONDITIONS, ...TAG_CONDITIONS],
  },
  effect: 'write',
  aws: aws('TagCertificateAuthority'),
  examples: [{ title: 'one tag', input: example }],
});

export const UntagCertificateAuthority = defineOperation({
  ...pca(),
  name: 'UntagCertificateAuthority',
  doc: 'Removes tags from a certificate authority; with a value only where the tag has it. Refused when the caller would lose access by it.',
  input: structure({ CertificateAuthorityArn: Arn, Tags }),
  errors: changeErrors(),
  authz: {
    action: 'acm-pca:UntagCertificateAuthority',
    resource: 'acm-pca:certificate-authority',
    conditions: [...AUTHORITY_CONDITIONS, 'aws:TagKeys'],
  },
  effect: 'write',
  aws: aws('UntagCertificateAuthority'),
  examples: [{ title: 'one tag', input: example }],
});

export const ListTags = defineOperation({
  ...pca(),
  name: 'ListTags',
  doc: 'The tags of a certificate authority.',
  input: structure({
    CertificateAuthorityArn: Arn,
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({ Tags: Tags.min(0), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidState', 'InvalidNextToken'),
  authz: {
    action: 'acm-pca:ListTags',
    resource: 'acm-pca:certificate-authority',
    conditions: AUTHORITY_CONDITIONS,
  },
  effect: 'read',
  aws: aws('ListTags'),
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 50 },
  examples: [{ title: 'by ARN', input: { CertificateAuthorityArn: AUTHORITY_EXAMPLE } }],
});
