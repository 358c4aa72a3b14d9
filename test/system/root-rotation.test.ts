/** The operator rotates the root of the HSM and retires the old one, while the product is used and is killed. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RENEWING_SERVICES } from '../../platform/contract/renewal.ts';
import { eventually } from '../harness/clients.ts';
import { runPage } from '../harness/page.ts';
import { type Running, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

/** The gateway answers before the services behind it have found each other. */
const START_MS = 10_000;
const DONE_MS = 90_000;
const CONFIRMATION = 'destroy root version 1';

interface Rotation {
  State: string;
  Tokens: { RootVersion: number; RootVersions?: number[]; State: string }[];
  Versions: { RootVersion: number; State: string }[];
  Steps: { Service: string; Step: string; State: string; Left: number; Refused: number; Total: number }[];
}

async function describeRotation(server: Running): Promise<Rotation> {
  const answer = await native(server, '/v1/kms/describe-root-rotation', {});
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json() as unknown as Rotation;
}

const states = async (server: Running) =>
  (await describeRotation(server)).Versions.map(({ RootVersion, State }) => `${RootVersion} ${State}`).join(', ');

/** Until the versions are in these states; services that were just started may not answer yet. */
async function becomes(server: Running, wanted: string): Promise<void> {
  let seen = '';
  await eventually(async () => {
    seen = await states(server).catch((error: Error) => error.message);
    return seen === wanted;
  }, DONE_MS).catch(() => expect(seen).toBe(wanted));
}

interface Kept {
  CiphertextBlob: string;
  SecretId: string;
}

async function keep(server: Running): Promise<Kept> {
  const made = await native(server, '/v1/kms/create-key', {});
  expect(made.status).toBe(200);
  const { KeyId } = made.json().KeyMetadata as { KeyId: string };
  const sealed = await native(server, '/v1/kms/encrypt', { KeyId, Plaintext: 'eA==' });
  const Name = `kept-${KeyId}`;
  const secret = await native(server, '/v1/ccms/create-secret', { Name, SecretString: 'hidden' });
  expect(secret.status).toBe(200);
  return { CiphertextBlob: sealed.json().CiphertextBlob as string, SecretId: Name };
}

const decrypts = async (server: Running, { CiphertextBlob }: Kept) =>
  (await native(server, '/v1/kms/decrypt', { CiphertextBlob })).status === 200;

async function opens(server: Running, kept: Kept): Promise<boolean> {
  const secret = await native(server, '/v1/ccms/get-secret-value', { SecretId: kept.SecretId });
  return (await decrypts(server, kept)) && secret.json().SecretString === 'hidden';
}

/** Asks again and again until told to stop; answers how often, and how often in vain. */
function use(server: Running, kept: Kept) {
  const seen = { asked: 0, failed: 0 };
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      seen.asked += 1;
      if (!(await opens(server, kept))) seen.failed += 1;
    }
  })();
  return async () => {
    stopped = true;
    await done;
    return seen;
  };
}

