/**
 * What may be done to a key in which state, and what becomes of it (spec kms 3.5), as a table. The states that only
 * imports, replicas and external stores reach are here already, so that adding those needs no second look.
 */
import type { KeyState } from '../api/shapes.ts';

/** ok, or the end of AWS's sentence "<key ARN> is ..."; unsupported: AWS says that without a sentence. */
type Answer =
  | 'ok'
  | 'disabled'
  | 'pending deletion'
  | 'pending import'
  | 'unavailable'
  | 'creating'
  | 'updating'
  | 'not pending deletion'
  | 'unsupported';

type Row = Readonly<Record<KeyState, Answer>>;

const ALWAYS: Row = {
  Enabled: 'ok',
  Disabled: 'ok',
  PendingDeletion: 'ok',
  PendingReplicaDeletion: 'ok',
  PendingImport: 'ok',
  Unavailable: 'ok',
  Creating: 'ok',
  Updating: 'ok',
};
const DYING = { PendingDeletion: 'pending deletion', PendingReplicaDeletion: 'pending deletion' } as const;
const USE: Row = {
  ...ALWAYS,
  ...DYING,
  Disabled: 'disabled',
  PendingImport: 'pending import',
  Unavailable: 'unavailable',
  Creating: 'creating',
};
const DECORATE: Row = { ...ALWAYS, ...DYING };
const TOGGLE: Row = {
  ...ALWAYS,
  ...DYING,
  PendingImport: 'pending import',
  Creating: 'creating',
  Updating: 'updating',
};
const ROTATION: Row = {
  ...USE,
  PendingImport: 'unsupported',
  Unavailable: 'unsupported',
};
const SCHEDULE: Row = { ...ALWAYS, ...DYING, Updating: 'updating' };
const CANCEL: Row = {
  Enabled: 'not pending deletion',
  Disabled: 'not pending deletion',
  PendingDeletion: 'ok',
  PendingReplicaDeletion: 'ok',
  PendingImport: 'not pending deletion',
  Unavailable: 'not pending deletion',
  Creating: 'not pending deletion',
  Updating: 'not pending deletion',
};

const TABLE = {
  Encrypt: USE,
  Decrypt: USE,
  ReEncrypt: USE,
  GenerateDataKey: USE,
  GenerateDataKeyWithoutPlaintext: USE,
  GenerateDataKeyPair: USE,
  GenerateDataKeyPairWithoutPlaintext: USE,
  Sign: USE,
  Verify: USE,
  GetPublicKey: USE,
  GenerateMac: USE,
  VerifyMac: USE,
  DescribeKey: ALWAYS,
  CreateGrant: { ...USE, Unavailable: 'ok' },
  ListGrants: ALWAYS,
  RevokeGrant: ALWAYS,
  RetireGrant: ALWAYS,
  GetKeyPolicy: ALWAYS,
  PutKeyPolicy: ALWAYS,
  ListKeyPolicies: ALWAYS,
  ListAliases: ALWAYS,
  ListResourceTags: ALWAYS,
  DeleteAlias: ALWAYS,
  CreateAlias: DECORATE,
  /** Of the new target; the old one may be in any state. */
  UpdateAlias: DECORATE,
  TagResource: DECORATE,
  UntagResource: DECORATE,
  UpdateKeyDescription: DECORATE,
  MoveResource: DECORATE,
  EnableKey: TOGGLE,
  DisableKey: TOGGLE,
  ScheduleKeyDeletion: SCHEDULE,
  CancelKeyDeletion: CANCEL,
  EnableKeyRotation: ROTATION,
  DisableKeyRotation: ROTATION,
  GetKeyRotationStatus: { ...ALWAYS, PendingImport: 'unsupported', Unavailable: 'unsupported' },
  RotateKeyOnDemand: { ...USE, Unavailable: 'unsupported', Updating: 'updating' },
  ListKeyRotations: ALWAYS,
} as const satisfies Record<string, Row>;

export type KeyOperation = keyof typeof TABLE;
export const KEY_OPERATIONS = Object.keys(TABLE) as KeyOperation[];

export interface StateProblem {
  code: 'Disabled' | 'InvalidState' | 'UnsupportedOperation';
  /** AWS's sentence, full stop included: Terraform matches it. */
  message: string;
}

/** Why an operation is refused in this state, or undefined. */
export function stateProblem(operation: KeyOperation, state: KeyState, arn: string): StateProblem | undefined {
  const answer = TABLE[operation][state];
  if (answer === 'ok') return undefined;
  if (answer === 'unsupported') return { code: 'UnsupportedOperation', message: '' };
  return { code: answer === 'disabled' ? 'Disabled' : 'InvalidState', message: `${arn} is ${answer}.` };
}

/** The state after an operation that changes it. Cancelling never enables: somebody has to decide that. */
export const STATE_AFTER = {
  EnableKey: 'Enabled',
  DisableKey: 'Disabled',
  ScheduleKeyDeletion: 'PendingDeletion',
  CancelKeyDeletion: 'Disabled',
} as const satisfies Partial<Record<KeyOperation, KeyState>>;

export const DAY_MS = 86_400_000;
