/** The life of a key: enabled, disabled, waiting for its deletion. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, integer, oneOf, structure, timestamp } from '../../../platform/contract/shape.ts';
import { KEY_CONDITIONS } from './conditions.ts';
import { managementErrors } from './errors.ts';
import { KEY_STATES, KeyIdRef } from './shapes.ts';

const exampleKey = { KeyId: '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0' };

/** Shortest and longest waiting time before a key is destroyed, in days. AWS stops at 30; see spec kms 3.8. */
const MIN_PENDING_WINDOW_DAYS = 7;
const MAX_PENDING_WINDOW_DAYS = 1096;
export const DEFAULT_PENDING_WINDOW_DAYS = 30;

const PendingWindowInDays = integer(MIN_PENDING_WINDOW_DAYS, MAX_PENDING_WINDOW_DAYS);

export const EnableKey = defineOperation({
  name: 'EnableKey',
  service: 'kms',
  doc: 'Lets a disabled key be used again. Takes a key id or key ARN of the own account.',
  input: structure({ KeyId: KeyIdRef }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState', 'LimitExceeded'),
  authz: { action: 'kms:EnableKey', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.EnableKey' },
  examples: [{ title: 'by key id', input: exampleKey }],
});

export const DisableKey = defineOperation({
  name: 'DisableKey',
  service: 'kms',
  doc: 'Stops every use of a key until it is enabled again. Takes a key id or key ARN of the own account.',
  input: structure({ KeyId: KeyIdRef }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState'),
  authz: { action: 'kms:DisableKey', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.DisableKey' },
  examples: [{ title: 'by key id', input: exampleKey }],
});

export const ScheduleKeyDeletion = defineOperation({
  name: 'ScheduleKeyDeletion',
  service: 'kms',
  doc: 'Stops every use of a key and destroys it when the waiting time has passed: 7 to 1096 days, 30 by default. Nothing encrypted under it can be read after that.',
  input: structure({ KeyId: KeyIdRef, PendingWindowInDays: PendingWindowInDays.optional() }),
  output: structure({
    KeyId: ArnText,
    DeletionDate: timestamp(),
    KeyState: oneOf(KEY_STATES),
    PendingWindowInDays,
  }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState'),
  authz: {
    action: 'kms:ScheduleKeyDeletion',
    resource: 'kms:key',
    conditions: [...KEY_CONDITIONS, 'kms:ScheduleKeyDeletionPendingWindowInDays'],
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ScheduleKeyDeletion' },
  examples: [
    { title: 'after thirty days', input: exampleKey },
    { title: 'after three years', input: { ...exampleKey, PendingWindowInDays: 1096 } },
  ],
});

export const CancelKeyDeletion = defineOperation({
  name: 'CancelKeyDeletion',
  service: 'kms',
  doc: 'Takes a scheduled deletion back; the key is disabled afterwards. Takes a key id or key ARN of the own account.',
  input: structure({ KeyId: KeyIdRef }),
  output: structure({ KeyId: ArnText }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState'),
  authz: { action: 'kms:CancelKeyDeletion', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.CancelKeyDeletion' },
  examples: [{ title: 'by key id', input: exampleKey }],
});

/** What the sweeper records when an account is active again: its keys live longer by the time it was not. */
export const PostponeKeyDeletion = defineOperation({
  name: 'PostponeKeyDeletion',
  service: 'kms',
  doc: 'The waiting time of a key stood still while its account was not active; its end is later now.',
  input: structure({ KeyId: ArnText, DeletionDate: timestamp() }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
  examples: [],
});

/**
 * What the sweeper records when the waiting time of a key is over. Not an operation anybody can call: it gives the
 * record of the deletion its name and shape.
 */
export const DeleteKey = defineOperation({
  name: 'DeleteKey',
  service: 'kms',
  doc: 'The waiting time of a key passed and its material was destroyed.',
  input: structure({ KeyId: ArnText, DeletionDate: timestamp() }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
  examples: [],
});
