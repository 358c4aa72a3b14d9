import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, integer, list, structure, timestamp } from '../../../platform/contract/shape.ts';
import { HashText, Sequence, StreamHead, StreamRecord } from './shapes.ts';

export const ReadStream = defineOperation({
  name: 'ReadStream',
  service: 'audit',
  doc: "The records of the caller's account in the order of the hash chain, character for character, so that the chain can be recomputed elsewhere.",
  input: structure({
    /** Default: the first record. */
    FromSequence: Sequence.optional(),
    Limit: integer(1, 1000).optional(),
  }),
  output: structure({
    Records: annotate(list(StreamRecord, 0, 1000), { audit: 'length' }),
    /** The last record of the stream when this page was read. */
    Head: StreamHead,
    /** Where the next page starts; absent at the head. */
    NextSequence: Sequence.optional(),
  }),
  authz: { action: 'audit:ReadStream', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  rest: { method: 'POST', path: '/v1/audit/read-stream' },
  examples: [{ title: 'From the beginning', input: { FromSequence: 1, Limit: 100 } }],
});

export const DescribeStream = defineOperation({
  name: 'DescribeStream',
  service: 'audit',
  doc: "The head of the caller's stream: what to remember to notice a stream that was cut off later.",
  input: structure({}),
  output: structure({
    /** Number of records, and sequence of the last one. */
    Sequence: integer(0, Number.MAX_SAFE_INTEGER),
    Hash: HashText,
    FirstTime: timestamp().optional(),
    LastTime: timestamp().optional(),
    /** Records that have arrived and have no number yet. */
    UnsequencedCount: integer(0, Number.MAX_SAFE_INTEGER),
    OldestUnsequencedSeconds: integer(0, Number.MAX_SAFE_INTEGER).optional(),
    /**
     * Numbers of writers (all accounts together) that never arrived. Transactions that failed after their record was
     * numbered leave such holes until the writer takes them back, within a minute; what stays was lost on its way.
     */
    MissingWriterNumbers: integer(0, Number.MAX_SAFE_INTEGER),
    /** Writers that did not stop, and did not say for six minutes that they live. */
    SilentWriters: integer(0, Number.MAX_SAFE_INTEGER),
  }),
  authz: { action: 'audit:DescribeStream', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  rest: { method: 'GET', path: '/v1/audit/head' },
  examples: [{ title: 'The head of the stream', input: {} }],
});
