/** Key policies: the root of every permission on a key. There is one per key, named `default`. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { flag, list, PageLimit, PageToken, policyDocument, structure } from '../../../platform/contract/shape.ts';
import { KEY_CONDITIONS } from './conditions.ts';
import { managementErrors } from './errors.ts';
import { KeyIdRef, PolicyName } from './shapes.ts';

const exampleKey = '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0';
const examplePolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
  ],
});

export const PutKeyPolicy = defineOperation({
  name: 'PutKeyPolicy',
  service: 'kms',
  doc: 'Replaces the policy of a key. Refused when the caller could not do so again under the new policy, unless the check is bypassed.',
  input: structure({
    KeyId: KeyIdRef,
    PolicyName: PolicyName.optional(),
    Policy: policyDocument(131_072),
    BypassPolicyLockoutSafetyCheck: flag().optional(),
  }),
  errors: managementErrors(
    'NotFound',
    'InvalidArn',
    'MalformedPolicyDocument',
    'UnsupportedOperation',
    'LimitExceeded',
    'InvalidState',
  ),
  authz: {
    action: 'kms:PutKeyPolicy',
    resource: 'kms:key',
    conditions: [...KEY_CONDITIONS, 'kms:BypassPolicyLockoutSafetyCheck'],
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.PutKeyPolicy' },
  examples: [{ title: 'delegate to the account', input: { KeyId: exampleKey, Policy: examplePolicy } }],
});

export const GetKeyPolicy = defineOperation({
  name: 'GetKeyPolicy',
  service: 'kms',
  doc: 'Answers the policy of a key, as it was written.',
  input: structure({ KeyId: KeyIdRef, PolicyName: PolicyName.optional() }),
  output: structure({ Policy: policyDocument(131_072), PolicyName }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState'),
  authz: { action: 'kms:GetKeyPolicy', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GetKeyPolicy' },
  examples: [{ title: 'by key id', input: { KeyId: exampleKey } }],
});

export const ListKeyPolicies = defineOperation({
  name: 'ListKeyPolicies',
  service: 'kms',
  doc: 'Lists the names of the policies of a key: always `default` alone.',
  input: structure({ KeyId: KeyIdRef, Limit: PageLimit.optional(), Marker: PageToken.optional() }),
  output: structure({ PolicyNames: list(PolicyName, 0, 1000), NextMarker: PageToken.optional(), Truncated: flag() }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState', 'InvalidMarker'),
  authz: { action: 'kms:ListKeyPolicies', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ListKeyPolicies' },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 100 },
  examples: [{ title: 'by key id', input: { KeyId: exampleKey } }],
});
