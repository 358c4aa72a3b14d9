/** Reading the chain of the caller's account. */
import { noResource } from '../../../platform/runtime/call.ts';
import { DescribeStream, ReadStream } from '../api/index.ts';
import { type AuditDeps, implement } from '../deps.ts';
import { logPositions } from '../store/log.ts';
import { summarizePending } from '../store/pending.ts';
import { positionOf, readHead, readStream as readRecords } from '../store/records.ts';
import { countMissing, countSilent } from '../store/writers.ts';

const DEFAULT_LIMIT = 1000;
/** A page is an answer in memory: 1,000 records of the largest size would be 60 MB. */
const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;

export const readStream = implement(ReadStream, {
  resolve: noResource,

  async run(call, input, _state, { store }) {
    const from = input.FromSequence ?? 1;
    const page = await readPage(store.read, call.caller.accountId, { from, limit: input.Limit ?? DEFAULT_LIMIT });
    const { Records, head } = page;
    const last = Records.at(-1)?.Sequence;
    return {
      Records,
      Head: { Sequence: head.sequence, Hash: head.hash },
      ...(last !== undefined && last < head.sequence && { NextSequence: last + 1 }),
    };
  },
});

/** Records of a stream as they are shown, and its head when they were read. */
export async function readPage(
  db: AuditDeps['store']['read'],
  accountId: string,
  { from, limit }: { from: number; limit: number },
) {
  // The head first: rows are never changed, so everything up to it is there.
  const head = positionOf(await readHead(db, accountId));
  const to = Math.min(head.sequence, from + limit - 1);
  const records = await readRecords(db, accountId, { from, to }, MAX_PAGE_CHARACTERS);
  const positions = await logPositions(db, accountId, { from, to: records.at(-1)?.sequence ?? from });
  const Records = records.map((record) => ({
    Sequence: record.sequence,
    Record: record.record,
    PreviousHash: record.previousHash,
    Hash: record.hash,
    ...(positions.has(record.sequence) && { LogPosition: positions.get(record.sequence) }),
  }));
  return { Records, head };
}

export const describeStream = implement(DescribeStream, {
  resolve: noResource,

  async run(call, _input, _state, { store }) {
    const { accountId } = call.caller;
    const head = await readHead(store.read, accountId);
    const waiting = await summarizePending(store.read, accountId);
    const { sequence, hash } = positionOf(head);
    return {
      Sequence: sequence,
      Hash: hash,
      ...(head && { FirstTime: head.first_time, LastTime: head.last_time }),
      UnsequencedCount: waiting.count,
      ...(waiting.oldest !== undefined && {
        OldestUnsequencedSeconds: Math.max(0, Math.floor((call.now - waiting.oldest) / 1000)),
      }),
      MissingWriterNumbers: await countMissing(store.read, call.now),
      SilentWriters: await countSilent(store.read, call.now),
    };
  },
});
