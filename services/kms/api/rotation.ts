/** Rotation: new key material under the same key. Old ciphertexts name theirs and stay readable. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  flag,
  integer,
  list,
  oneOf,
  PageLimit,
  PageToken,
  structure,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { KEY_CONDITIONS } from './conditions.ts';
import { managementErrors } from './errors.ts';
import { KeyIdRef, KeyMaterialId } from './shapes.ts';

const exampleKey = { KeyId: '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0' };

export const ROTATION_TYPES = ['AUTOMATIC', 'ON_DEMAND'] as const;
export type RotationType = (typeof ROTATION_TYPES)[number];
const RotationPeriodInDays = integer(90, 2560);
export const DEFAULT_ROTATION_PERIOD_DAYS = 365;

export const EnableKeyRotation = defineOperation({
  name: 'EnableKeyRotation',
  service: 'kms',
  doc: 'Gives a symmetric key new material every 90 to 2560 days, 365 by default, beginning that many days from now. Takes a key id or key ARN of the own account.',
  input: structure({ KeyId: KeyIdRef, RotationPeriodInDays: RotationPeriodInDays.optional() }),
  errors: managementErrors('NotFound', 'InvalidArn', 'Disabled', 'InvalidState', 'UnsupportedOperation'),
  authz: {
    action: 'kms:EnableKeyRotation',
    resource: 'kms:key',
    conditions: [...KEY_CONDITIONS, 'kms:RotationPeriodInDays'],
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.EnableKeyRotation' },
  examples: [
    { title: 'every year', input: exampleKey },
    { title: 'every quarter', input: { ...exampleKey, RotationPeriodInDays: 90 } },
  ],
});

export const DisableKeyRotation = defineOperation({
  name: 'DisableKeyRotation',
  service: 'kms',
  doc: 'Ends the automatic rotation of a key; its material stays as it is. Takes a key id or key ARN of the own account.',
  input: structure({ KeyId: KeyIdRef }),
  errors: managementErrors('NotFound', 'InvalidArn', 'Disabled', 'InvalidState', 'UnsupportedOperation'),
  authz: { action: 'kms:DisableKeyRotation', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.DisableKeyRotation' },
  examples: [{ title: 'by key id', input: exampleKey }],
});

export const GetKeyRotationStatus = defineOperation({
  name: 'GetKeyRotationStatus',
  service: 'kms',
  doc: 'Whether a key rotates by itself, how often and when next. Takes a key id or key ARN; the ARN may name another account.',
  input: structure({ KeyId: KeyIdRef }),
  output: structure({
    KeyRotationEnabled: flag(),
    KeyId: KeyIdRef,
    RotationPeriodInDays: RotationPeriodInDays.optional(),
    NextRotationDate: timestamp().optional(),
  }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState', 'UnsupportedOperation'),
  authz: { action: 'kms:GetKeyRotationStatus', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GetKeyRotationStatus' },
  examples: [{ title: 'by key id', input: exampleKey }],
});

export const RotateKeyOnDemand = defineOperation({
  name: 'RotateKeyOnDemand',
  service: 'kms',
  doc: 'Gives a symmetric key new material now, at most 25 times; automatic rotation goes on as planned. Takes a key id or key ARN of the own account.',
  input: structure({ KeyId: KeyIdRef }),
  output: structure({ KeyId: KeyIdRef }),
  errors: managementErrors(
    'NotFound',
    'InvalidArn',
    'Disabled',
    'InvalidState',
    'UnsupportedOperation',
    'LimitExceeded',
    'RotationDue',
  ),
  authz: { action: 'kms:RotateKeyOnDemand', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.RotateKeyOnDemand' },
  examples: [{ title: 'by key id', input: exampleKey }],
});

export const ListKeyRotations = defineOperation({
  name: 'ListKeyRotations',
  service: 'kms',
  doc: 'Lists the rotations of a key, or all its key material, oldest first. Takes a key id or key ARN of the own account.',
  input: structure({
    KeyId: KeyIdRef,
    IncludeKeyMaterial: oneOf(['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY']).optional(),
    Limit: PageLimit.optional(),
    Marker: PageToken.optional(),
  }),
  output: structure({
    Rotations: list(
      structure({
        KeyId: KeyIdRef,
        KeyMaterialId,
        KeyMaterialState: oneOf(['NON_CURRENT', 'CURRENT']),
        RotationDate: timestamp().optional(),
        RotationType: oneOf(ROTATION_TYPES).optional(),
      }),
      0,
      1000,
    ),
    NextMarker: PageToken.optional(),
    Truncated: flag(),
  }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidMarker', 'InvalidState', 'UnsupportedOperation'),
  authz: { action: 'kms:ListKeyRotations', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ListKeyRotations' },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 100 },
  examples: [{ title: 'by key id', input: exampleKey }],
});

/** What is recorded when a key got new material without a request for it. Not an operation anybody can call. */
export const RotateKey = defineOperation({
  name: 'RotateKey',
  service: 'kms',
  doc: 'The rotation period of a key passed and it was given new material.',
  input: structure({ KeyId: ArnText, KeyMaterialId, RotationType: oneOf(ROTATION_TYPES) }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
  examples: [],
});
