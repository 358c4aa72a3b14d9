/**
 * Restored installations. What a backup brings back is an earlier state: the log cannot go on under its name, because more was
 * signed under it. Somebody declares that it was restored, and why; until then nothing is written.
 */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, blob, flag, integer, list, structure, text, timestamp } from '../../../platform/contract/shape.ts';

const SIZE = integer(0, Number.MAX_SAFE_INTEGER);
const Origin = text(1, 255);
const Reason = text(1, 512);

const LogName = annotate(
  structure({
    Epoch: integer(1, Number.MAX_SAFE_INTEGER),
    Origin,
    OpenedAt: timestamp(),
    /** How many signed records of the one before it are the beginning of this log, and their root; absent: it is the first. */
    ContinuesFrom: SIZE.optional(),
    RootHash: blob(32, 32).optional(),
    /** What was signed under the one before it, as far as this machine remembers; more than ContinuesFrom was lost. */
    SignedBefore: SIZE.optional(),
    /** Why it was opened, as somebody declared it. */
    Reason: Reason.optional(),
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
    HeldBecause: Reason.optional(),
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
  doc: 'Declares that the installation was restored from a backup, or that its database was put back: the log goes on under a new name that is linked to the old one, and writes are served again. Sessions end, and numbers of lists of revoked certificates jump ahead. Management account only.',
  input: structure({ Reason }),
  output: structure({
    Origin,
    PreviousOrigin: Origin,
    ContinuesFrom: SIZE,
    RootHash: blob(32, 32),
    SignedBefore: SIZE,
    /** The backup; absent: the database was put back in another way. */
    BackupId: text(1, 64).optional(),
  }),
  errors: { NothingToDeclare: { status: 409, doc: 'The installation was not restored, or somebody declared it.' } },
  authz: { action: 'audit:DeclareRestore', resource: '*' },
  effect: 'write',
  whileHeld: true,
  audit: { class: 'management' },
  examples: [{ title: 'after the loss of a disk', input: { Reason: 'disk of host 7 was lost, backup of last night' } }],
});

export const GetRestoreState = defineOperation({
  name: 'GetRestoreState',
  service: 'audit',
  doc: 'Whether the other services may write, and which restore was declared last.',
  input: structure({}),
  output: structure({ Held: flag(), HeldBecause: Reason.optional(), RestoreId: text(1, 64).optional() }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
});