describe.each([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
] as const)('rotation of the root, %s on %s', (shape, engine) => {
  let server: Running;
  let first: Kept;
  beforeAll(async () => {
    server = await startParapet({ shape, engine });
    first = await keep(server);
  });
  afterAll(() => server.stop());

  it('is previewed, and nothing changes', async () => {
    const preview = (await native(server, '/v1/kms/start-root-rotation', { DryRun: true })).json();
    expect(preview).toMatchObject({ RootVersion: 2, DryRun: true, EndsSessions: true, Tokens: [{ RootVersion: 1 }] });
    expect(await states(server)).toBe('1 InForce');
  });

  it('renews everything in every service; all opens meanwhile', async () => {
    const stop = use(server, first);
    const retire = { RootVersion: 1, Confirmation: CONFIRMATION };
    expect((await native(server, '/v1/kms/retire-root-version', retire)).status).toBe(409);
    expect((await native(server, '/v1/kms/start-root-rotation', {})).status).toBe(200);
    await becomes(server, '1 Unused, 2 InForce');
    const { State, Steps, Tokens } = await describeRotation(server);
    expect(State).toBe('Idle');
    expect(Tokens).toMatchObject([{ RootVersion: 2, RootVersions: [1, 2], State: 'ready' }]);
    expect([...new Set(Steps.map(({ Service }) => Service))].sort()).toEqual([...RENEWING_SERVICES].sort());
    for (const step of Steps) expect(step).toMatchObject({ State: 'done', Left: 0, Refused: 0 });
    for (const name of ['tenant keys', 'key material', 'MACs of kms_key', 'MACs of secret'])
      expect(Steps.some(({ Step, Total }) => Step === name && Total > 0)).toBe(true);
    const { asked, failed } = await stop();
    expect(asked).toBeGreaterThan(10);
    expect(failed).toBe(0);
  });

  it('is continued when everything is killed as soon as it was asked for', async () => {
    expect((await native(server, '/v1/kms/start-root-rotation', {})).status).toBe(200);
    await server.kill();
    await server.start();
    await eventually(() => opens(server, first), START_MS);
    await becomes(server, '1 Unused, 2 Unused, 3 InForce');
    expect(await opens(server, first)).toBe(true);
  });

  it('ends when old versions are destroyed: what was made before opens, also after a start', async () => {
    const second = await keep(server);
    const unconfirmed = await native(server, '/v1/kms/retire-root-version', { RootVersion: 1 });
    expect(unconfirmed.status).toBe(400);
    const retire = { RootVersion: 1, Confirmation: CONFIRMATION };
    expect((await native(server, '/v1/kms/retire-root-version', retire)).status).toBe(200);
    const stop = use(server, first);
    await becomes(server, '1 Retired, 2 Unused, 3 InForce');
    expect((await stop()).failed).toBe(0);
    expect((await describeRotation(server)).Tokens[0]!.RootVersions).toEqual([2, 3]);
    const again = await native(server, '/v1/kms/retire-root-version', retire);
    expect(again.status).toBe(409);
    await server.terminate();
    await server.start();
    for (const kept of [first, second]) await eventually(() => opens(server, kept), START_MS);
    expect(await opens(server, await keep(server))).toBe(true);
  });
});

describe('rotation of the roots of a pair', () => {
  let server: Running;
  beforeAll(async () => {
    server = await startParapet({ env: { PARAPET_HSM_PAIR: 'true' } });
  });
  afterAll(() => server.stop());
  const move = (from: string, to: string) =>
    renameSync(join(server.dataFolder, 'hsm-b', from), join(server.dataFolder, 'hsm-b', to));

  it('waits for the token that is away; all opens meanwhile', async () => {
    const kept = await keep(server);
    const idle = async () => (await describeRotation(server)).State === 'Idle';
    await eventually(idle, DONE_MS);
    move('tokens', 'tokens-away');
    await eventually(async () => (await describeRotation(server)).Tokens[1]!.State === 'unavailable', DONE_MS);
    const started = await native(server, '/v1/kms/start-root-rotation', {});
    expect(started.status).toBe(200);
    expect(started.json()).toMatchObject({ RootVersion: 2, EndsSessions: false });
    await eventually(async () => (await describeRotation(server)).Tokens[0]!.RootVersion === 2, DONE_MS);
    expect((await describeRotation(server)).State).toBe('Adding');
    const stop = use(server, kept);
    move('tokens-away', 'tokens');
    await becomes(server, '1 Unused, 2 InForce');
    expect((await stop()).failed).toBe(0);
    expect((await describeRotation(server)).Tokens).toMatchObject([{ RootVersion: 2 }, { RootVersion: 2 }]);
  });
});

describe('the page of the documentation', () => {
  let server: Running;
  beforeAll(async () => {
    server = await startParapet();
  });
  afterAll(() => server.stop());

  it('works as it is pasted', async () => {
    const kept = await keep(server);
    const folder = mkdtempSync(join(tmpdir(), 'parapet-page-'));
    const path = 'docs/how-to/rotate-the-root-key.md';
    // What it prints differs each time; what it did is looked at below.
    const { shown: _, printed, ...ran } = await runPage(server, path, folder);
    rmSync(folder, { recursive: true });
    expect(ran).toEqual({ code: 0, stderr: '' });
    expect(printed.length).toBe(3);
    expect(await states(server)).toBe('1 Retired, 2 InForce');
    expect(await opens(server, kept)).toBe(true);
  });
});
