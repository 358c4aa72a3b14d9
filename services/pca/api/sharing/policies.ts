/** Policies of certificate authorities: who may use one besides those whom their own account lets. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { policyDocument, structure } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { changeErrors, readErrors } from '../errors.ts';
import { aws, pca } from '../service.ts';
import { Arn } from '../shapes.ts';

const Policy = policyDocument(81_920);
const example = { ResourceArn: AUTHORITY_EXAMPLE };

const onAuthority = <Name extends string>(name: Name) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:certificate-authority',
  conditions: AUTHORITY_CONDITIONS,
});

export const PutPolicy = defineOperation({
  ...pca(),
  name: 'PutPolicy',
  doc: 'Gives a certificate authority a policy, in the place of the one it has: principals of its account and of others may use it as the policy says. Refused when the caller could not change it afterwards.',
  input: structure({ ResourceArn: Arn, Policy }),
  errors: changeErrors('InvalidPolicy', 'LockoutPrevented'),
  authz: onAuthority('PutPolicy'),
  effect: 'write',
  aws: aws('PutPolicy'),
  examples: [
    {
      title: 'certificates of one template for another account',
      input: {
        ...example,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: 'arn:aws:iam::123456789012:root' },
              Action: ['acm-pca:IssueCertificate', 'acm-pca:GetCertificate', 'acm-pca:PutPolicy'],
              Resource: '*',
            },
          ],
        }),
      },
    },
  ],
});

export const GetPolicy = defineOperation({
  ...pca(),
  name: 'GetPolicy',
  doc: 'The policy of a certificate authority.',
  input: structure({ ResourceArn: Arn }),
  output: structure({ Policy }),
  errors: readErrors('InvalidState'),
  authz: onAuthority('GetPolicy'),
  effect: 'read',
  aws: aws('GetPolicy'),
  examples: [{ title: 'by ARN', input: example }],
});

export const DeletePolicy = defineOperation({
  ...pca(),
  name: 'DeletePolicy',
  doc: 'Takes the policy of a certificate authority away. Refused when the caller could not give it one afterwards.',
  input: structure({ ResourceArn: Arn }),
  errors: changeErrors('LockoutPrevented'),
  authz: onAuthority('DeletePolicy'),
  effect: 'write',
  aws: aws('DeletePolicy'),
  examples: [{ title: 'by ARN', input: example }],
});
