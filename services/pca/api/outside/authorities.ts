/** CAs outside that certificates are got from by ACME (RFC 8555): which they are, and our account there. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { flag, list, secretText, structure } from '../../../../platform/contract/shape.ts';
import { changeErrors, errors, readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { NextToken } from '../shapes.ts';
import {
  atAuthority,
  BindingKeyId,
  Contact,
  DirectoryUrl,
  example,
  Name,
  OutsideAuthority,
  onOutsideAuthority,
  paged,
  pagination,
  Trust,
} from './shapes.ts';

/** What may be said when it is made, and changed later. */
const settings = {
  Name: Name.optional(),
  Contacts: list(Contact, 0, 10).optional(),
  /** Where the CA wants to know who opens an account: both, or neither. */
  ExternalAccountKeyId: BindingKeyId.optional(),
  /** Base64url, as the CA gives it. */
  ExternalAccountKey: secretText(16, 1024).optional(),
  /**
   * Certificates of authorities, PEM: what its TLS certificate and the certificates that it issues have to come from.
   * Default: the authorities that Node.js trusts.
   */
  TrustBundle: Trust.optional(),
  /** The terms of service of the CA were read and are agreed to. */
  TermsOfServiceAgreed: flag().optional(),
};

export const CreateOutsideAuthority = defineOperation({
  ...pca(),
  name: 'CreateOutsideAuthority',
  doc: 'Makes it possible to get certificates from a CA outside. The key of our account there is made in the HSM; the account is opened with the first order.',
  input: structure({ DirectoryUrl, ...settings }),
  output: structure({ OutsideAuthority }),
  errors: errors('InvalidArgs', 'LimitExceeded'),
  authz: { action: 'acm-pca:CreateOutsideAuthority', resource: '*' },
  effect: 'write',
  examples: [
    {
      title: 'of the internet',
      input: {
        DirectoryUrl: 'https://ca.example.test/directory',
        Contacts: ['mailto:ops@example.test'],
        TermsOfServiceAgreed: true,
      },
    },
  ],
});

export const DescribeOutsideAuthority = defineOperation({
  ...pca(),
  name: 'DescribeOutsideAuthority',
  doc: 'Describes an outside CA.',
  input: structure(atAuthority),
  output: structure({ OutsideAuthority }),
  errors: readErrors(),
  authz: onOutsideAuthority('DescribeOutsideAuthority'),
  effect: 'read',
  examples: [{ title: 'by ARN', input: example }],
});

export const ListOutsideAuthorities = defineOperation({
  ...pca(),
  name: 'ListOutsideAuthorities',
  doc: 'The outside CAs of the account, oldest first.',
  input: structure(paged),
  output: structure({ OutsideAuthorities: list(OutsideAuthority, 0, 1000), NextToken: NextToken.optional() }),
  errors: errors('InvalidNextToken'),
  authz: { action: 'acm-pca:ListOutsideAuthorities', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'all', input: {} }],
});

export const UpdateOutsideAuthority = defineOperation({
  ...pca(),
  name: 'UpdateOutsideAuthority',
  doc: 'Changes how an outside CA is used. What is not given stays. The CA is told new contacts with the next order.',
  input: structure({ ...atAuthority, ...settings }),
  output: structure({ OutsideAuthority }),
  errors: changeErrors('InvalidArgs'),
  authz: onOutsideAuthority('UpdateOutsideAuthority'),
  effect: 'write',
  examples: [{ title: 'other contacts', input: { ...example, Contacts: ['mailto:pki@example.test'] } }],
});

export const DeleteOutsideAuthority = defineOperation({
  ...pca(),
  name: 'DeleteOutsideAuthority',
  doc: 'Ends the use of an outside CA: the key of our account is destroyed. Certificates stay; they are not renewed, and cannot be revoked there, any more. Refused while orders are under way.',
  input: structure(atAuthority),
  errors: changeErrors(),
  authz: onOutsideAuthority('DeleteOutsideAuthority'),
  effect: 'write',
  examples: [{ title: 'by ARN', input: example }],
});
