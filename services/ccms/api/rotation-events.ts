/**
 * What the journal of rotations records. Not operations anybody can call: they give records their names (as CloudTrail
 * has them where it has such an event) and shapes.
 */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, integer, oneOf, structure, text } from '../../../platform/contract/shape.ts';
import { ROTATION_STATES, ROTATION_STEPS, RUN_FAILURES } from './rotation-names.ts';
import { vault } from './service.ts';
import { VersionId } from './shapes.ts';

const input = structure({
  SecretId: ArnText,
  RunId: text(36, 36),
  VersionId,
  State: oneOf(ROTATION_STATES),
  /** That was done, or did not succeed. */
  Step: oneOf(ROTATION_STEPS).optional(),
  Attempts: integer(0, 2 ** 31 - 1).optional(),
  Failure: oneOf(RUN_FAILURES).optional(),
});

const event = (name: string, doc: string) =>
  defineOperation({
    ...vault('management'),
    name,
    doc,
    input,
    authz: 'internal',
    effect: 'write',
    examples: [],
  });

export const ROTATION_EVENTS = {
  started: event('RotationStarted', 'The schedule began a rotation.'),
  step: event('RotationStepSucceeded', 'A step of a rotation was done.'),
  succeeded: event('RotationSucceeded', 'The new value of a rotation became AWSCURRENT.'),
  failed: event('RotationFailed', 'A step of a rotation did not succeed.'),
  outOfSync: event('RotationOutOfSync', 'The target of a rotation accepts neither the new nor the current value.'),
  retired: event('RotationRetired', 'The credential that a rotation replaced was closed.'),
  abandoned: event('RotationAbandoned', 'The new value of a rotation was withdrawn.'),
  resumed: event('RotationResumed', 'The schedule goes on with a rotation that had failed.'),
} as const;

export type RotationEvent = keyof typeof ROTATION_EVENTS;
