/** The Merkle log over the records of all accounts: checkpoints, tiles and proofs. Hashes of others tell nothing. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  annotate,
  blob,
  flag,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { EventId, PreviousLog, Sequence, StreamRecord } from './shapes.ts';

const PLACE = integer(0, Number.MAX_SAFE_INTEGER);
const Hash = blob(32, 32);
const Proof = annotate(list(Hash, 0, 64), { audit: 'length' });
/** A signed note (C2SP tlog-checkpoint). */
const Note = text(1, 8_192, { audit: 'length' });

const NoSuchTile = { status: 404, doc: 'The log has no such tile, or is not that wide there yet.' };
/** 256 entries of the largest size. */
const MAX_BUNDLE_BYTES = 256 * (2 + 65_535);

const shared = { service: 'audit', effect: 'read', audit: { class: 'management' } } as const;

/** A process elsewhere that cosigns checkpoints of a log that only grew. */
const Witness = structure({
  Name: text(1, 255),
  /** `Refused`: it cosigned what this log is not any more. `Unusable`: it cannot be asked. */
  State: oneOf(['Waiting', 'Cosigning', 'Unusable', 'Refused']),
  /** The newest checkpoint that it cosigned, and when. */
  Size: PLACE.optional(),
  CosignedAt: timestamp().optional(),
  Reason: text(1, 512).optional(),
});

export const GetLogCheckpoint = defineOperation({
  ...shared,
  name: 'GetLogCheckpoint',
  doc: 'The newest signed state of the log: how many records it has, and the root of their tree, with the cosignatures of witnesses. Keep it: a log that does not continue it was changed.',
  input: structure({
    /** The newest one that all witnesses which can be asked have cosigned, at least one, in place of the newest one. */
    Cosigned: flag().optional(),
  }),
  output: structure({
    Origin: text(1, 255),
    Size: PLACE,
    RootHash: Hash,
    Checkpoint: Note,
    SignedAt: timestamp(),
    /** Keys that may have signed it, as verifiers take them; the one that signs now first. */
    VerifierKeys: list(text(1, 512), 1, 10),
    /** `Refused`: the database does not continue what was signed before, so nothing is signed any more. */
    State: oneOf(['Signed', 'Refused']),
    Reason: text(1, 512).optional(),
    Previous: PreviousLog.optional(),
    Witnesses: list(Witness, 0, 100),
  }),
  authz: { action: 'audit:ReadLog', resource: '*' },
  rest: { method: 'GET', path: '/v1/audit/log/checkpoint' },
  errors: { NotSigned: { status: 409, doc: 'No checkpoint was signed yet.' } },
  examples: [{ title: 'The newest checkpoint', input: {} }],
});

export const ReadLogTile = defineOperation({
  ...shared,
  name: 'ReadLogTile',
  doc: 'Hashes of the tree in tiles of 256 (C2SP tlog-tiles): level 0 has the leaves, every other level the roots of full tiles below. A tile of width 256 never changes.',
  input: structure({ Level: integer(0, 6), Index: PLACE, Width: integer(1, 256).optional() }),
  output: structure({ Hashes: blob(8_192, 32) }),
  authz: { action: 'audit:ReadLog', resource: '*' },
  rest: { method: 'POST', path: '/v1/audit/log/read-tile' },
  errors: { NoSuchTile },
  examples: [{ title: 'The first three leaves', input: { Level: 0, Index: 0, Width: 3 } }],
});

export const ReadLogEntries = defineOperation({
  ...shared,
  name: 'ReadLogEntries',
  doc: 'What the leaves of a tile are the hashes of (C2SP tlog-tiles): the records of all accounts with their places in the chains. Management account only.',
  input: structure({ Index: PLACE, Width: integer(1, 256).optional() }),
  output: structure({ Entries: blob(MAX_BUNDLE_BYTES, 2) }),
  authz: { action: 'audit:ReadLogEntries', resource: '*' },
  rest: { method: 'POST', path: '/v1/audit/log/read-entries' },
  errors: { NoSuchTile },
  examples: [{ title: 'The first entry', input: { Index: 0, Width: 1 } }],
});

export const ProveRecord = defineOperation({
  ...shared,
  name: 'ProveRecord',
  doc: "A record of the caller's account with the proof that it is in the log that the checkpoint is about. The leaf is the SHA-256 of a zero byte and what is hashed in the chain.",
  input: structure({ EventId }),
  output: structure({
    ...StreamRecord.shape,
    LogPosition: PLACE,
    Proof,
    Checkpoint: Note,
  }),
  authz: { action: 'audit:ReadLog', resource: '*' },
  rest: { method: 'POST', path: '/v1/audit/log/prove-record' },
  errors: {
    EventNotFound: { status: 404, doc: 'The account has no such record.' },
    NotSigned: { status: 409, doc: 'The record is younger than the newest checkpoint.' },
  },
  examples: [{ title: 'One record', input: { EventId: '018f5e3a-1111-7abc-8def-0123456789ab' } }],
});

export const ProveLogGrowth = defineOperation({
  ...shared,
  name: 'ProveLogGrowth',
  doc: 'The proof that the log of one size is the beginning of the log of a later one.',
  input: structure({ FromSize: PLACE, ToSize: Sequence }),
  output: structure({ Proof }),
  authz: { action: 'audit:ReadLog', resource: '*' },
  rest: { method: 'POST', path: '/v1/audit/log/prove-growth' },
  errors: { NoSuchSize: { status: 404, doc: 'The log is not that long yet, or the sizes are in the wrong order.' } },
  examples: [{ title: 'From 1 record to 3', input: { FromSize: 1, ToSize: 3 } }],
});

/** The record of an alarm: done by the service itself, asked for by nobody. */
export const ReportWitnessRefusal = defineOperation({
  name: 'ReportWitnessRefusal',
  service: 'audit',
  doc: 'A witness cosigned what this log is not any more: the record was changed, or the database was put back.',
  input: structure({ Witness: text(1, 255), Reason: text(1, 512), Size: PLACE }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
});
