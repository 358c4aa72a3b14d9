/**
 * Targets: databases of others, in which the vault rotates credentials and makes users. A target names the secret of its
 * administrative user and the role in which the vault reads that secret; the vault has no rights of its own.
 */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  PageLimit,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { vault } from './service.ts';
import { Description, NextToken, SecretId } from './shapes.ts';

export const ENGINES = ['postgres', 'mariadb', 'redis'] as const;

export const TargetName = text(1, 64, { pattern: /^[A-Za-z0-9_-]+$/ });
export const RoleArn = text(20, 2048, { pattern: /^arn:[a-z0-9-]+:iam::\d{12}:role\/[!-~]+$/ });

const Endpoint = structure({
  /** A name, an address, or an absolute path: the socket (PostgreSQL: its folder). */
  Host: text(1, 255, { pattern: /^[A-Za-z0-9._:/-]+$/ }),
  Port: integer(1, 65_535),
});

const Tls = structure({
  /** `plain` is for sockets and this machine only. */
  Mode: oneOf(['verify', 'plain']),
  /** Certificates that may have signed the target's, PEM; absent: those of the system. */
  Ca: text(1, 65_536).optional(),
  /** What the certificate must say, when it is not the host. */
  ServerName: text(1, 253, { pattern: /^[A-Za-z0-9.-]+$/ }).optional(),
});

/** What may be changed later. */
const configuration = {
  Description: Description.optional(),
  /** SQL: the first takes the changes, each must accept what was changed. Redis: each takes both. */
  Endpoints: list(Endpoint, 1, 16).optional(),
  Tls: Tls.optional(),
  /** PostgreSQL: the database to log in to. */
  Database: text(1, 63).optional(),
  /** MariaDB: the host part of its accounts; `%` unless said. */
  FromHost: text(1, 255).optional(),
  /** Redis: where the nodes keep their users; `aclfile` unless said. */
  SavedIn: oneOf(['aclfile', 'config']).optional(),
  /** Secret of the administrative user: JSON with `username` and `password`. */
  AdminSecretId: SecretId.optional(),
  /** Role of the account that may read that secret and whose trust policy lets the vault in. */
  RoleArn: RoleArn.optional(),
};

const Target = annotate(
  structure({
    Arn: ArnText,
    Name: TargetName,
    Description,
    Engine: oneOf(ENGINES),
    Endpoints: list(Endpoint, 1, 16),
    Tls,
    Database: text(1, 63).optional(),
    FromHost: text(1, 255).optional(),
    SavedIn: oneOf(['aclfile', 'config']).optional(),
    AdminSecretArn: ArnText,
    RoleArn,
    EnterpriseProjectId,
    CreatedDate: timestamp(),
    LastChangedDate: timestamp(),
  }),
  { title: 'Target' },
);

const CONDITIONS = ['parapet:EnterpriseProjectId'] as const;

const onTarget = <Name extends string>(name: Name, passesRole = false) => ({
  action: `secretsmanager:${name}`,
  resource: 'secretsmanager:target',
  conditions: CONDITIONS,
  ...(passesRole && { alsoChecks: ['iam:PassRole'] }),
});

export const CreateTarget = defineOperation({
  ...vault('management'),
  name: 'CreateTarget',
  doc: 'Names a database of somebody else, after the vault has logged in to it as the administrative user. Needs iam:PassRole on the role.',
  input: structure({
    Name: TargetName,
    Engine: oneOf(ENGINES),
    ...configuration,
    Endpoints: list(Endpoint, 1, 16),
    Tls,
    AdminSecretId: SecretId,
    RoleArn,
    EnterpriseProjectId: EnterpriseProjectId.optional(),
    /** Does not log in: for a database that does not run yet. */
    SkipTest: flag().optional(),
  }),
  output: structure({ Target }),
  errors: changeErrors('AlreadyExists', 'LimitExceeded', 'TargetFailed', 'EnterpriseProjectDisabled'),
  authz: onTarget('CreateTarget', true),
  effect: 'write',
  examples: [
    {
      title: 'a PostgreSQL server',
      input: {
        Name: 'shop',
        Engine: 'postgres',
        Endpoints: [{ Host: 'db.example.com', Port: 5432 }],
        Tls: { Mode: 'verify' },
        Database: 'shop',
        AdminSecretId: 'shop/rotator',
        RoleArn: 'arn:aws:iam::123456789012:role/rotator',
      },
    },
  ],
});

export const DescribeTarget = defineOperation({
  ...vault('management'),
  name: 'DescribeTarget',
  doc: 'Describes a target. The administrative credential is in its secret, not here.',
  input: structure({ Name: TargetName }),
  output: structure({ Target }),
  errors: readErrors(),
  authz: onTarget('DescribeTarget'),
  effect: 'read',
  examples: [{ title: 'by name', input: { Name: 'shop' } }],
});

export const ListTargets = defineOperation({
  ...vault('management'),
  name: 'ListTargets',
  doc: 'Lists the targets of the account of the caller, by name.',
  input: structure({ MaxResults: PageLimit.optional(), NextToken: NextToken.optional() }),
  output: structure({ Targets: list(Target, 0, 1000), NextToken: NextToken.optional() }),
  errors: errors('InvalidNextToken'),
  authz: { action: 'secretsmanager:ListTargets', resource: '*' },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'all', input: {} }],
});

export const UpdateTarget = defineOperation({
  ...vault('management'),
  name: 'UpdateTarget',
  doc: 'Changes what is named of a target, after the vault has logged in to it as it is to be. Needs iam:PassRole on the role.',
  input: structure({ Name: TargetName, ...configuration, SkipTest: flag().optional() }),
  output: structure({ Target }),
  errors: changeErrors('TargetFailed'),
  authz: onTarget('UpdateTarget', true),
  effect: 'write',
  examples: [{ title: 'another host', input: { Name: 'shop', Endpoints: [{ Host: 'db2.example.com', Port: 5432 }] } }],
});

export const TestTarget = defineOperation({
  ...vault('management'),
  name: 'TestTarget',
  doc: 'Logs in to every endpoint of a target as the administrative user. Answers the names of what went wrong, changes nothing.',
  input: structure({ Name: TargetName }),
  output: structure({
    Passed: flag(),
    Endpoints: list(
      structure({
        ...{ Host: text(1, 255), Port: integer(1, 65_535) },
        /** Absent: it let the administrative user in. */
        Failure: text(1, 64).optional(),
        Message: text(1, 512).optional(),
      }),
      0,
      16,
    ),
  }),
  errors: readErrors('TargetFailed'),
  authz: onTarget('TestTarget'),
  effect: 'read',
  examples: [{ title: 'by name', input: { Name: 'shop' } }],
});

export const DeleteTarget = defineOperation({
  ...vault('management'),
  name: 'DeleteTarget',
  doc: 'Forgets a target, unless something uses it. Nothing is changed at the database.',
  input: structure({ Name: TargetName }),
  output: structure({ Arn: ArnText }),
  errors: changeErrors(),
  authz: onTarget('DeleteTarget'),
  effect: 'write',
  examples: [{ title: 'by name', input: { Name: 'shop' } }],
});
