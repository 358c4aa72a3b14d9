/**
 * Shapes of the org service. Ids have the forms of AWS Organizations, so that its clients accept them; members that
 * AWS does not have (modes, states, paths of a tree view) are added, never renamed.
 */

import type { PaginationDeclaration } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  policyDocument,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { ACCOUNT_STATES } from './internal.ts';

/** Printable: a name must not forge lines of a report. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

export const OrganizationId = text(1, 34, { pattern: /^o-[a-z0-9]{10,32}$/ });
export const RootId = text(1, 34, { pattern: /^r-[0-9a-z]{4,32}$/ });
export const UnitId = text(1, 68, { pattern: /^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$/ });
export const ParentId = text(1, 100, { pattern: /^(?:r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/ });
export const ChildId = text(1, 100, { pattern: /^(?:\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/ });
/** Root, unit or account. */
export const TargetId = text(1, 100, {
  pattern: /^(?:r-[0-9a-z]{4,32}|\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/,
});
export const PolicyId = text(1, 130, { pattern: /^p-[0-9a-zA-Z_]{8,128}$/ });
export const HandshakeId = text(1, 34, { pattern: /^h-[0-9a-z]{8,32}$/ });
export const CreateAccountRequestId = text(1, 36, { pattern: /^car-[a-z0-9]{8,32}$/ });
export const ResourcePolicyId = text(1, 131, { pattern: /^rp-[0-9a-zA-Z_]{4,128}$/ });
/** What can carry tags. */
export const TaggableId = text(1, 130, {
  pattern:
    /^(?:r-[0-9a-z]{4,32}|\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|p-[0-9a-zA-Z_]{8,128}|rp-[0-9a-zA-Z_]{4,128}|rt-[0-9a-zA-Z_]{8,32})$/,
});
export const Arn = text(20, 2048);
/** `o-../r-../ou-../<account>/`: the value of aws:PrincipalOrgPaths. */
export const Path = text(1, 1024);

export const UnitName = text(1, 128, { pattern: PRINTABLE });
export const NewAccountName = text(1, 50, { pattern: /^[ -~]+$/ });
export const AccountName = text(1, 128, { pattern: PRINTABLE });
/** One @, ASCII, the local part does not begin with a dot. */
export const Email = text(6, 64, { pattern: /^(?!\.)[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+$/ });
export const RoleName = text(1, 64, { pattern: /^(?!AWSServiceRoleFor)[\w+=,.@-]+$/ });
export const PolicyName = text(1, 128, { pattern: PRINTABLE });
/** No control characters, no half of a surrogate pair. */
export const Description = text(0, 512, { pattern: /^(?:[\t\n\r]|[^\p{C}])*$/u });
export const Content = policyDocument(131_072);
export const ServicePrincipal = text(1, 128, { pattern: /^[\w+=,.@-]+$/ });
export const Notes = text(0, 1024, { audit: 'length' });

export const POLICY_TYPES = [
  'SERVICE_CONTROL_POLICY',
  'RESOURCE_CONTROL_POLICY',
  'TAG_POLICY',
  'BACKUP_POLICY',
  'AISERVICES_OPT_OUT_POLICY',
  'CHATBOT_POLICY',
  'DECLARATIVE_POLICY_EC2',
  'SECURITYHUB_POLICY',
  'INSPECTOR_POLICY',
  'UPGRADE_ROLLOUT_POLICY',
  'BEDROCK_POLICY',
  'S3_POLICY',
  'NETWORK_SECURITY_DIRECTOR_POLICY',
] as const;

/** Every type of AWS, so that a type we do not have is refused by its own error and not as unreadable. */
export const PolicyType = oneOf(POLICY_TYPES);
export const AccountState = oneOf(ACCOUNT_STATES);
/** observe: what the policy would deny is recorded and counted, nothing is refused. */
export const AttachmentMode = oneOf(['enforce', 'observe']);
export const NodeType = oneOf(['ACCOUNT', 'ORGANIZATIONAL_UNIT', 'ROOT']);

export const TagKey = text(1, 128, { pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u });
export const TagValue = text(0, 256, { pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u });
export const Tag = structure({ Key: TagKey, Value: TagValue });
export const Tags = list(Tag, 0, 200);
export const TagKeys = list(TagKey, 0, 200);

export const PolicyTypeSummary = structure({
  Type: PolicyType,
  Status: oneOf(['ENABLED', 'PENDING_ENABLE', 'PENDING_DISABLE']),
});
const PolicyTypes = list(PolicyTypeSummary, 0, 20);

export const Organization = annotate(
  structure({
    Id: OrganizationId,
    Arn,
    FeatureSet: oneOf(['ALL', 'CONSOLIDATED_BILLING']),
    MasterAccountArn: Arn,
    MasterAccountId: AccountId,
    MasterAccountEmail: Email.optional(),
    AvailablePolicyTypes: PolicyTypes,
  }),
  { title: 'Organization' },
);

export const Root = annotate(structure({ Id: RootId, Arn, Name: text(1, 128), PolicyTypes }), { title: 'Root' });

export const OrganizationalUnit = annotate(structure({ Id: UnitId, Arn, Name: UnitName, Path }), {
  title: 'OrganizationalUnit',
});

export const accountMembers = {
  Id: AccountId,
  Arn,
  Email: Email.optional(),
  Name: AccountName,
  /** Kept for clients of before September 2026; State says more. Absent while the account is being made. */
  Status: oneOf(['ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE']).optional(),
  State: AccountState,
  JoinedMethod: oneOf(['INVITED', 'CREATED']),
  JoinedTimestamp: timestamp(),
};

export const Account = annotate(structure({ ...accountMembers, Paths: list(Path, 0, 1) }), {
  title: 'OrganizationAccount',
});

export const PolicySummary = annotate(
  structure({
    Id: PolicyId,
    Arn,
    Name: PolicyName,
    Description,
    Type: PolicyType,
    /** Shipped with the product: the same everywhere, never changed. */
    AwsManaged: flag(),
  }),
  { title: 'PolicySummary' },
);

export const Policy = annotate(structure({ PolicySummary, Content }), { title: 'OrganizationPolicy' });

/** Members of every paged request and answer. */
export const NextToken = text(1, 100_000, { audit: 'drop' });
export const pageInput = { NextToken: NextToken.optional(), MaxResults: integer(1, 1000).optional() };
export const pageOutput = { NextToken: NextToken.optional() };
export const pagination: PaginationDeclaration = {
  token: 'NextToken',
  nextToken: 'NextToken',
  limit: 'MaxResults',
  defaultLimit: 20,
};

/** What every declaration of this service says. */
export const shared = {
  service: 'org',
  audit: { class: 'management', eventSource: 'organizations.amazonaws.com' },
} as const;

export function organizationsTarget(name: string) {
  return { protocol: 'json-1.1', target: `AWSOrganizationsV20161128.${name}` } as const;
}

export const EXAMPLE = {
  account: '210987654321',
  root: 'r-ex4m',
  unit: 'ou-ex4m-pl3o9t2w',
  otherUnit: 'ou-ex4m-q8r2s5u7',
  policy: 'p-ex4mpl3o',
  handshake: 'h-ex4mpl3o9t',
  request: 'car-ex4mpl3o9t',
  document:
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:ScheduleKeyDeletion","Resource":"*"}]}',
} as const;
