/** Following changes of secrets: what changed, never a value. */
import { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  annotate,
  dictionary,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { errors } from './errors.ts';
import { vault } from './service.ts';
import { SecretId, Stages } from './shapes.ts';

export const CHANGE_REASONS = ['created', 'value', 'stages', 'settings', 'deleted', 'restored', 'destroyed'] as const;
export type ChangeReason = (typeof CHANGE_REASONS)[number];
export const DEFAULT_WAIT_SECONDS = 20;
const LONGEST_WAIT_SECONDS = 30;

const SecretChange = annotate(
  structure({
    SecretARN: ArnText,
    /** What happened since the cursor, each once, in order. */
    Reasons: list(oneOf(CHANGE_REASONS), 1, CHANGE_REASONS.length),
    ChangedDate: timestamp(),
    /** As they are now; absent when the secret was destroyed. */
    VersionIdsToStages: dictionary(z.string().min(32).max(64), Stages).optional(),
  }),
  { title: 'SecretChange' },
);

export const WatchSecrets = defineOperation({
  ...vault('management'),
  name: 'WatchSecrets',
  doc: 'Waits for changes of secrets that the caller may describe: all of the account, or those that are named, of any account. Without a cursor it answers the present one at once. CursorExpired: describe everything anew, and start without a cursor.',
  input: structure({
    Cursor: text(1, 4096, { audit: 'drop' }).optional(),
    WaitSeconds: integer(0, LONGEST_WAIT_SECONDS).optional(),
    SecretIds: list(SecretId, 1, 50).optional(),
  }),
  output: structure({ Changes: list(SecretChange, 0, 1000), Cursor: text(1, 4096, { audit: 'drop' }) }),
  errors: errors('NotFound', 'InvalidNextToken', 'CursorExpired'),
  authz: {
    action: 'secretsmanager:WatchSecrets',
    alsoChecks: ['secretsmanager:DescribeSecret'],
    resource: '*',
  },
  effect: 'read',
  longestWaitMs: LONGEST_WAIT_SECONDS * 1000,
  examples: [{ title: 'from now on', input: { WaitSeconds: 20 } }],
});
