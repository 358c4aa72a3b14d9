/** Reading the Merkle log. */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, noResource, type Resolved } from '../../../platform/runtime/call.ts';
import { verifierText } from '../../../tlog/note.ts';
import { TILE_WIDTH, widthAt, writeEntries } from '../../../tlog/tile.ts';
import { consistencyProof, inclusionProof } from '../../../tlog/tree.ts';
import { GetLogCheckpoint, ProveLogGrowth, ProveRecord, ReadLogEntries, ReadLogTile } from '../api/log.ts';
import { verifierKeys } from '../checkpoint/checkpointer.ts';
import { shownPrevious } from '../checkpoint/previous-log.ts';
import type { WitnessStatus } from '../checkpoint/witnesses.ts';
import { type AuditDeps, implement } from '../deps.ts';
import {
  cosignatures,
  latestCheckpoint,
  latestCosignature,
  latestCosigned,
  previousOf,
  readOrigin,
} from '../store/checkpoints.ts';
import { hashesAt, logPositions, logSize, readBundle, readTile } from '../store/log.ts';
import { readStream } from '../store/records.ts';
import { findPlace } from '../store/search.ts';

const NOT_SIGNED = { hint: 'a checkpoint is signed within a second of a record: ask again' };

export const getLogCheckpoint = implement(GetLogCheckpoint, {
  resolve: noResource,

  async run(call, { Cosigned = false }, _state, { store, hsm, checkpointer, witnesses }) {
    const named = await readOrigin(store.read);
    const asked = witnesses.statuses;
    const able = asked.filter(({ state }) => state === 'cosigning').length;
    const checkpoint =
      named &&
      (Cosigned
        ? await latestCosigned(store.read, named.epoch, Math.max(1, able))
        : await latestCheckpoint(store.read, named.epoch));
    if (!checkpoint) throw call.fail('NotSigned', 'no checkpoint was signed yet', NOT_SIGNED);
    const keys = await verifierKeys(hsm, named.origin);
    const { status } = checkpointer;
    const lines = await cosignatures(store.read, checkpoint);
    const previous = previousOf(named);
    return {
      Origin: named.origin,
      Size: checkpoint.size,
      RootHash: checkpoint.root,
      Checkpoint: checkpoint.note + lines.map(({ line }) => line).join(''),
      SignedAt: checkpoint.signed_at,
      Witnesses: await Promise.all(asked.map((one) => shownWitness(store, named.epoch, one))),
      ...(previous && { Previous: shownPrevious(previous) }),
      VerifierKeys: keys.map(({ note }) => verifierText(note)),
      ...(status.state === 'signed'
        ? { State: 'Signed' as const }
        : { State: 'Refused' as const, Reason: status.reason.slice(0, 512) }),
    };
  },
});

const WITNESS_STATES = {
  waiting: 'Waiting',
  cosigning: 'Cosigning',
  unusable: 'Unusable',
  refused: 'Refused',
} as const;

async function shownWitness(store: AuditDeps['store'], epoch: number, { name, state, reason }: WitnessStatus) {
  const last = await latestCosignature(store.read, epoch, name);
  return {
    Name: name,
    State: WITNESS_STATES[state],
    ...(last && { Size: last.size, CosignedAt: last.signed_at }),
    ...(reason !== undefined && { Reason: reason.slice(0, 512) }),
  };
}

export const readLogTile = implement(ReadLogTile, {
  resolve: noResource,

  async run(call, { Level: level, Index: index, Width: width = TILE_WIDTH }, _state, { store }) {
    const tile = { level, index, width };
    const there = widthAt(await logSize(store.read), tile);
    if (there < width)
      throw call.fail('NoSuchTile', `tile ${level}/${index} of the log has ${there} hashes, not ${width}`);
    return { Hashes: await readTile(store.read, tile) };
  },
});

/** What concerns every account is the management account's. */
export async function ofInstallation(
  _call: Call<AnyOperation>,
  _input: unknown,
  deps: AuditDeps,
): Promise<Resolved<undefined>> {
  const { ManagementAccountId = 'none' } = await deps.clients.iam.DescribeAccounts({ AccountIds: [], Emails: [] });
  return { targets: [{ resource: '*', accountId: ManagementAccountId }], state: undefined };
}

export const readLogEntries = implement(ReadLogEntries, {
  resolve: ofInstallation,

  async run(call, { Index: index, Width: width = TILE_WIDTH }, _state, { store }) {
    const there = widthAt(await logSize(store.read), { level: 'entries', index });
    if (there < width) throw call.fail('NoSuchTile', `bundle ${index} of the log has ${there} entries, not ${width}`);
    return { Entries: writeEntries(await readBundle(store.read, { index, width })) };
  },
});

export const proveRecord = implement(ProveRecord, {
  resolve: noResource,

  async run(call, { EventId }, _state, { store }) {
    const { accountId } = call.caller;
    const sequence = await findPlace(store.read, accountId, EventId);
    const [record] =
      sequence === undefined
        ? []
        : await readStream(store.read, accountId, { from: sequence, to: sequence }, Number.MAX_SAFE_INTEGER);
    if (!record) throw call.fail('EventNotFound', `the account has no record ${EventId}`);
    const { sequence: number } = record;
    const position = (await logPositions(store.read, accountId, { from: number, to: number })).get(number);
    const checkpoint = await latestCheckpoint(store.read);
    if (position === undefined || !checkpoint || position >= checkpoint.size)
      throw call.fail('NotSigned', `record ${EventId} is in no signed checkpoint yet`, NOT_SIGNED);
    return {
      Sequence: record.sequence,
      Record: record.record,
      PreviousHash: record.previousHash,
      Hash: record.hash,
      LogPosition: position,
      Proof: await inclusionProof(position, checkpoint.size, hashesAt(store.read, checkpoint.size)),
      Checkpoint: checkpoint.note,
    };
  },
});

export const proveLogGrowth = implement(ProveLogGrowth, {
  resolve: noResource,

  async run(call, { FromSize, ToSize }, _state, { store }) {
    if (FromSize > ToSize || ToSize > (await logSize(store.read)))
      throw call.fail('NoSuchSize', `the log did not grow from ${FromSize} to ${ToSize} records`);
    return { Proof: await consistencyProof(FromSize, ToSize, hashesAt(store.read, ToSize)) };
  },
});
