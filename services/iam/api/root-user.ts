/** The root user of an account has no credentials until somebody claims it with a token of the management account. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, integer, secretText, structure, timestamp } from '../../../platform/contract/shape.ts';
import { AccessKey } from './access-keys.ts';
import { notFound } from './errors.ts';

const shared = { service: 'iam', audit: { class: 'management' } } as const;
const Token = secretText(43, 43);

export const CLAIM_SECONDS = { min: 300, default: 3600, max: 86_400 } as const;

export const IssueRootClaim = defineOperation({
  ...shared,
  name: 'IssueRootClaim',
  doc: 'Makes a token, good once and for a while, with which the root user of an account is claimed. Of the management account only. An earlier token of the account is void.',
  input: structure({
    AccountId,
    /** How long the token is good. */
    ValidSeconds: integer(CLAIM_SECONDS.min, CLAIM_SECONDS.max).optional(),
  }),
  output: structure({ AccountId, Token, ExpiresAt: timestamp() }),
  errors: notFound,
  authz: { action: 'iam:IssueRootClaim', resource: '*' },
  effect: 'write',
  examples: [{ title: 'for an hour', input: { AccountId: '123456789012' } }],
});

export const ClaimRootUser = defineOperation({
  ...shared,
  name: 'ClaimRootUser',
  doc: 'Takes over the root user of an account: an access key is made, whatever credentials and MFA devices the root user had are taken away. Needs the token and nothing else.',
  input: structure({ AccountId, Token }),
  output: structure({ AccessKey }),
  authz: 'public',
  effect: 'write',
  examples: [
    {
      title: 'claim',
      input: { AccountId: '123456789012', Token: 'c2V2ZW50ZWVuIGJ5dGVzIG9mIHJhbmRvbW5lc3MuLi4' },
    },
  ],
});
