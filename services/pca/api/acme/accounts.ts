/** Who uses an ACME directory: keys that bind accounts to principals, the accounts, and what they ordered. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { integer, list, secretText, structure } from '../../../../platform/contract/shape.ts';
import { changeErrors, readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { MaxResults, NextToken } from '../shapes.ts';
import { BIND_ACTION } from './directories.ts';
import {
  AcmeAccount,
  AcmeId,
  AcmeOrder,
  DIRECTORY_EXAMPLE,
  ExternalAccountKey,
  example,
  inDirectory,
  onAuthority,
  PrincipalArn,
} from './shapes.ts';

const paged = { MaxResults: MaxResults.optional(), NextToken: NextToken.optional() };
const pagination = { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 };

export const CreateAcmeExternalAccountKey = defineOperation({
  ...pca(),
  name: 'CreateAcmeExternalAccountKey',
  doc: 'Makes a key with which one ACME account is opened. The account acts for a principal: everything it asks for is decided as if that principal asked. The secret is shown this once.',
  input: structure({
    ...inDirectory,
    /** A user or role of the account, or its root user. Default: the caller, when it is one. */
    PrincipalArn: PrincipalArn.optional(),
    /** Default: 7. */
    ExpiresInDays: integer(1, 365).optional(),
  }),
  output: structure({
    Key: ExternalAccountKey,
    /** Base64url, as ACME clients take it. */
    MacKey: secretText(43, 43),
  }),
  errors: changeErrors('InvalidArgs', 'LimitExceeded'),
  authz: onAuthority('CreateAcmeExternalAccountKey', [BIND_ACTION]),
  effect: 'write',
  examples: [{ title: 'for the caller', input: { ...example, ExpiresInDays: 1 } }],
});

export const ListAcmeExternalAccountKeys = defineOperation({
  ...pca(),
  name: 'ListAcmeExternalAccountKeys',
  doc: 'The keys of an ACME directory that open accounts, oldest first.',
  input: structure({ ...inDirectory, ...paged }),
  output: structure({ Keys: list(ExternalAccountKey, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onAuthority('ListAcmeExternalAccountKeys'),
  effect: 'read',
  pagination,
  examples: [{ title: 'all', input: example }],
});

export const RevokeAcmeExternalAccountKey = defineOperation({
  ...pca(),
  name: 'RevokeAcmeExternalAccountKey',
  doc: 'A key opens no account any more. The account that it opened stays as it is.',
  input: structure({ ...inDirectory, ExternalAccountKeyId: AcmeId }),
  errors: changeErrors(),
  authz: onAuthority('RevokeAcmeExternalAccountKey'),
  effect: 'write',
  examples: [{ title: 'by id', input: { ...example, ExternalAccountKeyId: DIRECTORY_EXAMPLE } }],
});

export const ListAcmeAccounts = defineOperation({
  ...pca(),
  name: 'ListAcmeAccounts',
  doc: 'The accounts of an ACME directory, oldest first.',
  input: structure({ ...inDirectory, ...paged }),
  output: structure({ Accounts: list(AcmeAccount, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onAuthority('ListAcmeAccounts'),
  effect: 'read',
  pagination,
  examples: [{ title: 'all', input: example }],
});

const ofAccount = { ...inDirectory, AcmeAccountId: AcmeId };
const accountExample = { ...example, AcmeAccountId: DIRECTORY_EXAMPLE };

export const DescribeAcmeAccount = defineOperation({
  ...pca(),
  name: 'DescribeAcmeAccount',
  doc: 'Describes an account of an ACME directory.',
  input: structure(ofAccount),
  output: structure({ Account: AcmeAccount }),
  errors: readErrors(),
  authz: onAuthority('DescribeAcmeAccount'),
  effect: 'read',
  examples: [{ title: 'by id', input: accountExample }],
});

export const DeactivateAcmeAccount = defineOperation({
  ...pca(),
  name: 'DeactivateAcmeAccount',
  doc: 'An account of an ACME directory asks for nothing any more. Its certificates stay.',
  input: structure(ofAccount),
  errors: changeErrors(),
  authz: onAuthority('DeactivateAcmeAccount'),
  effect: 'write',
  examples: [{ title: 'by id', input: accountExample }],
});

export const ListAcmeOrders = defineOperation({
  ...pca(),
  name: 'ListAcmeOrders',
  doc: 'The orders of an ACME directory, or of one of its accounts, oldest first.',
  input: structure({ ...inDirectory, AcmeAccountId: AcmeId.optional(), ...paged }),
  output: structure({ Orders: list(AcmeOrder, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onAuthority('ListAcmeOrders'),
  effect: 'read',
  pagination,
  examples: [{ title: 'all', input: example }],
});
