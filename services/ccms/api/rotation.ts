/**
 * Rotation of secrets: AWS's two operations, how a secret is rotated natively (`PutRotationStrategy`), and what an
 * operator sees of a rotation and does with one that failed.
 */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors, readErrors } from './errors.ts';
import { OPERATOR_ACTS, PRIVILEGES, ROTATION_STATES, ROTATION_STEPS, RUN_FAILURES } from './rotation-names.ts';
import { TARGET, vault } from './service.ts';
import { MaxResults, NextToken, named, RotationRules, SecretId, VersionId } from './shapes.ts';
import { RoleArn, TargetName } from './targets.ts';

const onSecret = <N extends string>(name: N, ...conditions: string[]) => ({
  action: `secretsmanager:${name}`,
  resource: 'secretsmanager:secret',
  conditions: [...SECRET_CONDITIONS, ...conditions],
});

/** Who may have the value before the present one in use: logins with it fail when it is rotated away now. */
const Readers = {
  /** The longest first. */
  Readers: list(
    annotate(
      structure({
        /** Of the session that read last; every user and role is listed once. */
        PrincipalArn: text(1, 2048),
        /** The grants that were for it when it read. */
        GrantIds: list(text(36, 36), 0, 100),
        /** To the minute. */
        LastReadDate: timestamp(),
        /** How long it may use the value: as long as its grants let it, or ten minutes. */
        UsesUntilDate: timestamp(),
      }),
      { title: 'SecretReader' },
    ),
    0,
    100,
  ).optional(),
  /** That are not listed. */
  MoreReaders: integer(0, 2 ** 31 - 1).optional(),
};

const Reason = text(1, 512, { pattern: /^[^\p{Control}\p{Surrogate}]+$/u });
const token = 'a1b2c3d4-5678-90ab-cdef-EXAMPLE33333';

export const RotateSecret = defineOperation({
  ...vault('management'),
  name: 'RotateSecret',
  doc: 'Sets the rules of rotation and rotates the secret, at once unless RotateImmediately is false: then the test step is run with the value that is there, and what came of it is told. Needs a function (RotationLambdaARN) or a strategy (PutRotationStrategy). Refused while consumers may still use the value before the present one, unless forced with a reason: the answer and the record then name the readers that may fail.',
  input: structure({
    SecretId,
    ClientRequestToken: VersionId.optional(),
    RotationLambdaARN: text(0, 2048).optional(),
    RotationRules: RotationRules.optional(),
    RotateImmediately: flag().optional(),
    /** Rotates although consumers may fail: the value is compromised. */
    Force: flag().optional(),
    /** Why; with Force only. */
    Reason: Reason.optional(),
  }),
  /** Readers: of a forced rotation, those that may fail by it. */
  output: structure({
    ...named,
    VersionId: VersionId.optional(),
    ...Readers,
    /** With RotateImmediately false: whether the test step succeeded with the value that is there, and why not. */
    ConfigurationTest: annotate(structure({ Succeeded: flag(), Failure: oneOf(RUN_FAILURES).optional() }), {
      title: 'ConfigurationTest',
    }).optional(),
  }),
  errors: changeErrors('LimitExceeded'),
  authz: {
    ...onSecret(
      'RotateSecret',
      'secretsmanager:RotationLambdaARN',
      'secretsmanager:RotateImmediately',
      'secretsmanager:ModifyRotationRules',
    ),
    alsoChecks: ['lambda:InvokeFunction'],
  },
  effect: 'write',
  aws: {
    protocol: 'json-1.1',
    target: `${TARGET}.RotateSecret`,
    unsupported: ['ExternalSecretRotationMetadata', 'ExternalSecretRotationRoleArn'],
  },
  examples: [{ title: 'now', input: { SecretId: 'shop/db', ClientRequestToken: token } }],
});

