/**
 * Kill -9 at any moment: no acknowledged request without its record, no record of a change that did not happen, and
 * every acknowledged change is still there. The number of kills: PARAPET_KILLS.
 */
import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { type EngineName, type Running, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

const KILLS = Number(process.env.PARAPET_KILLS ?? 50);
const WORKERS = 8;
const SHARE: Record<EngineName, number> = { sqlite: 0.8, postgres: 0.2 };

describe.each(['sqlite', 'postgres'] as const)('kill -9 on %s', (engine) => {
  let server: Running;
  const acknowledged: { requestId: string; keyId?: string }[] = [];
  beforeAll(async () => {
    server = await startParapet({ engine });
  });
  afterAll(() => server.stop());

  /** Creates and uses keys until the server is gone. */
  async function load(blob: string, over: () => boolean): Promise<void> {
    const agent = new Agent({ keepAlive: true, ca: server.ca });
    for (let i = 0; !over(); i++) {
      try {
        const creating = i % 4 === 0;
        const answer = creating
          ? await native(server, '/v1/kms/create-key', { Description: `crash ${i}` }, { agent })
          : await native(server, '/v1/kms/decrypt', { CiphertextBlob: blob }, { agent });
        if (answer.status !== 200) continue;
        acknowledged.push({
          requestId: String(answer.headers['x-amzn-requestid']),
          ...(creating && { keyId: (answer.json().KeyMetadata as { KeyId: string }).KeyId }),
        });
      } catch {
        // The connection broke: the request was not acknowledged.
      }
    }
    agent.destroy();
  }

  it(`loses nothing in ${Math.round(KILLS * SHARE[engine])} kills`, async () => {
    const made = await native(server, '/v1/kms/create-key', {});
    const keyId = (made.json().KeyMetadata as { KeyId: string }).KeyId;
    const sealed = await native(server, '/v1/kms/encrypt', {
      KeyId: keyId,
      Plaintext: Buffer.from('x').toString('base64'),
    });
    const blob = sealed.json().CiphertextBlob as string;
    const kills = Math.max(1, Math.round(KILLS * SHARE[engine]));
    const restarts: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      let over = false;
      const workers = Array.from({ length: WORKERS }, () => load(blob, () => over));
      const before = acknowledged.length;
      await eventually(async () => acknowledged.length > before, 20_000);
      await new Promise((wait) => setTimeout(wait, Math.random() * 250));
      await server.kill();
      over = true;
      await Promise.all(workers);
      const from = performance.now();
      await server.start();
      restarts.push(performance.now() - from);
    }
    restarts.sort((a, b) => a - b);
    console.log(
      `${engine}: ${kills} kills, ${acknowledged.length} acknowledged, restart to ready p50 ${Math.round(restarts[restarts.length >> 1] as number)} ms, max ${Math.round(restarts.at(-1) as number)} ms`,
    );
    expect(acknowledged.length).toBeGreaterThanOrEqual(kills);

    const wanted = new Set(acknowledged.map((a) => a.requestId));
    const records = await eventually(async () => {
      const { records } = await readStream(server);
      const seen = new Set(records.map((r) => r.requestID));
      return [...wanted].every((id) => seen.has(id)) ? records : undefined;
    }, 60_000);

    const perRequest = new Map<string, number>();
    for (const record of records) perRequest.set(record.requestID, (perRequest.get(record.requestID) ?? 0) + 1);
    for (const id of wanted) expect(perRequest.get(id), `records of request ${id}`).toBe(1);

    const keys = new Set<string>();
    let marker: string | undefined;
    do {
      const page = await native(server, '/v1/kms/list-keys', {
        Limit: 1000,
        ...(marker !== undefined && { Marker: marker }),
      });
      for (const key of page.json().Keys as { KeyId: string }[]) keys.add(key.KeyId);
      marker = page.json().NextMarker as string | undefined;
    } while (marker !== undefined);
    for (const { keyId: id } of acknowledged) if (id !== undefined) expect(keys.has(id), `key ${id}`).toBe(true);
    const recorded = new Set(
      records
        .filter((r) => r.eventName === 'CreateKey' && r.errorCode === undefined)
        .map((r) => (r.responseElements as { KeyMetadata: { KeyId: string } }).KeyMetadata.KeyId),
    );
    expect(
      [...recorded].filter((id) => !keys.has(id)),
      'recorded keys that do not exist',
    ).toEqual([]);
    expect(
      [...keys].filter((id) => !recorded.has(id)),
      'keys without a record',
    ).toEqual([]);
  });
});
