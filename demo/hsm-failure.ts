/**
 * One of the two HSMs is killed, and stays away, while data keys are opened, pages of the shop are asked for and keys are
 * made. Everything goes on with the other one. Then it comes back.
 */
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { awsClients, eventually, raw } from '../test/harness/clients.ts';
import type { Running } from '../test/harness/server.ts';
import type { Administrator } from './landing-zone.ts';
import { startLoad } from './load.ts';
import { ask, must, type Story } from './story.ts';
import type { Shop } from './web-application.ts';

const CLIENTS = 4;
/** Of one decryption; a busy machine is no fault. */
const LONGEST_MS = 10_000;
const BACK_MS = 120_000;

export const hsmFailure = (data: Administrator, key: string, shop: Shop) => async (story: Story) => {
  const { server, step } = story;
  const { kms } = awsClients(server, data.credentials);
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('a data key') }));
  const sealed = { CiphertextBlob: Buffer.from(CiphertextBlob as Uint8Array).toString('base64') };
  // Not by the SDK, which would try again what failed.
  const decrypts = startLoad(CLIENTS, () => ask(story, data.credentials, 'kms/decrypt', sealed));
  const pages = startLoad(1, shop.page);
  await eventually(async () => decrypts.done() > 20 && pages.done() > 2, BACK_MS);

  // The token is gone with its process, so that no new process finds it.
  const tokens = join(server.dataFolder, 'hsm/tokens');
  renameSync(tokens, `${tokens}-away`);
  const killed = killAgents(server);
  const before = { decrypts: decrypts.done(), pages: pages.done() };
  step(`the first HSM is gone: ${killed} process${killed === 1 ? '' : 'es'} by kill -9, and the token`);
  await kms.send(new CreateKeyCommand({ Description: 'made with one HSM' }));
  await eventually(async () => decrypts.done() > before.decrypts + 100 && pages.done() > before.pages + 5, BACK_MS);
  const [opened, shown] = await Promise.all([decrypts.stop(), pages.stop()]);
  must(opened.failed.length === 0 && shown.failed.length === 0, `${opened.failed[0]} ${shown.failed[0]}`);
  must(opened.longestMs < LONGEST_MS, `a decryption took ${Math.round(opened.longestMs)} ms`);
  const longest = `${Math.round(opened.longestMs)} ms`;
  step(
    `${opened.done - before.decrypts} decryptions by the other one since, a new key and ${shown.done - before.pages} pages: none failed, the slowest took ${longest}`,
  );

  await eventually(async () => (await bothServe(server)) !== true, BACK_MS);
  renameSync(`${tokens}-away`, tokens);
  await eventually(async () => (await bothServe(server)) !== false, BACK_MS);
  step('the first one is back');
  return { shown: `an HSM killed under load, no request failed, the slowest took ${longest}` };
};

function killAgents(server: Running): number {
  const found = execFileSync('pgrep', ['-f', `hsm/agent/main.js.*${server.dataFolder}/hsm/`], { encoding: 'utf8' });
  const ids = found.trim().split('\n').map(Number);
  for (const id of ids) process.kill(id, 'SIGKILL');
  return ids.length;
}

/** Undefined where the services with HSMs are behind the gateway, which does not say. */
async function bothServe(server: Running): Promise<boolean | undefined> {
  const { dependencies } = (await raw(server, { path: '/readyz' })).json() as {
    dependencies: { hsm?: { detail: string } };
  };
  return dependencies.hsm && dependencies.hsm.detail === 'pair; first: token parapet; second: token parapet';
}
