/** The product over two tokens: one is lost under load, keys made while one is away are repaired, one becomes two. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, raw } from '../harness/clients.ts';
import { type Running, startParapet } from '../harness/server.ts';
import { native, send } from '../harness/signed.ts';

const env = { PARAPET_HSM_PAIR: 'true' };
const RENEWED_MS = 60_000;

async function newKey(server: Running): Promise<{ KeyId: string; CiphertextBlob: string }> {
  const made = await native(server, '/v1/kms/create-key', {});
  expect(made.status).toBe(200);
  const { KeyId } = made.json().KeyMetadata as { KeyId: string };
  const sealed = await native(server, '/v1/kms/encrypt', { KeyId, Plaintext: 'eA==' });
  return { KeyId, CiphertextBlob: sealed.json().CiphertextBlob as string };
}

function kill(server: Running, folder: string): void {
  const pids = execFileSync('pgrep', ['-f', `hsm/agent/main.js.*${server.dataFolder}/${folder}/`]).toString();
  for (const pid of pids.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
}

function move(server: Running, folder: string, from: string, to: string): void {
  const tokens = join(server.dataFolder, folder);
  renameSync(join(tokens, from), join(tokens, to));
}
const takeAway = (server: Running, folder: string) => move(server, folder, 'tokens', 'tokens-away');
const bringBack = (server: Running, folder: string) => move(server, folder, 'tokens-away', 'tokens');

const answers = async (server: Running, CiphertextBlob: string) =>
  (await native(server, '/v1/kms/decrypt', { CiphertextBlob })).status === 200;

function whoAmI(server: Running, token: string) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return raw(server, { method: 'POST', path: '/v1/sts/get-caller-identity', headers, body: '{}' });
}

const session = async (server: Running) => (await native(server, '/v1/sts/create-session', {})).json().Token as string;

/** How often the log says that the tenant keys of a service have the form in force. */
function renewals(server: Running): number {
  const lines = server.output().split('\n');
  return lines.filter((line) => line.includes('"step":"tenant keys"') && line.includes('have the form')).length;
}

describe.each([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
] as const)('a pair of tokens, %s on %s', (shape, engine) => {
  let server: Running;
  beforeAll(async () => {
    server = await startParapet({ shape, engine, env });
  });
  afterAll(() => server.stop());

  it('says how both are', async () => {
    if (shape === 'micro') return;
    const { dependencies } = (await raw(server, { path: '/readyz' })).json() as {
      dependencies: { hsm: { ok: boolean; detail: string } };
    };
    expect(dependencies.hsm).toEqual({ ok: true, detail: 'pair; first: token parapet; second: token parapet' });
  });

  it('a key made while the second is away is repaired when it is back', async () => {
    // The account of the administrator has no key of its own in kms yet.
    await eventually(async () => renewals(server) >= 2, RENEWED_MS);
    takeAway(server, 'hsm-b');
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const before = renewals(server);
    const { CiphertextBlob } = await newKey(server);
    bringBack(server, 'hsm-b');
    await eventually(async () => renewals(server) > before, RENEWED_MS);
    takeAway(server, 'hsm');
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(await answers(server, CiphertextBlob)).toBe(true);
    expect((await raw(server, { path: '/readyz' })).status).toBe(200);
    await newKey(server);
    bringBack(server, 'hsm');
    await new Promise((resolve) => setTimeout(resolve, 5000));
  });

  it.each(['hsm', 'hsm-b'])(
    'the agent in %s is killed under load: no decrypt fails, none waits for 2 s',
    async (folder) => {
      const { CiphertextBlob } = await newKey(server);
      const token = await session(server);
      const body = JSON.stringify({ CiphertextBlob });
      const agent = new Agent({ keepAlive: true, ca: server.ca, maxSockets: 16 });
      const seen = { answers: 0, failed: [] as string[], longestMs: 0 };
      let stopped = false;
      const caller = async () => {
        while (!stopped) {
          const from = performance.now();
          const headers = { 'content-type': 'application/json' };
          const answer = await send(server, { path: '/v1/kms/decrypt', headers, body, agent });
          seen.answers += 1;
          seen.longestMs = Math.max(seen.longestMs, performance.now() - from);
          if (answer.status !== 200) seen.failed.push(`${answer.status} ${answer.text}`);
        }
      };
      const callers = Array.from({ length: 16 }, caller);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      kill(server, folder);
      await new Promise((resolve) => setTimeout(resolve, 4000));
      stopped = true;
      await Promise.all(callers);
      agent.destroy();
      console.info(`${shape}/${engine} ${folder}: ${seen.answers} decrypts, longest ${Math.round(seen.longestMs)} ms`);
      expect(seen.failed).toEqual([]);
      expect(seen.answers).toBeGreaterThan(100);
      expect(seen.longestMs).toBeLessThan(2000);
      expect((await whoAmI(server, token)).status).toBe(200);
      expect((await whoAmI(server, await session(server))).status).toBe(200);
    },
  );
});

describe('an installation with one token that gets a second one', () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'parapet-second-'));
  let server: Running | undefined;
  afterAll(async () => {
    await server?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('goes on, and is renewed until the first may be lost', async () => {
    server = await startParapet({ dataFolder });
    const { KeyId, CiphertextBlob } = await newKey(server);
    const secret = await native(server, '/v1/ccms/create-secret', { Name: 'db', SecretString: 'pw' });
    expect(secret.status).toBe(200);
    await server.terminate();

    server = await startParapet({ dataFolder, env });
    const running = server;
    expect(await answers(running, CiphertextBlob)).toBe(true);
    const done = (step: string) =>
      running
        .output()
        .split('\n')
        .some((line) => line.includes(`"step":"${step}"`));
    const steps = ['tenant keys', 'key material', 'MACs of kms_key', 'MACs of secret', 'MACs of secret_version'];
    await eventually(async () => steps.every(done) && renewals(running) >= 2, RENEWED_MS);
    takeAway(running, 'hsm');
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(await answers(running, CiphertextBlob)).toBe(true);
    expect((await native(running, '/v1/kms/describe-key', { KeyId })).status).toBe(200);
    expect((await native(running, '/v1/kms/create-key', {})).status).toBe(200);
    const value = await native(running, '/v1/ccms/get-secret-value', { SecretId: 'db' });
    expect(value.json().SecretString).toBe('pw');
    await running.terminate();
    // Started without the first: the second opens everything.
    server = await startParapet({ dataFolder, env });
    expect(await answers(server, CiphertextBlob)).toBe(true);
  });
});
