/**
 * Shapes of the iam service. Names are ASCII only (class C01: no case folding surprises, no look-alikes), unique without
 * letter case and stored as written; `.` and `..` are no names, so that no path in front of us can be shortened.
 */

import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import type { PaginationDeclaration } from '../../../platform/contract/operation.ts';
import {
  annotate,
  flag,
  integer,
  list,
  oneOf,
  PageToken,
  policyDocument,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';

const NAME = /^(?!\.{1,2}$)[A-Za-z0-9_+=,.@-]+$/;
/** `/` or `/segment/.../`: narrower than the AWS model, which also lets `*`, `?` and `//` into ARNs. */
const PATH = /^\/(?:(?!\.{1,2}\/)[A-Za-z0-9.,+@=_-]+\/)*$/;
const PATH_PREFIX = /^\/[A-Za-z0-9.,+@=_/-]*$/;

export const NewUserName = text(1, 64, { pattern: NAME });
export const UserName = text(1, 128, { pattern: NAME });
export const RoleName = text(1, 64, { pattern: NAME });
export const GroupName = text(1, 128, { pattern: NAME });
export const PolicyName = text(1, 128, { pattern: NAME });
export const Path = text(1, 512, { pattern: PATH });
export const PathPrefix = text(1, 512, { pattern: PATH_PREFIX });
/** Printable ASCII: an ARN of ours is made of names and paths, which are ASCII too. */
export const IamArn = text(20, 2048, { pattern: /^arn:[a-z0-9-]+:iam:[a-z0-9-]*:[a-z0-9]*:[!-~]+$/ });
export const AccessKeyId = text(16, 128, { pattern: /^[A-Za-z0-9_]+$/ });
export const PolicyVersionId = text(2, 32, { pattern: /^v[1-9][0-9]*(?:\.[A-Za-z0-9-]*)?$/ });
export const Document = policyDocument(131_072);
export const UniqueId = text(12, 128, { pattern: /^[A-Za-z0-9]+$/ });
/** `AIDA...`, an account id, `AROA...:session` or `account:federated name`. */
export const CallerId = text(12, 193, { pattern: /^[A-Za-z0-9]+(?::[A-Za-z0-9_+=,.@-]+)?$/ });
/** ARN of a virtual MFA device; other serial numbers belong to nobody here. */
export const SerialNumber = text(9, 256, { pattern: /^[A-Za-z0-9_+=/:,.@-]+$/ });
/** A temporary access key id, or the id of a bearer token. */
export const SessionId = text(16, 128, { pattern: /^[A-Za-z0-9-]+$/ });
/** No control characters, no half of a surrogate pair: what is written must be what is stored. */
export const Description = text(0, 1000, { pattern: /^(?:[\t\n\r]|[^\p{C}])*$/u });
export const Arn = text(20, 2048);

export const TagKey = text(1, 128, { pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u });
export const TagValue = text(0, 256, { pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u });
export const Tag = structure({ Key: TagKey, Value: TagValue });
export const Tags = list(Tag, 0, 50);
export const TagKeys = list(TagKey, 0, 50);

export const PermissionsBoundary = structure({
  PermissionsBoundaryType: oneOf(['PermissionsBoundaryPolicy']),
  PermissionsBoundaryArn: Arn,
});

export const User = annotate(
  structure({
    /** Absent for the root user of an account, which has no name. */
    Path: Path.optional(),
    UserName: UserName.optional(),
    UserId: UniqueId,
    Arn,
    CreateDate: timestamp(),
    PermissionsBoundary: PermissionsBoundary.optional(),
    Tags: Tags.optional(),
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  { title: 'User' },
);

const RoleMembers = {
  Path,
  RoleName,
  RoleId: UniqueId,
  Arn,
  CreateDate: timestamp(),
  AssumeRolePolicyDocument: Document.optional(),
  Description: Description.optional(),
  /** Seconds. */
  MaxSessionDuration: integer(3600, 43_200).optional(),
  PermissionsBoundary: PermissionsBoundary.optional(),
  Tags: Tags.optional(),
  EnterpriseProjectId: EnterpriseProjectId.optional(),
  /** From GetRole: the last request that a session of the role made in 400 days; empty when there was none. */
  RoleLastUsed: structure({ LastUsedDate: timestamp().optional(), Region: text(1, 64).optional() }).optional(),
};
export const Role = annotate(structure(RoleMembers), { title: 'Role' });

export const Group = annotate(
  structure({
    Path,
    GroupName,
    GroupId: UniqueId,
    Arn,
    CreateDate: timestamp(),
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  {
    title: 'Group',
  },
);

export const Policy = annotate(
  structure({
    PolicyName,
    PolicyId: UniqueId,
    Arn,
    Path,
    DefaultVersionId: PolicyVersionId,
    AttachmentCount: integer(0, Number.MAX_SAFE_INTEGER),
    PermissionsBoundaryUsageCount: integer(0, Number.MAX_SAFE_INTEGER),
    IsAttachable: flag(),
    Description: Description.optional(),
    CreateDate: timestamp(),
    UpdateDate: timestamp(),
    Tags: Tags.optional(),
    /** Absent for shipped policies, which are in no account. */
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  { title: 'Policy' },
);

export const PolicyVersion = annotate(
  structure({
    Document: Document.optional(),
    VersionId: PolicyVersionId,
    IsDefaultVersion: flag(),
    CreateDate: timestamp(),
  }),
  { title: 'PolicyVersion' },
);

export const AttachedPolicy = annotate(structure({ PolicyName, PolicyArn: Arn }), { title: 'AttachedPolicy' });

/** Members of every paged request and answer, as on the Query wire. */
export const pageInput = { Marker: PageToken.optional(), MaxItems: integer(1, 1000).optional() };
export const pageOutput = { IsTruncated: flag(), Marker: PageToken.optional() };
export const pagination: PaginationDeclaration = {
  token: 'Marker',
  nextToken: 'Marker',
  limit: 'MaxItems',
  more: 'IsTruncated',
  defaultLimit: 100,
};

export const iamQuery = {
  protocol: 'query',
  version: '2010-05-08',
  namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
} as const;

export const stsQuery = {
  protocol: 'query',
  version: '2011-06-15',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
} as const;

/** Every managed policy, shipped or of the account, in examples. */
export const EXAMPLE_DOCUMENT =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}';
