/** A witness in a process of its own: down, killed, and against a database that was put back. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../platform/store/testing/private-server.ts';
import { parseVerifier, readCheckpoint, readNote, verdictBy, verifierText } from '../../tlog/note.ts';
import { newSigner } from '../../tlog/testing/served.ts';
import { eventually } from '../harness/clients.ts';
import { type EngineName, type Running, root, type Shape, startParapet } from '../harness/server.ts';
import { native, send } from '../harness/signed.ts';

const NAME = 'witness.example.com';
const shape = (process.env.PARAPET_TEST_SHAPE ?? 'mono') as Shape;
const engine = (process.env.PARAPET_TEST_ENGINE ?? 'sqlite') as EngineName;

interface Told {
  Origin: string;
  Size: number;
  Checkpoint: string;
  State: string;
  VerifierKeys: string[];
  Previous?: { Origin: string; Size: number; CommonSize: number };
  Witnesses: { State: string; Size?: number; Reason?: string }[];
}

let folder: string;
let port: number;
let running: Running;
let witness: ChildProcess | undefined;
let witnessKey: string;

/** Answers the verifier key that it prints. */
function startWitness(logKey: string): Promise<string> {
  const words = ['witness', '--name', NAME, '--state', join(folder, 'witness'), '--log-key', logKey];
  const child = spawn(process.execPath, ['dist/bin/parapet.js', ...words, '--listen', `127.0.0.1:${port}`], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  witness = child;
  return new Promise((done, failed) => {
    child.stdout.once('data', (text: Buffer) => done(text.toString().split(' ')[1] as string));
    child.once('exit', (code) => failed(new Error(`the witness ended with ${code}`)));
  });
}

async function killWitness(): Promise<void> {
  const child = witness;
  witness = undefined;
  if (!child) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await ended;
}

/** The newest one, which is there within a second of the start. */
function checkpoint(): Promise<Told> {
  return eventually(async () => {
    const answer = await native(running, '/v1/audit/log/checkpoint', {}, { method: 'GET' });
    if (answer.status === 409) return undefined;
    expect(answer.status, answer.text).toBe(200);
    return answer.json() as unknown as Told;
  }, 20_000);
}

const work = () => native(running, '/v1/kms/list-keys', {});

function parapet(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { admin, endpoint, caPath } = running;
  const env = {
    PATH: process.env.PATH ?? '',
    PARAPET_ENDPOINT: endpoint,
    AWS_CA_BUNDLE: caPath,
    AWS_ACCESS_KEY_ID: admin.accessKeyId,
    AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
    AWS_REGION: admin.region,
  };
  return new Promise((done) =>
    execFile(process.execPath, ['dist/bin/parapet.js', ...words], { cwd: root, env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    ),
  );
}

const start = () =>
  startParapet({
    ...{ shape, engine, dataFolder: join(folder, 'data') },
    env: { PARAPET_AUDIT_WITNESSES: `${witnessKey} http://127.0.0.1:${port}` },
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-witness-'));
  port = await freePort();
  // Its key is there from its first start on; what it witnesses is said at every start.
  witnessKey = await startWitness(verifierText(newSigner('nothing.example.com', 'log').key));
  await killWitness();
  running = await start();
}, 120_000);
afterAll(async () => {
  await killWitness();
  await running?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a witness', () => {
  let log: string;

  it('that is down delays nothing', async () => {
    await work();
    const told = await eventually(async () => {
      const one = await checkpoint();
      return one.Witnesses[0]?.State === 'Unusable' ? one : undefined;
    }, 20_000);
    log = told.VerifierKeys[0] as string;
    const before = Date.now();
    await work();
    await eventually(async () => (await checkpoint()).Size > told.Size, 20_000);
    expect(Date.now() - before).toBeLessThan(10_000);
    const cosigned = await native(running, '/v1/audit/log/checkpoint?Cosigned=true', {}, { method: 'GET' });
    expect(cosigned.status).toBe(409);
  });

  it('cosigns, and anybody proves the log with both keys from the files alone', async () => {
    expect(await startWitness(log)).toBe(witnessKey);
    expect(statSync(join(folder, 'witness', 'witness-key.pem')).mode & 0o777).toBe(0o600);
    await eventually(async () => (await checkpoint()).Witnesses[0]?.State === 'Cosigning', 30_000);
    const raw = await eventually(async () => {
      const answer = await send(running, { method: 'GET', path: '/audit/log/cosigned-checkpoint' });
      return answer.status === 200 ? answer.text : undefined;
    });
    const note = readNote(raw);
    expect(note && verdictBy(note, parseVerifier(witnessKey)!)).toMatchObject({ state: 'signed' });
    expect(note && verdictBy(note, parseVerifier(log)!)).toEqual({ state: 'signed' });
    const keys = ['--log-key', log, '--witness-key', witnessKey];
    const served = await parapet('audit', 'verify', '--from', `${running.endpoint}/audit/log/`, ...keys);
    expect(served, served.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining(`cosigned by ${NAME}`) });
    const copy = join(folder, 'copy');
    expect(await parapet('audit', 'download-log', copy, '--cosigned')).toMatchObject({ code: 0 });
    expect(await parapet('audit', 'verify', '--from', copy, ...keys)).toMatchObject({ code: 0 });
  });

  it('cosigns the log that an export of the same node is sending, and both catch up', async () => {
    const Destination = { Archive: { Store: 'archive', DeliverSeconds: 1 } };
    const created = await native(running, '/v1/audit/create-export', { Name: 'files', Format: 'native', Destination });
    expect(created.status, created.text).toBe(200);
    for (let i = 0; i < 5; i++) await work();
    const { Sequence } = (await native(running, '/v1/audit/head', {}, { method: 'GET' })).json() as {
      Sequence: number;
    };
    const { Size } = await checkpoint();
    await eventually(async () => {
      const { Export } = (await native(running, '/v1/audit/describe-export', { Name: 'files' })).json() as {
        Export: { Status: { Cursor: number; LastError?: string } };
      };
      expect(Export.Status.LastError).toBeUndefined();
      return Export.Status.Cursor > Sequence && ((await checkpoint()).Witnesses[0]?.Size ?? 0) >= Size;
    }, 30_000);
    const archive = readdirSync(join(folder, 'data', 'archive'), { recursive: true }) as string[];
    expect(archive.filter((path) => path.endsWith('.json.gz')).length).toBeGreaterThan(0);
  });

  it('remembers what it cosigned when it is killed at any moment', async () => {
    for (let round = 0; round < 3; round++) {
      await killWitness();
      await work();
      await startWitness(log);
      const { Size } = await checkpoint();
      await eventually(async () => ((await checkpoint()).Witnesses[0]?.Size ?? 0) >= Size, 30_000);
    }
    const [file] = readdirSync(join(folder, 'witness')).filter((name) => name.endsWith('.checkpoint'));
    const kept = readCheckpoint(readFileSync(join(folder, 'witness', file as string), 'utf8'));
    expect(kept?.size).toBeGreaterThanOrEqual((await checkpoint()).Witnesses[0]?.Size as number);
  });

  it.skipIf(engine !== 'sqlite')('knows when everything was put back, which the machine itself does not', async () => {
    const { Origin } = await checkpoint();
    await running.terminate();
    cpSync(join(folder, 'data'), join(folder, 'earlier'), { recursive: true });
    await running.start();
    for (let i = 0; i < 5; i++) await work();
    const { Size } = await checkpoint();
    await eventually(async () => ((await checkpoint()).Witnesses[0]?.Size ?? 0) > Size, 30_000);
    await running.terminate();
    rmSync(join(folder, 'data'), { recursive: true });
    cpSync(join(folder, 'earlier'), join(folder, 'data'), { recursive: true });
    await running.start();
    const refused = await eventually(async () => {
      const told = await checkpoint();
      return told.Witnesses[0]?.State === 'Refused' ? told : undefined;
    }, 30_000);
    expect(refused).toMatchObject({ State: 'Signed', Witnesses: [{ Reason: expect.stringMatching(/it cosigned/) }] });

    // Under another name both go on, as soon as the witness was told the name.
    const renamed = await native(running, '/v1/audit/declare-restore', { Reason: 'a drill' });
    expect(renamed.status, renamed.text).toBe(200);
    const told = await checkpoint();
    expect(told).toMatchObject({ State: 'Signed', Previous: { Origin } });
    await killWitness();
    await startWitness(told.VerifierKeys[0] as string);
    await eventually(async () => (await checkpoint()).Witnesses[0]?.State === 'Cosigning', 30_000);
    const copy = join(folder, 'after');
    await parapet('audit', 'download-log', copy);
    const newKey = ['--log-key', told.VerifierKeys[0] as string];
    expect(await parapet('audit', 'verify', '--from', copy, ...newKey)).toMatchObject({ code: 0 });
    const kept = ['--kept', join(folder, 'copy', 'checkpoint'), '--log-key', log, told.VerifierKeys[0] as string];
    expect(await parapet('audit', 'verify', '--from', copy, ...kept)).toMatchObject({ code: 6 });
    // The alarm is a record.
    const entries = readdirSync(join(copy, 'tile/entries'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    for (const name of ['ReportWitnessRefusal', 'DeclareRestore'])
      expect(
        entries.some((text) => text.includes(`"eventName":"${name}"`)),
        name,
      ).toBe(true);
  });
});
