/** Reading the chain of the caller's account. */
import { noResource } from '../../../platform/runtime/call.ts';
import { DescribeStream, ReadStream } from '../api/index.ts';
import { implement } from '../deps.ts';
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
    const { accountId } = call.caller;
    // The head first: rows are never changed, so everything up to it is there.
    const head = positionOf(await readHead(store.read, accountId));
    const from = input.FromSequence ?? 1;
    const to = Math.min(head.sequence, from + (input.Limit ?? DEFAULT_LIMIT) - 1);
    const records = await readRecords(store.read, accountId, { from, to }, MAX_PAGE_CHARACTERS);
    const last = records.at(-1)?.sequence;
    const positions = await logPositions(store.read, accountId, { from, to: last ?? from });
    return {
      Records: records.map((record) => ({
        Sequence: record.sequence,
        Record: record.record,
        PreviousHash: record.previousHash,
        Hash: record.hash,
        ...(positions.has(record.sequence) && { LogPosition: positions.get(record.sequence) }),
      })),
      Head: { Sequence: head.sequence, Hash: head.hash },
      ...(last !== undefined && last < head.sequence && { NextSequence: last + 1 }),
    };
  },
});

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
