/** Grants: permissions on one key for one principal, given and taken back one by one. They allow, and never deny. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  annotate,
  flag,
  list,
  oneOf,
  PageLimit,
  PageToken,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { ACCOUNT_CONDITIONS, KEY_CONDITIONS } from './conditions.ts';
import { managementErrors } from './errors.ts';
import { EncryptionContext, GrantTokens, KeyIdRef } from './shapes.ts';

export const GRANT_OPERATIONS = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
] as const;
export type GrantOperation = (typeof GRANT_OPERATIONS)[number];

const exampleKey = '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0';
const examplePrincipal = 'arn:aws:iam::111122223333:user/alice';
const exampleGrant = '0c237476b39f8bc44e45212e08498fbe3151305030726c0590dd8d3e9f3d6a60';

const Principal = text(1, 256, { pattern: /^[\w+=,.@:/-]+$/ });
const Operations = list(oneOf(GRANT_OPERATIONS), 1, GRANT_OPERATIONS.length);
const GrantName = text(1, 256, { pattern: /^[a-zA-Z0-9:/_-]+$/ });
/** 64 hexadecimal digits; other texts are answered by name. */
const GrantId = text(1, 128);
/** Not a secret, but never in a list or a record. */
const GrantToken = annotate(text(1, 8192, { audit: 'drop' }), { audit: 'drop' });
const Constraints = structure({
  EncryptionContextSubset: EncryptionContext.optional(),
  EncryptionContextEquals: EncryptionContext.optional(),
  SourceArn: text(20, 2048).optional(),
});

const Entry = structure({
  KeyId: ArnText,
  GrantId,
  Name: GrantName.optional(),
  CreationDate: timestamp(),
  GranteePrincipal: Principal,
  RetiringPrincipal: Principal.optional(),
  IssuingAccount: ArnText,
  Operations,
  Constraints: Constraints.optional(),
});
const Page = { Grants: list(Entry, 0, 1000), NextMarker: PageToken.optional(), Truncated: flag() };

export const CreateGrant = defineOperation({
  name: 'CreateGrant',
  service: 'kms',
  doc: 'Lets one principal use a key for the operations that are named, within constraints. With a name, repeating the request answers the same grant. Takes a key id or key ARN; the ARN may name another account.',
  input: structure({
    KeyId: KeyIdRef,
    /** Optional for AWS, where a service can take its place. */
    GranteePrincipal: Principal.optional(),
    RetiringPrincipal: Principal.optional(),
    Operations,
    Constraints: Constraints.optional(),
    GrantTokens: GrantTokens.optional(),
    Name: GrantName.optional(),
    DryRun: flag().optional(),
  }),
  output: structure({ GrantToken, GrantId }),
  errors: managementErrors(
    'NotFound',
    'Disabled',
    'InvalidArn',
    'InvalidGrantToken',
    'LimitExceeded',
    'InvalidState',
    'DryRunOperation',
  ),
  authz: {
    action: 'kms:CreateGrant',
    resource: 'kms:key',
    conditions: [
      ...KEY_CONDITIONS,
      'kms:EncryptionContext:*',
      'kms:EncryptionContextKeys',
      'kms:GrantConstraintType',
      'kms:GrantIsForAWSResource',
      'kms:GrantOperations',
      'kms:GranteePrincipal',
      'kms:RetiringPrincipal',
    ],
  },
  onBehalf: ['ccms'],
  effect: 'write',
  audit: { class: 'management' },
  aws: {
    protocol: 'json-1.1',
    target: 'TrentService.CreateGrant',
    unsupported: ['GranteeServicePrincipal', 'RetiringServicePrincipal'],
  },
  examples: [
    {
      title: 'to read one application’s data',
      input: {
        KeyId: exampleKey,
        GranteePrincipal: examplePrincipal,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: { app: 'billing' } },
      },
    },
  ],
});

export const ListGrants = defineOperation({
  name: 'ListGrants',
  service: 'kms',
  doc: 'Lists the grants of a key, by id. Takes a key id or key ARN; the ARN may name another account.',
  input: structure({
    KeyId: KeyIdRef,
    GrantId: GrantId.optional(),
    GranteePrincipal: Principal.optional(),
    Limit: PageLimit.optional(),
    Marker: PageToken.optional(),
  }),
  output: structure(Page),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidMarker', 'InvalidGrantId', 'InvalidState'),
  authz: { action: 'kms:ListGrants', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ListGrants', unsupported: ['GranteeServicePrincipal'] },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 50 },
  examples: [{ title: 'of a key', input: { KeyId: exampleKey } }],
});

export const ListRetirableGrants = defineOperation({
  name: 'ListRetirableGrants',
  service: 'kms',
  doc: 'Lists the grants that a principal of the own account may retire, of keys of any account, by id.',
  input: structure({
    RetiringPrincipal: Principal.optional(),
    Limit: PageLimit.optional(),
    Marker: PageToken.optional(),
  }),
  output: structure(Page),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidMarker'),
  authz: { action: 'kms:ListRetirableGrants', resource: '*', conditions: ACCOUNT_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ListRetirableGrants', unsupported: ['RetiringServicePrincipal'] },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 50 },
  examples: [{ title: 'of a user', input: { RetiringPrincipal: examplePrincipal } }],
});

export const RevokeGrant = defineOperation({
  name: 'RevokeGrant',
  service: 'kms',
  doc: 'Ends a grant, for those who manage the key. Takes a key id or key ARN; the ARN may name another account.',
  input: structure({ KeyId: KeyIdRef, GrantId, DryRun: flag().optional() }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidGrantId', 'InvalidState', 'DryRunOperation'),
  authz: {
    action: 'kms:RevokeGrant',
    resource: 'kms:key',
    conditions: [...KEY_CONDITIONS, 'kms:GrantIsForAWSResource'],
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.RevokeGrant' },
  examples: [{ title: 'by id', input: { KeyId: exampleKey, GrantId: exampleGrant } }],
});

export const RetireGrant = defineOperation({
  name: 'RetireGrant',
  service: 'kms',
  doc: 'Ends a grant, for those whom it names: the retiring principal, a grantee that may retire it, the account that created it. Takes a grant token, or the key ARN and the grant id.',
  input: structure({
    GrantToken: GrantToken.optional(),
    KeyId: KeyIdRef.optional(),
    GrantId: GrantId.optional(),
    DryRun: flag().optional(),
  }),
  errors: managementErrors(
    'NotFound',
    'InvalidArn',
    'InvalidGrantToken',
    'InvalidGrantId',
    'InvalidState',
    'DryRunOperation',
  ),
  authz: { action: 'kms:RetireGrant', resource: 'kms:key', conditions: KEY_CONDITIONS },
  onBehalf: ['ccms'],
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.RetireGrant' },
  examples: [
    {
      title: 'by id',
      input: { KeyId: `arn:aws:kms:local-1:111122223333:key/${exampleKey}`, GrantId: exampleGrant },
    },
  ],
});
