/** What the rules say, who answers for exceptions, and the score of accounts and units. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  declared,
  ExceptionId,
  flag,
  ItemArn,
  integer,
  list,
  nextPage,
  notFound,
  oneOf,
  page,
  pagination,
  ResourceType,
  RuleId,
  Severity,
  structure,
  text,
  timestamp,
  Verdict,
  VerdictEntry,
} from './config-shapes.ts';

const UnitId = text(6, 68, { pattern: /^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/ });

export const ListConfigVerdicts = defineOperation({
  ...declared,
  name: 'ListConfigVerdicts',
  doc: 'Verdicts on the resources of the account; the management account and delegated administrators list all members. All filters must match. A page may hold fewer than asked for while NextToken says that the list goes on.',
  input: structure({
    AccountId: AccountId.optional(),
    UnitId: UnitId.optional(),
    RuleId: RuleId.optional(),
    Verdict: Verdict.optional(),
    Severity: Severity.optional(),
    ResourceType: ResourceType.optional(),
    ...page,
  }),
  output: structure({ Verdicts: list(VerdictEntry, 0, 500), ...nextPage }),
  errors: notFound,
  authz: { action: 'organizations:ListConfigVerdicts', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'what is wrong', input: { Verdict: 'NON_COMPLIANT' } }],
});

const count = integer(0, Number.MAX_SAFE_INTEGER);
/** Percent with two decimals, times 100. */
const hundredths = integer(0, 10_000);
const Tally = structure({
  /** 9950 is 99.50 percent; absent where nothing was judged. */
  Score: hundredths.optional(),
  /** With exceptions counted as what they except. */
  ScoreWithoutExceptions: hundredths.optional(),
  Compliant: count,
  NonCompliant: count,
  Exempt: count,
  InsufficientData: count,
});

export const GetConfigScore = defineOperation({
  ...declared,
  name: 'GetConfigScore',
  doc: 'Good pairs of rule and resource among all that were judged, weighted by severity (10, 5, 2, 1), for an account or a unit with everything below it, and for each account in it.',
  input: structure({
    /** Default: the account of the caller, or the whole organization for those who see it. */
    AccountId: AccountId.optional(),
    UnitId: UnitId.optional(),
    ...page,
  }),
  output: structure({
    Total: Tally,
    BySeverity: list(structure({ Severity, Tally }), 0, 4),
    Accounts: list(structure({ AccountId, Tally }), 0, 500),
    ...nextPage,
  }),
  errors: notFound,
  authz: { action: 'organizations:GetConfigScore', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of all I see', input: {} }],
});

const Scope = structure({
  /** Exactly one of them. */
  ResourceArn: ItemArn.optional(),
  AccountId: AccountId.optional(),
  UnitId: UnitId.optional(),
});
const ExceptionEntry = structure({
  ExceptionId,
  /** A rule, or `*`. */
  RuleId: text(1, 64),
  Scope,
  Category: oneOf(['WAIVER', 'MITIGATED']),
  Owner: text(1, 256),
  Reason: text(1, 1_024),
  CreatedBy: text(0, 2_048),
  CreatedAt: timestamp(),
  ExpiresAt: timestamp(),
  Active: flag(),
});

export const PutConfigException = defineOperation({
  ...declared,
  name: 'PutConfigException',
  doc: 'Somebody answers, for a reason and a limited time, for resources that break a rule: their verdict becomes EXEMPT and is itself again when the exception ends.',
  input: structure({
    /** A rule, or `*` for every rule. */
    RuleId: text(1, 64, { pattern: /^(\*|G-D-\d{2}|rule-[a-z0-9]{12})$/ }),
    Scope,
    Category: oneOf(['WAIVER', 'MITIGATED']),
    /** Who answers for it. */
    Owner: text(1, 256),
    Reason: text(1, 1_024),
    /** At most 365 days ahead. */
    ExpiresAt: timestamp(),
  }),
  output: structure({ Exception: ExceptionEntry }),
  errors: {
    ...notFound,
    InvalidException: { status: 400, doc: 'The scope is not exactly one thing, or the end is not within a year.' },
  },
  authz: { action: 'organizations:PutConfigException', resource: 'organizations:config-exception' },
  effect: 'write',
  examples: [
    {
      title: 'an old key for a month',
      input: {
        RuleId: 'G-D-10',
        Scope: { ResourceArn: 'arn:aws:iam::123456789012:user/legacy' },
        Category: 'WAIVER',
        Owner: 'payments@acme.example',
        Reason: 'the vendor changes the key with the next release',
        ExpiresAt: '2026-12-01T00:00:00Z',
      },
    },
  ],
});

export const ListConfigExceptions = defineOperation({
  ...declared,
  name: 'ListConfigExceptions',
  doc: 'Exceptions of the account; the management account and delegated administrators list all of them.',
  input: structure({ IncludeEnded: flag().optional(), ...page }),
  output: structure({ Exceptions: list(ExceptionEntry, 0, 500), ...nextPage }),
  authz: { action: 'organizations:ListConfigExceptions', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'those in force', input: {} }],
});

export const DeleteConfigException = defineOperation({
  ...declared,
  name: 'DeleteConfigException',
  doc: 'Ends an exception before its time. It stays in the list of ended ones.',
  input: structure({ ExceptionId }),
  errors: notFound,
  authz: { action: 'organizations:DeleteConfigException', resource: 'organizations:config-exception' },
  effect: 'write',
  examples: [{ title: 'an exception', input: { ExceptionId: 'exc-abcdefghijkl' } }],
});