export const CancelRotateSecret = defineOperation({
  ...vault('management'),
  name: 'CancelRotateSecret',
  doc: 'Turns rotation off. A rotation that runs is given up as it is: stages stay where they are, and the answer names its version.',
  input: structure({ SecretId }),
  output: structure({ ...named, VersionId: VersionId.optional() }),
  errors: changeErrors(),
  authz: onSecret('CancelRotateSecret'),
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.CancelRotateSecret` },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

const DatabaseUser = text(1, 128, { pattern: /^[^\p{Control}\p{Surrogate}]+$/u });

const AtTarget = structure({
  Name: TargetName,
  /** PostgreSQL, MariaDB: two that take turns. */
  Users: list(DatabaseUser, 2, 2).optional(),
  /** Redis: one, that has two passwords. */
  User: DatabaseUser.optional(),
  /** PostgreSQL: the role, without login, as which both users act. */
  OwnerRole: DatabaseUser.optional(),
  /** MariaDB: what both users may do. */
  Grants: list(
    structure({
      Privileges: list(oneOf(PRIVILEGES), 1, PRIVILEGES.length),
      Database: DatabaseUser,
      Table: DatabaseUser.optional(),
    }),
    1,
    50,
  ).optional(),
  /** Redis: what the user may do, when it has to be made: `~app:*`, `+@read`. */
  Rules: list(text(1, 256, { pattern: /^[!-~]+$/ }), 1, 100).optional(),
  /** A query the new user must be able to make, read-only. */
  TestStatement: text(1, 4096, { pattern: /^[^\0\p{Surrogate}]+$/u }).optional(),
});

const strategy = {
  /** At a database: its users get passwords in turn. */
  Target: AtTarget.optional(),
  /** Access keys of a user of the account, made in a role. */
  AccessKey: structure({ UserName: text(1, 64, { pattern: /^[\w+=,.@-]+$/ }), RoleArn }).optional(),
  /** A registered function, by its ARN. */
  Function: structure({ Arn: ArnText }).optional(),
  /** How long the outgoing credential goes on working; never shorter than consumers may keep it. */
  GraceSeconds: integer(0, 30 * 86_400).optional(),
};

const Strategy = annotate(structure(strategy), { title: 'RotationStrategy' });

export const PutRotationStrategy = defineOperation({
  ...vault('management'),
  name: 'PutRotationStrategy',
  doc: 'Says how a secret gets its next value: Target, AccessKey or Function. RotateSecret begins. Needs secretsmanager:UseTarget on the target, iam:PassRole on the role, or lambda:InvokeFunction on the function.',
  input: structure({ SecretId, ...strategy }),
  output: structure({ ...named, Strategy }),
  errors: changeErrors(),
  authz: {
    ...onSecret('PutRotationStrategy'),
    alsoChecks: ['secretsmanager:UseTarget', 'iam:PassRole', 'lambda:InvokeFunction'],
  },
  effect: 'write',
  examples: [
    {
      title: 'two users of a PostgreSQL target',
      input: { SecretId: 'shop/db', Target: { Name: 'shop', Users: ['shop_a', 'shop_b'], OwnerRole: 'shop_owner' } },
    },
  ],
});

const Run = annotate(
  structure({
    RunId: text(36, 36),
    VersionId,
    State: oneOf(ROTATION_STATES),
    Step: oneOf(ROTATION_STEPS).optional(),
    /** Failures of this step in a row. */
    Attempts: integer(0, 2 ** 31 - 1),
    /** Why it waits or has failed. */
    Failure: oneOf(RUN_FAILURES).optional(),
    /** What an operator may do now. */
    WaysOut: list(oneOf(OPERATOR_ACTS), 0, OPERATOR_ACTS.length),
    NextAttemptDate: timestamp().optional(),
    WindowEndDate: timestamp(),
    StartedBy: text(1, 2048),
    Reason: Reason.optional(),
    StartedDate: timestamp(),
    FinishedDate: timestamp().optional(),
    EndedDate: timestamp().optional(),
  }),
  { title: 'RotationRun' },
);

export const DescribeRotation = defineOperation({
  ...vault('management'),
  name: 'DescribeRotation',
  doc: 'How and when a secret is rotated, what its rotation does now or has failed at by name, and the ways out.',
  input: structure({ SecretId }),
  output: structure({
    ...named,
    RotationEnabled: flag(),
    Strategy: Strategy.optional(),
    RotationRules: RotationRules.optional(),
    LastRotatedDate: timestamp().optional(),
    NextRotationDate: timestamp().optional(),
    /** From when on RotateSecret is not refused because of consumers. */
    NotBeforeDate: timestamp().optional(),
    /** That have not ended, oldest first. */
    OpenRuns: list(Run, 0, 10),
    /** That have ended, newest first. */
    LastRuns: list(Run, 0, 10),
  }),
  errors: readErrors(),
  authz: onSecret('DescribeRotation'),
  effect: 'read',
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const ListRotationRuns = defineOperation({
  ...vault('management'),
  name: 'ListRotationRuns',
  doc: 'The rotations of a secret, newest first.',
  input: structure({ SecretId, MaxResults: MaxResults.optional(), NextToken: NextToken.optional() }),
  output: structure({ ...named, Runs: list(Run, 0, 100), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onSecret('ListRotationRuns'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const PreviewRotation = defineOperation({
  ...vault('management'),
  name: 'PreviewRotation',
  doc: 'What RotateSecret would do now, what it would refuse and until when, and who may still use the value before the present one, and the next windows of the schedule, the present one or one that is given.',
  input: structure({ SecretId, RotationRules: RotationRules.optional() }),
  output: structure({
    ...named,
    Allowed: flag(),
    /** Why not. */
    Obstacle: oneOf(['no-strategy', 'unfinished', 'overlap', 'pending-taken']).optional(),
    NotBeforeDate: timestamp().optional(),
    ...Readers,
    /** The outgoing credential of the rotation before is closed first. */
    RetiresFirst: flag(),
    /** Seconds that consumers may use a value after the next one has come. */
    OverlapSeconds: integer(0, 2 ** 31 - 1),
    GraceSeconds: integer(0, 2 ** 31 - 1),
    Windows: list(structure({ StartDate: timestamp(), EndDate: timestamp() }), 0, 10),
  }),
  errors: readErrors(),
  authz: onSecret('PreviewRotation'),
  effect: 'read',
  examples: [{ title: 'now', input: { SecretId: 'shop/db' } }],
});

const acted = structure({ ...named, VersionId, State: oneOf(ROTATION_STATES) });

const operatorAct = <const N extends string>(name: N, doc: string) =>
  defineOperation({
    ...vault('management'),
    name,
    doc,
    input: structure({ SecretId, Reason: Reason.optional() }),
    output: acted,
    errors: changeErrors('TargetFailed'),
    authz: onSecret(name),
    effect: 'write',
    examples: [{ title: 'with a reason', input: { SecretId: 'shop/db', Reason: 'CHG-1234' } }],
  });

export const ResumeRotation = operatorAct(
  'ResumeRotation',
  'Tries the step of a rotation that failed again, with the same value.',
);
export const AdoptRotation = operatorAct(
  'AdoptRotation',
  'Goes on with the pending value of a rotation that failed, after the target was seen to accept it.',
);
export const AbandonRotation = operatorAct(
  'AbandonRotation',
  'Gives the pending value of a rotation that failed up, after the target was seen to accept the current one.',
);
export const ResetRotation = operatorAct(
  'ResetRotation',
  'Has the value of a rotation that failed set with the administrative credential alone, whatever the target accepts now.',
);
export const ForgoRotation = operatorAct(
  'ForgoRotation',
  'Ends a rotation whose old credential could not be closed: it is left as it is, and may still work.',
);
