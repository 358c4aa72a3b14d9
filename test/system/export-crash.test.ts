/** Kill -9 while records are exported: none is lost, none is out of order, and one that comes twice has its event id. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../services/audit/testing/receiver.ts';
import { adminCredentials, environment, eventually, run } from '../harness/clients.ts';
import { type EngineName, type Running, root, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

const KILLS = Math.max(2, Math.round(Number(process.env.PARAPET_KILLS ?? 50) / 10));
const ENGINES: EngineName[] = ['sqlite', 'postgres'];

describe.each(ENGINES)('kill -9 during exports on %s', (engine) => {
  let server: Running;
  let receiver: Receiver;
  const folder = mkdtempSync(join(tmpdir(), 'parapet-export-'));
  beforeAll(async () => {
    server = await startParapet({ engine });
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`loses nothing in ${KILLS} kills`, async () => {
    const ask = async (path: string, input: object) => (await native(server, path, input)).json();
    const Destination = { Webhook: { Url: receiver.url, Ca: receiver.ca, HmacKey: 'sixteen letters!' } };
    await ask('/v1/audit/create-export', { Name: 'hook', Format: 'native', Destination });
    const archive = { Archive: { Store: 'archive', DeliverSeconds: 1 } };
    await ask('/v1/audit/create-export', { Name: 'files', Format: 'cloudtrail', Destination: archive });
    // Slow enough that there is something under way when the server dies.
    receiver.answer = () => ({ after: new Promise((done) => setTimeout(done, 100)) });
    for (let kill = 0; kill < KILLS; kill++) {
      const before = receiver.received.length;
      const load = (async () => {
        for (;;) await native(server, '/v1/kms/list-keys', {});
      })().catch(() => undefined);
      await eventually(async () => receiver.received.length > before, 60_000);
      await new Promise((wait) => setTimeout(wait, Math.random() * 300));
      await server.kill();
      await load;
      await server.start();
    }
    const { Sequence } = (await native(server, '/v1/audit/head', {}, { method: 'GET' })).json() as { Sequence: number };
    const done = async (Name: string) => {
      const { Export } = (await ask('/v1/audit/describe-export', { Name })) as {
        Export: { Status: { Cursor: number } };
      };
      return Export.Status.Cursor > Sequence;
    };
    await eventually(async () => (await done('hook')) && (await done('files')), 120_000);

    // From here on cursors stand still: what is under way ends within the time that the receiver takes.
    for (const Name of ['hook', 'files']) await ask('/v1/audit/pause-export', { Name });
    await new Promise((wait) => setTimeout(wait, 2_000));
    const lines = receiver.received.flatMap(({ body }) => body.toString('utf8').trimEnd().split('\n'));
    const ids = lines.map((line) => JSON.parse(line).eventID as string);
    const file = join(folder, `${engine}.ndjson`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    const reconcile = async (...words: string[]) => {
      const command = [join(root, 'dist/bin/parapet.js'), 'audit', 'reconcile', ...words, '--output', 'json'];
      const { code, stdout } = await run(process.execPath, command, environment(server, adminCredentials(server)));
      return { code, ...JSON.parse(stdout) };
    };
    const none = { code: 0, missing: [], changed: [], extra: [] };
    const sent = await reconcile('--export', 'hook', '--lines', file);
    expect(sent).toMatchObject({ ...none, unreadable: 0 });
    // A file is written again under its name, so an archive has nothing twice.
    const archived = await reconcile('--export', 'files', '--folder', join(server.dataFolder, 'archive'));
    expect(archived).toMatchObject({ ...none, duplicates: [] });

    const places = new Map<string, number>();
    const page = async (FromSequence: number) =>
      (await ask('/v1/audit/read-stream', { FromSequence, Limit: 1000 })) as {
        Records: { Sequence: number; Record: string }[];
        NextSequence?: number;
      };
    for (let next: number | undefined = 1; next !== undefined; ) {
      const { Records, NextSequence }: Awaited<ReturnType<typeof page>> = await page(next);
      for (const { Sequence: at, Record } of Records) places.set(JSON.parse(Record).eventID, at);
      next = NextSequence;
    }
    const firsts = [...new Set(ids)].map((id) => places.get(id) as number);
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    console.log(`${engine}: ${KILLS} kills, ${firsts.length} records, ${ids.length - firsts.length} sent again`);
  });
});
