/** Tags of users, roles and policies. Keys that differ only in letter case are refused: conditions compare without case. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { structure } from '../../../platform/contract/shape.ts';
import { invalidInput, limitExceeded, notFound, unmodifiable } from './errors.ts';
import { IamArn, iamQuery, pageInput, pageOutput, pagination, RoleName, TagKeys, Tags, UserName } from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' }, aws: iamQuery } as const;
const conditions = ['aws:RequestTag/*', 'aws:TagKeys'] as const;
const EXAMPLE_ARN = 'arn:aws:iam::123456789012:policy/decrypt';
const EXAMPLE_TAGS = [{ Key: 'team', Value: 'billing' }];

export const TagUser = defineOperation({
  ...shared,
  name: 'TagUser',
  doc: 'Adds tags to a user or replaces their values.',
  input: structure({ UserName, Tags }),
  errors: { ...notFound, ...limitExceeded, ...invalidInput },
  authz: { action: 'iam:TagUser', resource: 'iam:user', beyondProject: true, conditions },
  effect: 'write',
  examples: [{ title: 'tag', input: { UserName: 'alice', Tags: EXAMPLE_TAGS } }],
});

export const UntagUser = defineOperation({
  ...shared,
  name: 'UntagUser',
  doc: 'Removes tags from a user.',
  input: structure({ UserName, TagKeys }),
  errors: notFound,
  authz: { action: 'iam:UntagUser', resource: 'iam:user', beyondProject: true, conditions: ['aws:TagKeys'] },
  effect: 'write',
  examples: [{ title: 'untag', input: { UserName: 'alice', TagKeys: ['team'] } }],
});

export const ListUserTags = defineOperation({
  ...shared,
  name: 'ListUserTags',
  doc: 'Lists the tags of a user.',
  input: structure({ UserName, ...pageInput }),
  output: structure({ Tags, ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListUserTags', resource: 'iam:user' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of alice', input: { UserName: 'alice' } }],
});

export const TagRole = defineOperation({
  ...shared,
  name: 'TagRole',
  doc: 'Adds tags to a role or replaces their values. They are principal tags of its sessions.',
  input: structure({ RoleName, Tags }),
  errors: { ...notFound, ...limitExceeded, ...invalidInput },
  authz: { action: 'iam:TagRole', resource: 'iam:role', beyondProject: true, conditions },
  effect: 'write',
  examples: [{ title: 'tag', input: { RoleName: 'auditor', Tags: EXAMPLE_TAGS } }],
});

export const UntagRole = defineOperation({
  ...shared,
  name: 'UntagRole',
  doc: 'Removes tags from a role.',
  input: structure({ RoleName, TagKeys }),
  errors: notFound,
  authz: { action: 'iam:UntagRole', resource: 'iam:role', beyondProject: true, conditions: ['aws:TagKeys'] },
  effect: 'write',
  examples: [{ title: 'untag', input: { RoleName: 'auditor', TagKeys: ['team'] } }],
});

export const ListRoleTags = defineOperation({
  ...shared,
  name: 'ListRoleTags',
  doc: 'Lists the tags of a role.',
  input: structure({ RoleName, ...pageInput }),
  output: structure({ Tags, ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListRoleTags', resource: 'iam:role' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of auditor', input: { RoleName: 'auditor' } }],
});

export const TagPolicy = defineOperation({
  ...shared,
  name: 'TagPolicy',
  doc: 'Adds tags to a managed policy or replaces their values.',
  input: structure({ PolicyArn: IamArn, Tags }),
  errors: { ...notFound, ...limitExceeded, ...invalidInput, ...unmodifiable },
  authz: { action: 'iam:TagPolicy', resource: 'iam:policy', conditions },
  effect: 'write',
  examples: [{ title: 'tag', input: { PolicyArn: EXAMPLE_ARN, Tags: EXAMPLE_TAGS } }],
});

export const UntagPolicy = defineOperation({
  ...shared,
  name: 'UntagPolicy',
  doc: 'Removes tags from a managed policy.',
  input: structure({ PolicyArn: IamArn, TagKeys }),
  errors: { ...notFound, ...unmodifiable },
  authz: { action: 'iam:UntagPolicy', resource: 'iam:policy', conditions: ['aws:TagKeys'] },
  effect: 'write',
  examples: [{ title: 'untag', input: { PolicyArn: EXAMPLE_ARN, TagKeys: ['team'] } }],
});

export const ListPolicyTags = defineOperation({
  ...shared,
  name: 'ListPolicyTags',
  doc: 'Lists the tags of a managed policy.',
  input: structure({ PolicyArn: IamArn, ...pageInput }),
  output: structure({ Tags, ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListPolicyTags', resource: 'iam:policy' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of a policy', input: { PolicyArn: EXAMPLE_ARN } }],
});
