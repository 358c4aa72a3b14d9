/** The account itself, and (management account only) the other accounts of the installation. */
import { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  annotate,
  dictionary,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { AccessKey } from './access-keys.ts';
import { limitExceeded, notFound } from './errors.ts';
import { Arn, iamQuery, NewUserName, pageInput, pageOutput, pagination } from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' } } as const;

/** Printable text without control characters, so that a name cannot forge lines of a report. */
const AccountName = text(1, 50, { pattern: /^[^\p{C}\p{Zl}\p{Zp}]+$/u });
const Email = text(6, 64, { pattern: /^[!-?A-~]+@[!-?A-~]+$/ });

export const Account = annotate(
  structure({
    AccountId,
    Name: AccountName,
    Email: Email.optional(),
    Kind: oneOf(['management', 'member']),
    /** ARN of its root user. */
    Arn,
    CreateDate: timestamp(),
  }),
  { title: 'Account' },
);

export const GetAccountSummary = defineOperation({
  ...shared,
  name: 'GetAccountSummary',
  doc: 'Counts what the account holds and names its limits.',
  input: structure({}),
  output: structure({ SummaryMap: dictionary(z.string(), integer(0, Number.MAX_SAFE_INTEGER)) }),
  authz: { action: 'iam:GetAccountSummary', resource: '*' },
  effect: 'read',
  aws: iamQuery,
  examples: [{ title: 'summary', input: {} }],
});

export const ListAccountAliases = defineOperation({
  ...shared,
  name: 'ListAccountAliases',
  doc: 'Lists the alias of the account. There are no aliases yet: the list is empty.',
  input: structure({ ...pageInput }),
  output: structure({ AccountAliases: list(text(3, 63), 0, 1), ...pageOutput }),
  authz: { action: 'iam:ListAccountAliases', resource: '*' },
  effect: 'read',
  aws: iamQuery,
  pagination,
  examples: [{ title: 'aliases', input: {} }],
});

export const CreateAccount = defineOperation({
  ...shared,
  name: 'CreateAccount',
  doc: 'Makes an account with one administrator (AdministratorAccess) and its first access key. Management account only.',
  input: structure({ Name: AccountName, Email: Email.optional(), AdministratorUserName: NewUserName }),
  output: structure({ Account, AccessKey }),
  errors: limitExceeded,
  authz: { action: 'iam:CreateAccount', resource: '*' },
  effect: 'write',
  examples: [{ title: 'a member account', input: { Name: 'payments', AdministratorUserName: 'admin' } }],
});

export const ListAccounts = defineOperation({
  ...shared,
  name: 'ListAccounts',
  doc: 'Lists the accounts of the installation. Management account only.',
  input: structure({ ...pageInput }),
  output: structure({ Accounts: list(Account, 0, 1000), ...pageOutput }),
  authz: { action: 'iam:ListAccounts', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'first page', input: {} }],
});

export const DescribeAccount = defineOperation({
  ...shared,
  name: 'DescribeAccount',
  doc: "Describes the caller's account, or (management account only) another one.",
  input: structure({ AccountId: AccountId.optional() }),
  output: structure({ Account }),
  errors: notFound,
  authz: { action: 'iam:DescribeAccount', resource: '*' },
  effect: 'read',
  examples: [{ title: 'own account', input: {} }],
});
