/** Recomputes the chain of one account from its pages (`ReadStream`); used by `parapet audit verify`. */
import { type ChainFault, ChainVerifier, GENESIS, type StreamPosition } from './chain.ts';

/** A page as `ReadStream` answers it. */
export interface StreamPage {
  Records: readonly { Sequence: number; Record: string; PreviousHash: string; Hash: string }[];
  Head: { Sequence: number; Hash: string };
  NextSequence?: number | undefined;
}

export type StreamFault =
  | ChainFault
  /** The stream ends before the remembered head, or before the head that the service itself names. */
  | 'truncated'
  /** The record at the remembered head is another one: the stream was written anew. */
  | 'rewritten'
  /** The head that the service names is not the last record. */
  | 'head';

export interface StreamReport {
  ok: boolean;
  /** Records that verified. */
  records: number;
  /** The last position that verified: what to remember for the next time. */
  head: StreamPosition;
  firstBad?: number;
  reason?: StreamFault;
}

export interface VerifyOptions {
  accountId: string;
  /** A page of at most `limit` records, from `fromSequence`. */
  read(fromSequence: number, limit: number): Promise<StreamPage>;
  /** A head remembered from earlier: notices a tail that was cut off and a stream that was written anew. */
  expectedHead?: StreamPosition;
  /** Verify only what follows this position, which was verified before. */
  after?: StreamPosition;
  pageSize?: number;
}

const PAGE_SIZE = 1000;

/** Never throws for what it finds; errors of `read` pass through. */
export async function verifyStream(options: VerifyOptions): Promise<StreamReport> {
  const { expectedHead, after = GENESIS, pageSize = PAGE_SIZE } = options;
  const verifier = new ChainVerifier(options.accountId, after);
  const report = (firstBad?: number, reason?: StreamFault): StreamReport => ({
    ok: reason === undefined,
    records: verifier.head.sequence - after.sequence,
    head: verifier.head,
    ...(firstBad !== undefined && { firstBad }),
    ...(reason !== undefined && { reason }),
  });

  for (;;) {
    const from = verifier.head.sequence + 1;
    const page = await options.read(from, pageSize);
    for (const item of page.Records) {
      const at = verifier.head.sequence + 1;
      const fault = verifier.check({
        sequence: item.Sequence,
        record: item.Record,
        previousHash: item.PreviousHash,
        hash: item.Hash,
      });
      if (fault !== undefined) return report(at, fault);
      if (at === expectedHead?.sequence && item.Hash !== expectedHead.hash) return report(at, 'rewritten');
    }
    const { head } = verifier;
    if (page.NextSequence !== undefined && page.Records.length > 0) continue;
    if (page.Head.Sequence > head.sequence) return report(head.sequence + 1, 'truncated');
    if (expectedHead !== undefined && expectedHead.sequence > head.sequence)
      return report(head.sequence + 1, 'truncated');
    if (page.Head.Sequence !== head.sequence || page.Head.Hash !== head.hash) return report(head.sequence, 'head');
    return report();
  }
}
