/** Keys: making, describing, listing, naming what they are for. */

import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  flag,
  list,
  oneOf,
  PageLimit,
  PageToken,
  policyDocument,
  structure,
} from '../../../platform/contract/shape.ts';
import { ACCOUNT_CONDITIONS, KEY_CONDITIONS } from './conditions.ts';
import { managementErrors } from './errors.ts';
import { KEY_USERS } from './on-behalf.ts';
import { Description, GrantTokens, KEY_SPECS, KEY_USAGES, KeyIdRef, KeyMetadata, ORIGINS, Tags } from './shapes.ts';

export const CreateKey = defineOperation({
  name: 'CreateKey',
  service: 'kms',
  doc: 'Makes a key in the account of the caller: symmetric, RSA, elliptic curve or HMAC. Its material is generated in custody of the HSM and never leaves it in the clear.',
  input: structure({
    Policy: policyDocument(131_072).optional(),
    Description: Description.optional(),
    KeyUsage: oneOf(KEY_USAGES).optional(),
    CustomerMasterKeySpec: oneOf(KEY_SPECS).optional(),
    KeySpec: oneOf(KEY_SPECS).optional(),
    Origin: oneOf(ORIGINS).optional(),
    BypassPolicyLockoutSafetyCheck: flag().optional(),
    Tags: Tags.optional(),
    MultiRegion: flag().optional(),
    /** Default: the default project. */
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ KeyMetadata: KeyMetadata }),
  errors: managementErrors(
    'MalformedPolicyDocument',
    'InvalidArn',
    'UnsupportedOperation',
    'LimitExceeded',
    'InvalidTags',
    'NotFound',
    'EnterpriseProjectDisabled',
  ),
  authz: {
    action: 'kms:CreateKey',
    alsoChecks: ['kms:TagResource'],
    resource: '*',
    conditions: [
      'kms:BypassPolicyLockoutSafetyCheck',
      'kms:CallerAccount',
      'kms:KeyOrigin',
      'kms:KeySpec',
      'kms:KeyUsage',
      'kms:MultiRegion',
      'kms:ViaService',
      'aws:RequestTag/*',
      'aws:TagKeys',
      'parapet:EnterpriseProjectId',
    ],
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: {
    protocol: 'json-1.1',
    target: 'TrentService.CreateKey',
    unsupported: ['CustomKeyStoreId', 'XksKeyId'],
  },
  examples: [
    {
      title: 'a key with a description and a tag',
      input: { Description: 'invoices', Tags: [{ TagKey: 'app', TagValue: 'billing' }] },
    },
    { title: 'a key with everything by default', input: {} },
  ],
});

export const DescribeKey = defineOperation({
  name: 'DescribeKey',
  service: 'kms',
  doc: 'Describes a key. Takes a key id, key ARN, alias name or alias ARN; the ARN forms may name another account.',
  input: structure({ KeyId: KeyIdRef, GrantTokens: GrantTokens.optional() }),
  output: structure({ KeyMetadata: KeyMetadata }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidGrantToken'),
  authz: {
    action: 'kms:DescribeKey',
    resource: 'kms:key',
    conditions: [...KEY_CONDITIONS, 'kms:RequestAlias'],
  },
  onBehalf: KEY_USERS,
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.DescribeKey' },
  examples: [{ title: 'by alias', input: { KeyId: 'alias/app' } }],
});

export const ListKeys = defineOperation({
  name: 'ListKeys',
  service: 'kms',
  doc: 'Lists the keys of the account of the caller, in the order of their ids.',
  input: structure({ Limit: PageLimit.optional(), Marker: PageToken.optional() }),
  output: structure({
    Keys: list(structure({ KeyId: KeyIdRef, KeyArn: ArnText }), 0, 1000),
    NextMarker: PageToken.optional(),
    Truncated: flag(),
  }),
  errors: managementErrors('InvalidMarker'),
  authz: { action: 'kms:ListKeys', resource: '*', conditions: ACCOUNT_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ListKeys' },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 100 },
  examples: [{ title: 'the first ten', input: { Limit: 10 } }],
});

export const UpdateKeyDescription = defineOperation({
  name: 'UpdateKeyDescription',
  service: 'kms',
  doc: 'Replaces the description of a key. Takes a key id or key ARN of the own account.',
  input: structure({ KeyId: KeyIdRef, Description }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState'),
  authz: {
    action: 'kms:UpdateKeyDescription',
    resource: 'kms:key',
    conditions: KEY_CONDITIONS,
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.UpdateKeyDescription' },
  examples: [
    {
      title: 'by key id',
      input: { KeyId: '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0', Description: 'invoices of 2026' },
    },
  ],
});
