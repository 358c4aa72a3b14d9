/**
 * Restored installations. What a backup brings back is an earlier state: the log cannot go on under its name, because more was
 * signed under it. Somebody declares that it was restored, and why; until then nothing is written.
 */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, flag, integer, list, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { PreviousLog } from './shapes.ts';

const Origin = text(1, 255);
/** Why nothing is written. */
const HeldBecause = text(1, 512);

const LogName = annotate(
  structure({
    Epoch: integer(1, Number.MAX_SAFE_INTEGER),
    Origin,
    OpenedAt: timestamp(),
    /** The one before it, and how they hang together; absent: it is the first. */
    Previous: PreviousLog.optional(),
  }),
  { title: 'LogName' },
);

export const DescribeRestore = defineOperation({
  name: 'DescribeRestore',
  service: 'audit',
  doc: 'Whether this installation was restored, or its database put back, without anybody having declared it; and the names that its log has had.',
  input: structure({}),
  output: structure({
    /** Nothing is written until somebody declares the restore. */
    Held: flag(),
    HeldBecause: HeldBecause.optional(),
    LogNames: list(LogName, 0, 1000),
  }),
  authz: { action: 'audit:ReadLog', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  rest: { method: 'GET', path: '/v1/audit/restore' },
  examples: [{ title: 'where it stands', input: {} }],
});

export const DeclareRestore = defineOperation({
  name: 'DeclareRestore',
  service: 'audit',
  doc: 'Declares that the installation was restored from a backup, or that its database was put back: the log goes on under a new name that is linked to the old one, and writes are served again. Sessions end, numbers of lists of revoked certificates jump ahead, and what waits for its deletion waits anew. Management account only.',
  input: structure({
    /** Why it was restored; it stays in the log. */
    Reason: text(1, 1_024),
  }),
  output: structure({
    Origin,
    Previous: PreviousLog,
    /** The backup; absent: the database was put back in another way. */
    BackupId: text(1, 64).optional(),
    /** Nothing that waits for its deletion is deleted before: whether somebody took that back since the backup is not known. */
    DeletionsNotBefore: timestamp(),
  }),
  errors: {
    NothingToDeclare: {
      status: 409,
      doc: 'Nothing says that the installation was restored, or somebody declared it.',
    },
  },
  authz: { action: 'audit:DeclareRestore', resource: '*' },
  effect: 'write',
  whileHeld: 'served',
  audit: { class: 'management' },
  examples: [{ title: 'after the loss of a disk', input: { Reason: 'disk of host 7 was lost, backup of last night' } }],
});

export const GetRestoreState = defineOperation({
  name: 'GetRestoreState',
  service: 'audit',
  doc: 'Whether the other services may write, and which restore was declared last.',
  input: structure({}),
  output: structure({ Held: flag(), HeldBecause: HeldBecause.optional(), RestoreId: text(1, 255).optional() }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
});
