/** What the Merkle log promises, on either engine. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TILE_WIDTH } from '../../../tlog/tile.ts';
import { inclusionProof, isIncluded, leafHash, nodeHash, rootOf } from '../../../tlog/tree.ts';
import { recordEntry } from '../domain/chain.ts';
import { appendLeaves, hashesAt, logEntries, logPosition, logSize } from '../store/log.ts';
import { ACCOUNT, type Audit, type AuditOptions, auditor, OTHER_ACCOUNT, startAudit } from './harness.ts';
import { sample } from './records.ts';

const ACCOUNTS = [ACCOUNT, OTHER_ACCOUNT];

/** RFC 6962 2.1, word for word. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

export function describeLog(options: () => AuditOptions, reset: () => Promise<void>): void {
  let audit: Audit;
  beforeEach(async () => {
    await reset();
    audit = await startAudit(options());
  });
  afterEach(() => audit.close());

  let wseq = 0;
  async function ingest(count: number): Promise<void> {
    const Records = Array.from({ length: count }, (_, at) =>
      sample({ wseq: ++wseq, accountId: ACCOUNTS[at % 3 === 0 ? 1 : 0] as string }),
    );
    await audit.internal.IngestRecords({ Records });
  }

  /** The leaves of all records as their account reads them, by their place. */
  async function leavesFromStreams(): Promise<Buffer[]> {
    const leaves: Buffer[] = [];
    for (const account of ACCOUNTS)
      for (let from: number | undefined = 1; from !== undefined; ) {
        const page = await audit.as(auditor(account)).ReadStream({ FromSequence: from });
        for (const { Sequence, PreviousHash, Record } of page.Records) {
          const position = await logPosition(audit.store.read, account, Sequence);
          leaves[position as number] = leafHash(recordEntry(account, Sequence, PreviousHash, Record));
        }
        from = page.NextSequence;
      }
    return leaves;
  }

  describe('the log', () => {
    it('has every record as a leaf, in the order of the numbers of its stream', async () => {
      for (const count of [1, 254, 1, 1, 300, 40]) await ingest(count);
      const size = await logSize(audit.store.read);
      const leaves = await leavesFromStreams();
      expect(size).toBe(597);
      expect(leaves.filter(Boolean)).toHaveLength(size);
      const last = new Map<string, number>();
      for (const { account_id, sequence } of await logEntries(audit.store.read, 0, size)) {
        expect(sequence).toBe((last.get(account_id) ?? 0) + 1);
        last.set(account_id, sequence);
      }
      for (const at of [1, 255, 256, 257, size]) {
        const root = await rootOf(at, hashesAt(audit.store.read, at));
        expect(root.equals(naiveRoot(leaves.slice(0, at)))).toBe(true);
      }
    });

    it('proves a record that lies below full tiles of two levels', async () => {
      const count = TILE_WIDTH * TILE_WIDTH + 3;
      const leaves = Array.from({ length: count }, (_, at) => leafHash(Buffer.from(String(at))));
      const rows = leaves.map((leaf, at) => ({ account_id: ACCOUNT, sequence: at + 1, leaf }));
      for (let at = 0; at < count; at += 5_000)
        await audit.store.transaction((tx) => appendLeaves(tx, audit.store.engine, rows.slice(at, at + 5_000)));
      const source = hashesAt(audit.store.read, count);
      const root = await rootOf(count, source);
      expect(root.equals(naiveRoot(leaves))).toBe(true);
      for (const at of [0, 70, TILE_WIDTH * 3 + 1, count - 1])
        expect(isIncluded(at, count, leaves[at] as Buffer, await inclusionProof(at, count, source), root)).toBe(true);
    });

    it('takes in what was numbered before there was one, and continues', async () => {
      await ingest(700);
      // As a database of an earlier release is: records, and no log.
      await audit.store.transaction(async (tx) => {
        await tx.deleteFrom('log_entry').execute();
        await tx.deleteFrom('log_tile').execute();
      });
      await audit.deps.sequencer.stop();
      await audit.deps.sequencer.start();
      await ingest(10);
      expect(await logSize(audit.store.read)).toBe(710);
      const leaves = await leavesFromStreams();
      const root = await rootOf(710, hashesAt(audit.store.read, 710));
      expect(root.equals(naiveRoot(leaves))).toBe(true);
    });
  });
}
