/** Deleting secrets, and taking that back. */

import { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, annotate, flag, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors } from './errors.ts';
import { TARGET, vault } from './service.ts';
import { named, SecretId } from './shapes.ts';

export const DeleteSecret = defineOperation({
  ...vault('management'),
  name: 'DeleteSecret',
  doc: 'Makes a secret unreadable, and destroys it when 7 to 30 days have passed (30 unless said), or at once when forced.',
  input: structure({
    SecretId,
    /** 7 to 30; anything else is an InvalidParameter, as on AWS. */
    RecoveryWindowInDays: annotate(z.int(), { audit: 'plain' }).optional(),
    ForceDeleteWithoutRecovery: flag().optional(),
  }),
  // What does not exist is deleted by force as well, whatever its name.
  output: structure({ ARN: ArnText, Name: text(1, 2048), DeletionDate: timestamp() }),
  errors: changeErrors(),
  authz: {
    action: 'secretsmanager:DeleteSecret',
    resource: 'secretsmanager:secret',
    conditions: [
      ...SECRET_CONDITIONS,
      'secretsmanager:RecoveryWindowInDays',
      'secretsmanager:ForceDeleteWithoutRecovery',
    ],
  },
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.DeleteSecret` },
  examples: [{ title: 'in a week', input: { SecretId: 'shop/db', RecoveryWindowInDays: 7 } }],
});

export const RestoreSecret = defineOperation({
  ...vault('management'),
  name: 'RestoreSecret',
  doc: 'Takes the deletion of a secret back while its time has not passed.',
  input: structure({ SecretId }),
  output: structure(named),
  errors: changeErrors(),
  authz: {
    action: 'secretsmanager:RestoreSecret',
    resource: 'secretsmanager:secret',
    conditions: SECRET_CONDITIONS,
  },
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.RestoreSecret` },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

/**
 * What the sweeper records when the time of a secret has passed. Not an operation anybody can call: it gives the record
 * its name and shape.
 */
export const PurgeSecret = defineOperation({
  ...vault('management'),
  name: 'PurgeSecret',
  doc: 'The recovery window of a secret passed and its versions were destroyed.',
  input: structure({ SecretId: ArnText, DeletionDate: timestamp() }),
  authz: 'internal',
  effect: 'write',
  examples: [],
});
