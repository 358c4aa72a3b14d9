/** A witness that answers over HTTP, a log that was put back, and who may say so. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWitness } from '../../../cli/witness/server.ts';
import { WitnessState } from '../../../cli/witness/state.ts';
import type { FrontRequest } from '../../../platform/http/server.ts';
import { RESTORED } from '../../../platform/runtime/restored-mark.ts';
import type { NoteKey } from '../../../tlog/note.ts';
import { type Audit, auditor, startAudit } from '../testing/harness.ts';
import { sample } from '../testing/records.ts';
import { verifierKeys } from './checkpointer.ts';

let folder: string;
let server: Server;
let keys: NoteKey[];
let verdicts: string[];
let audit: Audit;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-witness-'));
  keys = [];
  verdicts = [];
  const state = new WitnessState(folder, 'witness.example.com');
  const onVerdict = (text: string) => verdicts.push(text);
  const witness = createWitness({ state, keys, now: () => Date.now(), onVerdict });
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const answer = witness({ path: request.url, method: request.method, body } as FrontRequest);
    response.writeHead(answer.status, answer.headers as Record<string, string>).end(answer.body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  audit = await startAudit({ witnesses: [{ key: state.key, url }] });
});
afterEach(async () => {
  await audit.close();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

const memory = () => join(audit.folder, 'audit', 'signed-checkpoint');
const user = () => audit.as(auditor());
const declare = () => user().DeclareRestore({ Reason: 'everything was put back' });
const witnessState = () => audit.deps.witnesses.statuses[0]?.state;

let wseq = 0;
async function signed(count: number): Promise<void> {
  if (count > 0)
    await audit.internal.IngestRecords({ Records: Array.from({ length: count }, () => sample({ wseq: ++wseq })) });
  await audit.deps.checkpointer.sign();
}

async function cosigned(count: number): Promise<void> {
  await signed(count);
  const { Origin } = await user().GetLogCheckpoint({});
  keys.splice(0, keys.length, ...(await verifierKeys(audit.deps.hsm, Origin)).map(({ note }) => note));
  await audit.deps.witnesses.askAll();
}

it('declares what only a witness knows: database and file were put back together', async () => {
  await cosigned(100);
  const before = readFileSync(memory());
  await cosigned(200);
  expect(witnessState()).toBe('cosigning');
  await expect(declare()).rejects.toMatchObject({ code: 'NothingToDeclare' });
  await audit.store.transaction(async (tx) => {
    for (const table of ['checkpoint', 'cosignature'] as const)
      await tx.deleteFrom(table).where('size', '>', 100).execute();
    await tx.deleteFrom('log_entry').where('position', '>=', 100).execute();
    await tx.deleteFrom('log_tile').execute();
  });
  writeFileSync(memory(), before);
  await signed(1);
  await audit.deps.witnesses.askAll();
  expect(witnessState()).toBe('refused');
  // A witness that is broken could not be told from it, so nothing stands still.
  expect(await user().DescribeRestore({})).toMatchObject({ Held: false });
  const { Origin, Previous } = await declare();
  expect(await audit.internal.GetRestoreState({})).toEqual({ Held: false, RestoreId: Origin });
  // The record behind it was signed twice, and the witness has cosigned another one.
  expect(Previous).toMatchObject({ Size: 101, CommonSize: 100 });
  // Once: what the witness said was about the name that was given up.
  await expect(declare()).rejects.toMatchObject({ code: 'NothingToDeclare' });
  await cosigned(1);
  expect(witnessState()).toBe('cosigning');
});

it('asks no witness while a restore is not declared', async () => {
  await signed(3);
  const mark = { restoreId: 'r', backupId: 'b', heldAt: 1, restoredAt: 2 };
  writeFileSync(join(audit.folder, RESTORED), JSON.stringify(mark));
  await audit.deps.checkpointer.sign();
  // There is a checkpoint, and no witness was asked about it: as after a start.
  await cosigned(0);
  expect(verdicts).toEqual([]);
  await declare();
  await cosigned(1);
  expect(verdicts).toEqual([expect.stringMatching(/^cosigned .* at 4$/)]);
});
