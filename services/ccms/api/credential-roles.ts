/** Credential roles: what the users of a database are that the vault makes for as long as a lease. */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  annotate,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { ROLE_CONDITIONS } from './conditions.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { vault } from './service.ts';
import { Description, MaxResults, NextToken } from './shapes.ts';
import { TargetName } from './targets.ts';

export const RoleName = text(1, 128, { pattern: /^[A-Za-z0-9/_+=.@-]+$/ });
/** Name or ARN. */
export const RoleId = text(1, 2048, { pattern: /^[A-Za-z0-9/_+=.@:-]+$/ });
/** A name at the database. */
const DatabaseName = text(1, 64, { pattern: /^[^\p{Control}\p{Surrogate}]+$/u });
/** No lease of any role lives longer: a user of our naming that is older belongs to no lease, of any installation. */
export const MAX_TTL_SECONDS = 30 * 86_400;
export const TtlSeconds = integer(60, MAX_TTL_SECONDS);
const Privilege = text(1, 64, { pattern: /^[A-Z ]+$/ });

const Grants = list(
  annotate(
    structure({
      Privileges: list(Privilege, 1, 20),
      Database: DatabaseName,
      /** Absent: the whole database. */
      Table: DatabaseName.optional(),
    }),
    { title: 'DatabaseGrant' },
  ),
  1,
  50,
);

const changeable = {
  Description: Description.optional(),
  /** PostgreSQL: the role that the users act as; it takes over what they leave. */
  ActAs: DatabaseName.optional(),
  /** MariaDB: what the users are granted. */
  Grants: Grants.optional(),
  DefaultTtlSeconds: TtlSeconds.optional(),
  MaxTtlSeconds: TtlSeconds.optional(),
  /** Leases of the role that have a user at a time. */
  MaxLeases: integer(1, 100_000).optional(),
  /** Of one user, or of one role in all its sessions. */
  MaxLeasesPerPrincipal: integer(1, 100_000).optional(),
  /** Sessions that one user may have at a time; 0: as many as the database lets. */
  ConnectionLimit: integer(0, 10_000).optional(),
};

export const CredentialRole = annotate(
  structure({
    ARN: ArnText,
    Name: RoleName,
    Description,
    Target: text(1, 2048),
    Engine: oneOf(['postgres', 'mariadb']),
    ActAs: DatabaseName.optional(),
    Grants: Grants.optional(),
    DefaultTtlSeconds: TtlSeconds,
    MaxTtlSeconds: TtlSeconds,
    MaxLeases: integer(1, 100_000),
    MaxLeasesPerPrincipal: integer(1, 100_000),
    ConnectionLimit: integer(0, 10_000),
    EnterpriseProjectId,
    CreatedDate: timestamp(),
    LastChangedDate: timestamp(),
  }),
  { title: 'CredentialRole' },
);

const OpenLeases = integer(0, 2 ** 31 - 1);
const onRole = <N extends string>(name: N, ...also: string[]) => ({
  action: `secretsmanager:${name}`,
  ...(also.length > 0 && { alsoChecks: also }),
  resource: 'secretsmanager:credential-role',
  conditions: ROLE_CONDITIONS,
});

export const CreateCredentialRole = defineOperation({
  ...vault('management'),
  name: 'CreateCredentialRole',
  doc: 'Makes a credential role: what users at a target may do, and how long and how many of them live. Needs secretsmanager:UseTarget on the target.',
  input: structure({
    Name: RoleName,
    Target: TargetName,
    ...changeable,
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ CredentialRole }),
  errors: changeErrors('AlreadyExists', 'LimitExceeded', 'EnterpriseProjectDisabled'),
  authz: onRole('CreateCredentialRole', 'secretsmanager:UseTarget'),
  effect: 'write',
  examples: [{ title: 'of PostgreSQL', input: { Name: 'shop-reader', Target: 'shop', ActAs: 'shop_reader' } }],
});

export const DescribeCredentialRole = defineOperation({
  ...vault('management'),
  name: 'DescribeCredentialRole',
  doc: 'Describes a credential role, and how many of its leases have a user now.',
  input: structure({ Role: RoleId }),
  output: structure({ CredentialRole, OpenLeases }),
  errors: readErrors(),
  authz: onRole('DescribeCredentialRole'),
  effect: 'read',
  examples: [{ title: 'by name', input: { Role: 'shop-reader' } }],
});

export const ListCredentialRoles = defineOperation({
  ...vault('management'),
  name: 'ListCredentialRoles',
  doc: 'Lists the credential roles of the account by name.',
  input: structure({ MaxResults: MaxResults.optional(), NextToken: NextToken.optional() }),
  output: structure({ CredentialRoles: list(CredentialRole, 0, 100), NextToken: NextToken.optional() }),
  errors: errors('InvalidNextToken'),
  authz: { action: 'secretsmanager:ListCredentialRoles', resource: '*' },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'of the account', input: {} }],
});

export const UpdateCredentialRole = defineOperation({
  ...vault('management'),
  name: 'UpdateCredentialRole',
  doc: 'Changes what new users of a role may do and how long they live; what is left out stays. Users that exist keep what they have. Needs secretsmanager:UseTarget on the target.',
  input: structure({ Role: RoleId, ...changeable }),
  output: structure({ CredentialRole }),
  errors: changeErrors(),
  authz: onRole('UpdateCredentialRole', 'secretsmanager:UseTarget'),
  effect: 'write',
  examples: [{ title: 'shorter', input: { Role: 'shop-reader', DefaultTtlSeconds: 900 } }],
});

export const DeleteCredentialRole = defineOperation({
  ...vault('management'),
  name: 'DeleteCredentialRole',
  doc: 'Deletes a credential role. Refused while leases of it have a user: RevokeLeases ends them.',
  input: structure({ Role: RoleId }),
  output: structure({ ARN: ArnText, Name: RoleName }),
  errors: changeErrors(),
  authz: onRole('DeleteCredentialRole'),
  effect: 'write',
  examples: [{ title: 'by name', input: { Role: 'shop-reader' } }],
});
