/** Accounts of the organization: making them, where they stand, their names. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, annotate, list, oneOf, structure, timestamp } from '../../../platform/contract/shape.ts';
import {
  accountNotFound,
  concurrentModification,
  constraint,
  createAccountStatusNotFound,
  destinationParentNotFound,
  duplicateAccount,
  invalidInput,
  masterCannotLeave,
  notInUse,
  parentNotFound,
  sourceParentNotFound,
} from './errors.ts';
import {
  Account,
  CreateAccountRequestId,
  Email,
  EXAMPLE,
  NewAccountName,
  organizationsTarget,
  ParentId,
  pageInput,
  pageOutput,
  pagination,
  RoleName,
  shared,
  Tags,
} from './shapes.ts';

const CreateAccountState = oneOf(['IN_PROGRESS', 'SUCCEEDED', 'FAILED']);

const CreateAccountStatus = annotate(
  structure({
    Id: CreateAccountRequestId,
    AccountName: NewAccountName,
    State: CreateAccountState,
    RequestedTimestamp: timestamp(),
    CompletedTimestamp: timestamp().optional(),
    AccountId: AccountId.optional(),
    FailureReason: oneOf([
      'ACCOUNT_LIMIT_EXCEEDED',
      'EMAIL_ALREADY_EXISTS',
      'CONCURRENT_ACCOUNT_MODIFICATION',
      'INTERNAL_FAILURE',
    ]).optional(),
  }),
  { title: 'CreateAccountStatus' },
);

export const CreateAccount = defineOperation({
  ...shared,
  name: 'CreateAccount',
  doc: 'Begins to make a member account; DescribeCreateAccountStatus tells when it is ready. Its root user has no credentials. Guardrails of its place in the tree bind it from the first moment.',
  input: structure({
    Email,
    AccountName: NewAccountName,
    /** Role by which the management account reaches the new one; default OrganizationAccountAccessRole. */
    RoleName: RoleName.optional(),
    /** Accepted and without meaning: there are no bills. */
    IamUserAccessToBilling: oneOf(['ALLOW', 'DENY']).optional(),
    Tags: Tags.optional(),
    /** Root or unit to begin in; default: the root. */
    ParentId: ParentId.optional(),
  }),
  output: structure({ CreateAccountStatus }),
  errors: { ...notInUse, ...parentNotFound, ...constraint, ...invalidInput, ...concurrentModification },
  authz: {
    action: 'organizations:CreateAccount',
    resource: '*',
    conditions: ['aws:RequestTag/*', 'aws:TagKeys'],
  },
  effect: 'write',
  aws: organizationsTarget('CreateAccount'),
  examples: [{ title: 'a member', input: { AccountName: 'payments', Email: 'payments@example.com' } }],
});

export const DescribeCreateAccountStatus = defineOperation({
  ...shared,
  name: 'DescribeCreateAccountStatus',
  doc: 'Tells how far the making of an account is.',
  input: structure({ CreateAccountRequestId }),
  output: structure({ CreateAccountStatus }),
  errors: { ...notInUse, ...createAccountStatusNotFound },
  authz: { action: 'organizations:DescribeCreateAccountStatus', resource: '*' },
  effect: 'read',
  aws: organizationsTarget('DescribeCreateAccountStatus'),
  examples: [{ title: 'by id', input: { CreateAccountRequestId: EXAMPLE.request } }],
});

export const ListCreateAccountStatus = defineOperation({
  ...shared,
  name: 'ListCreateAccountStatus',
  doc: 'Lists the requests for accounts, in the order of their ids.',
  input: structure({ States: list(CreateAccountState, 0, 3).optional(), ...pageInput }),
  output: structure({ CreateAccountStatuses: list(CreateAccountStatus, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ListCreateAccountStatus', resource: '*' },
  effect: 'read',
  aws: organizationsTarget('ListCreateAccountStatus'),
  pagination,
  examples: [{ title: 'unfinished ones', input: { States: ['IN_PROGRESS'] } }],
});

export const DescribeAccount = defineOperation({
  ...shared,
  name: 'DescribeAccount',
  doc: 'Describes a member of the organization.',
  input: structure({ AccountId }),
  output: structure({ Account }),
  errors: { ...notInUse, ...accountNotFound },
  authz: { action: 'organizations:DescribeAccount', resource: 'organizations:account' },
  effect: 'read',
  aws: organizationsTarget('DescribeAccount'),
  examples: [{ title: 'by id', input: { AccountId: EXAMPLE.account } }],
});

export const ListAccounts = defineOperation({
  ...shared,
  name: 'ListAccounts',
  doc: 'Lists the members of the organization, in the order of their ids.',
  input: structure({ ...pageInput }),
  output: structure({ Accounts: list(Account, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ListAccounts', resource: '*' },
  effect: 'read',
  aws: organizationsTarget('ListAccounts'),
  pagination,
  examples: [{ title: 'first page', input: {} }],
});

export const ListAccountsForParent = defineOperation({
  ...shared,
  name: 'ListAccountsForParent',
  doc: 'Lists the accounts directly under a root or unit.',
  input: structure({ ParentId, ...pageInput }),
  output: structure({ Accounts: list(Account, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...parentNotFound, ...invalidInput },
  authz: { action: 'organizations:ListAccountsForParent', resource: 'organizations:ou' },
  effect: 'read',
  aws: organizationsTarget('ListAccountsForParent'),
  pagination,
  examples: [{ title: 'of the root', input: { ParentId: EXAMPLE.root } }],
});

export const MoveAccount = defineOperation({
  ...shared,
  name: 'MoveAccount',
  doc: 'Moves an account from one root or unit to another.',
  input: structure({ AccountId, SourceParentId: ParentId, DestinationParentId: ParentId }),
  errors: {
    ...notInUse,
    ...accountNotFound,
    ...sourceParentNotFound,
    ...destinationParentNotFound,
    ...duplicateAccount,
    ...concurrentModification,
  },
  authz: { action: 'organizations:MoveAccount', resource: 'organizations:account' },
  effect: 'write',
  aws: organizationsTarget('MoveAccount'),
  examples: [
    {
      title: 'into a unit',
      input: { AccountId: EXAMPLE.account, SourceParentId: EXAMPLE.root, DestinationParentId: EXAMPLE.unit },
    },
  ],
});

export const RenameAccount = defineOperation({
  ...shared,
  name: 'RenameAccount',
  doc: 'Gives a member of the organization another name.',
  input: structure({ AccountId, AccountName: NewAccountName }),
  output: structure({ Account }),
  errors: { ...notInUse, ...accountNotFound, ...concurrentModification },
  authz: { action: 'organizations:RenameAccount', resource: 'organizations:account' },
  effect: 'write',
  examples: [{ title: 'rename', input: { AccountId: EXAMPLE.account, AccountName: 'payments-prod' } }],
});

export const RemoveAccountFromOrganization = defineOperation({
  ...shared,
  name: 'RemoveAccountFromOrganization',
  doc: 'Makes a member stand alone. Its guardrails end with it; what it owns stays.',
  input: structure({ AccountId }),
  errors: { ...notInUse, ...accountNotFound, ...masterCannotLeave, ...constraint, ...concurrentModification },
  authz: { action: 'organizations:RemoveAccountFromOrganization', resource: 'organizations:account' },
  effect: 'write',
  aws: organizationsTarget('RemoveAccountFromOrganization'),
  examples: [{ title: 'remove', input: { AccountId: EXAMPLE.account } }],
});
