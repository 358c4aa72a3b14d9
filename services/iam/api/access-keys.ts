/** Access keys: the long-term credentials of users and of a claimed root user. The secret is shown once. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, list, oneOf, secretText, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { invalidInput, limitExceeded, notFound } from './errors.ts';
import { AccessKeyId, iamQuery, pageInput, pageOutput, pagination, UserName } from './shapes.ts';

/** The vault rotates keys, in a role of the account. */
const shared = { service: 'iam', audit: { class: 'management' }, aws: iamQuery, onBehalf: ['ccms'] } as const;
const Status = oneOf(['Active', 'Inactive']);

export const AccessKey = annotate(
  structure({
    /** Absent for the root user. */
    UserName: UserName.optional(),
    AccessKeyId,
    Status,
    SecretAccessKey: secretText(40, 40),
    CreateDate: timestamp(),
  }),
  { title: 'AccessKey' },
);

export const CreateAccessKey = defineOperation({
  ...shared,
  name: 'CreateAccessKey',
  doc: 'Makes an access key of a user (without a name: of the caller, the root user included). The secret cannot be read again.',
  input: structure({ UserName: UserName.optional() }),
  output: structure({ AccessKey }),
  errors: { ...notFound, ...limitExceeded },
  authz: { action: 'iam:CreateAccessKey', resource: 'iam:user', beyondProject: true },
  effect: 'write',
  examples: [{ title: 'for alice', input: { UserName: 'alice' } }],
});

export const ListAccessKeys = defineOperation({
  ...shared,
  name: 'ListAccessKeys',
  doc: 'Lists the access keys of a user (without a name: of the caller).',
  input: structure({ UserName: UserName.optional(), ...pageInput }),
  output: structure({
    AccessKeyMetadata: list(
      annotate(structure({ UserName: UserName.optional(), AccessKeyId, Status, CreateDate: timestamp() }), {
        title: 'AccessKeyMetadata',
      }),
      0,
      1000,
    ),
    ...pageOutput,
  }),
  errors: notFound,
  authz: { action: 'iam:ListAccessKeys', resource: 'iam:user' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of alice', input: { UserName: 'alice' } }],
});

export const UpdateAccessKey = defineOperation({
  ...shared,
  name: 'UpdateAccessKey',
  doc: 'Disables an access key and its sessions within a second, or enables it again.',
  input: structure({ UserName: UserName.optional(), AccessKeyId, Status: oneOf(['Active', 'Inactive', 'Expired']) }),
  errors: { ...notFound, ...invalidInput },
  authz: { action: 'iam:UpdateAccessKey', resource: 'iam:user', beyondProject: true },
  effect: 'write',
  examples: [
    { title: 'disable', input: { UserName: 'alice', AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', Status: 'Inactive' } },
  ],
});

export const DeleteAccessKey = defineOperation({
  ...shared,
  name: 'DeleteAccessKey',
  doc: 'Deletes an access key; it and its sessions stop working within a second.',
  input: structure({ UserName: UserName.optional(), AccessKeyId }),
  errors: notFound,
  authz: { action: 'iam:DeleteAccessKey', resource: 'iam:user' },
  effect: 'write',
  examples: [{ title: 'delete', input: { UserName: 'alice', AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' } }],
});

export const GetAccessKeyLastUsed = defineOperation({
  ...shared,
  name: 'GetAccessKeyLastUsed',
  doc: 'When, for which service and in which region an access key was last used. Precise to about a minute.',
  input: structure({ AccessKeyId }),
  output: structure({
    UserName: UserName.optional(),
    AccessKeyLastUsed: structure({
      LastUsedDate: timestamp().optional(),
      /** `N/A` for a key that was never used. */
      ServiceName: text(1, 64),
      Region: text(1, 64),
    }),
  }),
  errors: notFound,
  authz: { action: 'iam:GetAccessKeyLastUsed', resource: 'iam:user' },
  effect: 'read',
  examples: [{ title: 'of a key', input: { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' } }],
});
