/** What the Merkle log promises, on either engine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Transaction } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RESTORED, readMark } from '../../../platform/runtime/restored-mark.ts';
import { parseVerifier, readCheckpoint, readNote, verdictBy } from '../../../tlog/note.ts';
import { hashesFrom, readEntries, TILE_WIDTH } from '../../../tlog/tile.ts';
import { inclusionProof, isConsistent, isIncluded, leafHash, nodeHash, rootOf } from '../../../tlog/tree.ts';
import { recordEntry } from '../domain/chain.ts';
import { insertCheckpoint, thinCheckpoints } from '../store/checkpoints.ts';
import { appendLeaves, hashesAt, logEntries, logSize } from '../store/log.ts';
import type { AuditDatabase } from '../store/schema.ts';
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
        for (const { Sequence, PreviousHash, Record, LogPosition } of page.Records) {
          leaves[LogPosition as number] = leafHash(recordEntry(account, Sequence, PreviousHash, Record));
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

  describe('checkpoints', () => {
    const user = () => audit.as(auditor());
    const checkpoint = async () => {
      const answer = await user().GetLogCheckpoint({});
      const note = readNote(answer.Checkpoint);
      if (!note) throw new Error('no note');
      return { ...answer, note };
    };

    it('are signed by a key that is told, and continue each other', async () => {
      expect(await errorOf(user().GetLogCheckpoint({}))).toBe('NotSigned');
      await ingest(300);
      await audit.deps.checkpointer.sign();
      const first = await checkpoint();
      expect(first).toMatchObject({ Origin: 'audit.local-1.test', Size: 300, State: 'Signed' });
      await ingest(77);
      await audit.deps.checkpointer.sign();
      const second = await checkpoint();
      const keys = second.VerifierKeys.map((text) => parseVerifier(text)!);
      for (const { note, Size, RootHash } of [first, second]) {
        expect(verdictBy(note, keys[0]!)).toEqual({ state: 'signed' });
        expect(readCheckpoint(note.text)).toEqual({ origin: 'audit.local-1.test', size: Size, root: RootHash });
      }
      const { Proof } = await user().ProveLogGrowth({ FromSize: first.Size, ToSize: second.Size });
      expect(isConsistent(first.Size, second.Size, first.RootHash, second.RootHash, Proof)).toBe(true);
    });

    it('prove every record of the account, and none of another one', async () => {
      await ingest(30);
      await audit.deps.checkpointer.sign();
      const { Size, RootHash } = await checkpoint();
      const { Records } = await user().ReadStream({});
      for (const { Record } of Records) {
        const { eventID: EventId } = JSON.parse(Record) as { eventID: string };
        const proved = await user().ProveRecord({ EventId });
        const entry = recordEntry(ACCOUNT, proved.Sequence, proved.PreviousHash, proved.Record);
        expect(isIncluded(proved.LogPosition, Size, leafHash(entry), proved.Proof, RootHash)).toBe(true);
        expect(await errorOf(audit.as(auditor(OTHER_ACCOUNT)).ProveRecord({ EventId }))).toBe('EventNotFound');
        expect(await errorOf(user().ProveRecord({ EventId: audit.ids.uuidv7() }))).toBe('EventNotFound');
      }
      await ingest(1);
      const young = (await user().ReadStream({ FromSequence: Records.length + 1 })).Records;
      for (const { Record } of young) {
        const { eventID: EventId } = JSON.parse(Record) as { eventID: string };
        expect(await errorOf(user().ProveRecord({ EventId }))).toBe('NotSigned');
      }
    });

    it('can be computed anew from the tiles', async () => {
      await ingest(600);
      await audit.deps.checkpointer.sign();
      const { Size, RootHash } = await checkpoint();
      const source = hashesFrom(Size, async ({ level: Level, index: Index, width: Width }) => {
        const { Hashes } = await user().ReadLogTile({ Level, Index, Width });
        return Hashes;
      });
      expect((await rootOf(Size, source)).equals(RootHash)).toBe(true);
      for (const [Level, Index, Width] of [
        [0, 2, 89],
        [0, 3, 1],
        [1, 0, 3],
        [6, 0, 1],
      ] as const)
        expect(await errorOf(user().ReadLogTile({ Level, Index, Width }))).toBe('NoSuchTile');
      for (const sizes of [
        { FromSize: 3, ToSize: 2 },
        { FromSize: 1, ToSize: 601 },
      ])
        expect(await errorOf(user().ProveLogGrowth(sizes))).toBe('NoSuchSize');
    });

    it.each<[string, (tx: Transaction<AuditDatabase>) => Promise<unknown>, RegExp]>([
      [
        'the end was cut off',
        (tx) => tx.deleteFrom('log_entry').where('position', '>=', 250).execute(),
        /a log of 300 records was signed/,
      ],
      [
        'a leaf was changed',
        (tx) =>
          tx
            .updateTable('log_entry')
            .set({ leaf: Buffer.alloc(32, 1) })
            .where('position', '=', 280)
            .execute(),
        /the first 300 records are not those that were signed/,
      ],
      [
        'everything was put back to an earlier state, checkpoints too',
        async (tx) => {
          await tx.deleteFrom('checkpoint').where('size', '>', 100).execute();
          await tx.deleteFrom('log_entry').where('position', '>=', 100).execute();
          await tx.deleteFrom('log_tile').execute();
        },
        /a log of 300 records was signed/,
      ],
    ])('are not signed any more when %s', async (_what, tamper, reason) => {
      await ingest(100);
      await audit.deps.checkpointer.sign();
      await ingest(200);
      await audit.deps.checkpointer.sign();
      await audit.store.transaction(tamper);
      await appendOne(audit);
      await audit.deps.checkpointer.sign();
      const answer = await checkpoint();
      expect(answer).toMatchObject({ State: 'Refused', Reason: expect.stringMatching(reason) });
      expect(answer.Size).toBeLessThanOrEqual(300);
    });

    describe('after the database was put back', () => {
      const declare = () => user().DeclareRestore({ Reason: 'the disk was lost' });
      let old: Awaited<ReturnType<typeof checkpoint>>;
      beforeEach(async () => {
        await ingest(100);
        await audit.deps.checkpointer.sign();
        await ingest(200);
        await audit.deps.checkpointer.sign();
        old = await checkpoint();
        await audit.store.transaction(async (tx) => {
          await tx.deleteFrom('checkpoint').where('size', '>', 100).execute();
          await tx.deleteFrom('log_entry').where('position', '>=', 100).execute();
          await tx.deleteFrom('log_tile').execute();
        });
        await appendOne(audit);
        await audit.deps.checkpointer.sign();
        expect(await checkpoint()).toMatchObject({ State: 'Refused', Size: 100 });
      });

      it('are signed again under another name, which is linked to the one before', async () => {
        const { Origin, Previous } = await declare();
        expect(Previous).toMatchObject({ Origin: old.Origin, Size: 300, CommonSize: 100, Reason: 'the disk was lost' });
        expect(Previous.RootHash).toEqual(old.RootHash);
        await audit.deps.checkpointer.sign();
        expect(await checkpoint()).toMatchObject({ State: 'Signed', Origin, Size: 101, Previous });
        expect(Origin).not.toBe(old.Origin);
        // The next one is judged by what was signed under the new name.
        await audit.store.transaction((tx) => tx.deleteFrom('log_entry').where('position', '>=', 50).execute());
        await audit.deps.checkpointer.sign();
        expect(await checkpoint()).toMatchObject({ State: 'Refused' });
      });

      it('stay refused for others, and when the name is put back, too', async () => {
        const others = audit.as(auditor(OTHER_ACCOUNT));
        expect(await errorOf(others.DeclareRestore({ Reason: 'x' }))).toBe('AccessDenied');
        const lost = (await declare()).Origin;
        expect(await errorOf(declare())).toBe('NothingToDeclare');
        await audit.deps.checkpointer.sign();
        // Whoever puts back the database to before the declaration does not get the old name back.
        await audit.store.transaction((tx) => tx.deleteFrom('log_origin').where('epoch', '=', 2).execute());
        await audit.deps.checkpointer.sign();
        expect(await checkpoint()).toMatchObject({ State: 'Refused', Origin: old.Origin, Size: 100 });
        // It is declared again: the name that the database does not know any more is the one that is given up.
        const { Origin, Previous } = await declare();
        expect([old.Origin, lost]).not.toContain(Origin);
        expect(Previous).toMatchObject({ Origin: lost, Size: 101, CommonSize: 100 });
        await audit.deps.checkpointer.sign();
        expect(await checkpoint()).toMatchObject({ State: 'Signed', Origin, Size: 101, Previous });
      });

      it('keep what was in common, when nothing was signed under a name', async () => {
        const { Origin } = await declare();
        // The next restore, of a backup made before anything was signed.
        writeMark(audit);
        await audit.deps.checkpointer.sign();
        const { Previous } = await declare();
        expect(Previous).toMatchObject({ Origin, CommonSize: 100 });
        expect(Previous.Size).toBeUndefined();
      });
    });

    describe('of a restored installation', () => {
      beforeEach(async () => {
        await ingest(3);
        await audit.deps.checkpointer.sign();
        writeMark(audit);
        await ingest(1);
        await audit.deps.checkpointer.sign();
      });

      it('are not signed before somebody declared it, and the other services are told', async () => {
        expect(await checkpoint()).toMatchObject({
          State: 'Refused',
          Size: 3,
          Reason: expect.stringMatching(/backup/),
        });
        const state = await audit.internal.GetRestoreState({});
        expect(state).toMatchObject({ Held: true, HeldBecause: expect.stringMatching(/nobody has declared it/) });
        expect(state.RestoreId).toBeUndefined();
        expect(await user().DescribeRestore({})).toMatchObject({ Held: true, LogNames: [{ Epoch: 1 }] });
      });

      it('are signed under another name from then on', async () => {
        const { Origin, Previous, BackupId } = await user().DeclareRestore({ Reason: 'drill' });
        expect(BackupId).toBe(MARK.backupId);
        expect(Previous).toMatchObject({ Size: 3, CommonSize: 3, Reason: 'drill' });
        expect(readMark(audit.folder)).toBeUndefined();
        expect(await audit.internal.GetRestoreState({})).toEqual({ Held: false, RestoreId: MARK.restoreId });
        await audit.deps.checkpointer.sign();
        expect(await checkpoint()).toMatchObject({ State: 'Signed', Origin, Size: 4, Previous });
        expect((await user().DescribeRestore({})).LogNames).toMatchObject([
          { Epoch: 1, Origin: Previous.Origin },
          { Epoch: 2, Origin, Previous },
        ]);
        // A mark that is left behind by a process that died does not hold it again.
        writeMark(audit);
        await audit.deps.checkpointer.sign();
        expect(await audit.internal.GetRestoreState({})).toMatchObject({ Held: false });
      });
    });

    it('need no declaration when nothing was put back', async () => {
      await ingest(1);
      await audit.deps.checkpointer.sign();
      expect(await errorOf(user().DeclareRestore({ Reason: 'x' }))).toBe('NothingToDeclare');
      expect(await audit.internal.GetRestoreState({})).toEqual({ Held: false });
    });

    it('serve entries to the management account only, as they are hashed', async () => {
      await ingest(260);
      const { Entries } = await user().ReadLogEntries({ Index: 0 });
      const { Hashes } = await user().ReadLogTile({ Level: 0, Index: 0 });
      expect(Buffer.concat(readEntries(Entries).map(leafHash)).equals(Hashes)).toBe(true);
      expect(readEntries((await user().ReadLogEntries({ Index: 1, Width: 4 })).Entries)).toHaveLength(4);
      expect(await errorOf(user().ReadLogEntries({ Index: 1 }))).toBe('NoSuchTile');
      expect(await errorOf(audit.as(auditor(OTHER_ACCOUNT)).ReadLogEntries({ Index: 0 }))).toBe('AccessDenied');
    });

    it('are signed by the node that numbers records, and by no other', async () => {
      await ingest(3);
      await audit.deps.sequencer.stop();
      await audit.deps.checkpointer.sign();
      expect(await errorOf(user().GetLogCheckpoint({}))).toBe('NotSigned');
    });

    it('are kept for a day, then the last of every hour', async () => {
      const hour = 3_600_000;
      const at = (minutes: number, size: number) => ({
        ...{ epoch: 1, size, root: Buffer.alloc(32), note: 'x' },
        signed_at: minutes * 60_000,
      });
      const left = await audit.store.transaction(async (tx) => {
        for (const row of [at(0, 1), at(30, 2), at(59, 3), at(60, 4), at(61, 5), at(150, 6), at(170, 7)])
          await insertCheckpoint(tx, row);
        await thinCheckpoints(tx, 160 * 60_000, hour);
        return tx.selectFrom('checkpoint').select('size').orderBy('size').execute();
      });
      expect(left.map(({ size }) => size)).toEqual([3, 5, 6, 7]);
    });
  });
}

const MARK = { restoreId: 'restore-1', backupId: 'backup-1', heldAt: 1, restoredAt: 2 };

function writeMark({ folder }: Audit): void {
  writeFileSync(join(folder, RESTORED), JSON.stringify(MARK));
}

async function appendOne({ store }: Audit): Promise<void> {
  const row = { account_id: '999999999999', sequence: 1, leaf: Buffer.alloc(32, 9) };
  await store.transaction((tx) => appendLeaves(tx, store.engine, [row]));
}

async function errorOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );
}
