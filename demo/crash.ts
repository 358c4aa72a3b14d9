/**
 * The server is killed with -9 while it makes keys. It comes back by itself, every key that was acknowledged is there, and
 * each has exactly one record.
 */
import { CreateKeyCommand, type KMSClient, paginateListKeys } from '@aws-sdk/client-kms';
import { awsClients, eventually } from '../test/harness/clients.ts';
import { readStream } from '../test/harness/stream.ts';
import type { Administrator } from './landing-zone.ts';
import { must, type Story, serving } from './story.ts';
import type { Shop } from './web-application.ts';

const CLIENTS = 4;
const SEEN_MS = 180_000;

export const crash = (data: Administrator, shop: Shop) => async (story: Story) => {
  const { server, step } = story;
  const acknowledged: string[] = [];
  let over = false;
  const client = async () => {
    const { kms } = awsClients(server, data.credentials);
    while (!over) {
      const made = await kms.send(new CreateKeyCommand({ Description: 'crash' })).catch(() => undefined);
      if (made?.KeyMetadata?.KeyId) acknowledged.push(made.KeyMetadata.KeyId);
    }
    kms.destroy();
  };
  const clients = Array.from({ length: CLIENTS }, client);
  await eventually(async () => acknowledged.length > 20, SEEN_MS);
  await server.kill();
  over = true;
  await Promise.all(clients);
  step(`kill -9 of every process of the server after ${acknowledged.length} acknowledged keys`);

  const from = performance.now();
  await server.start();
  await serving(server);
  const ready = `${((performance.now() - from) / 1000).toFixed(1)} s`;
  await eventually(() => shop.page().catch(() => undefined), SEEN_MS);
  step(`started again, ready after ${ready}; the shop is served`);

  const records = await eventually(async () => {
    const found = new Map<string, number>();
    for (const { eventName, errorCode, responseElements } of (await readStream(server, data.credentials)).records) {
      if (eventName !== 'CreateKey' || errorCode !== undefined) continue;
      const { KeyId } = (responseElements as { KeyMetadata: { KeyId: string } }).KeyMetadata;
      found.set(KeyId, (found.get(KeyId) ?? 0) + 1);
    }
    return acknowledged.every((id) => found.has(id)) && found;
  }, SEEN_MS);
  const keys = await allKeys(awsClients(server, data.credentials).kms);
  must(
    acknowledged.every((id) => keys.has(id) && records.get(id) === 1),
    'an acknowledged key is not there',
  );
  must(
    [...records.keys()].every((id) => keys.has(id)),
    'there is a record of a key that is not there',
  );
  must(
    [...keys].every((id) => records.has(id)),
    'there is a key without a record',
  );
  step(
    `all ${acknowledged.length} keys are there, each with exactly one record; no key without a record, and no record without a key`,
  );
  return {
    shown: `killed with -9, ready after ${ready}, ${acknowledged.length} of ${acknowledged.length} keys and records`,
  };
};

async function allKeys(kms: KMSClient): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { Keys = [] } of paginateListKeys({ client: kms }, {}))
    for (const { KeyId } of Keys) if (KeyId !== undefined) found.add(KeyId);
  return found;
}
