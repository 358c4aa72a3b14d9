/**
 * kill -9 of one service after the other while requests run: the others go on, what needs the dead one is refused as
 * unavailable, it comes back, and nothing that was acknowledged is lost or allowed wrongly.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { Load } from '../harness/load.ts';
import { MICRO, type Running, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

/** PARAPET_FAULTS: kills of each service. */
const KILLS = Number(process.env.PARAPET_FAULTS ?? 1);
const BEGUN_MS = 60_000;
/** The time of a start on a busy machine included. */
const BACK_MS = 60_000;
const EACH_MS = 30_000;

/** One that every service serves alone, or with iam. */
const ASK: Readonly<Record<string, string>> = {
  iam: '/v1/iam/list-users',
  kms: '/v1/kms/list-keys',
  ccms: '/v1/ccms/list-secrets',
  pca: '/v1/pca/list-certificate-authorities',
  org: '/v1/org/describe-organization',
  audit: '/v1/audit/read-stream',
};

describe('kill -9 of', () => {
  let server: Running;
  let load: Load;
  beforeAll(async () => {
    server = await startParapet({ shape: 'micro' });
    load = await Load.prepare(server);
  }, 180_000);
  afterAll(async () => {
    await load?.end();
    await server?.stop();
  });

  it.each(MICRO)(`%s, ${KILLS} times`, { timeout: 60_000 + KILLS * (BEGUN_MS + BACK_MS) }, async (service) => {
    load.begin();
    for (let i = 0; i < KILLS; i++) {
      await load.untilServed(BEGUN_MS);
      if (service === 'iam') await load.revokeSomebody();
      await new Promise((wait) => setTimeout(wait, Math.random() * 250));
      await server.killService(service);
      await new Promise((wait) => setTimeout(wait, 500 + Math.random() * 1_500));
      await server.startService(service);
      const path = ASK[service];
      if (path)
        await eventually(async () => {
          const answer = await native(server, path, {}).catch(() => undefined);
          return answer && answer.status !== 503;
        }, BACK_MS);
      console.log(`${service}: served again after ${Math.round(await load.untilServed(BACK_MS))} ms`);
    }
    await load.end();
    expect(load.refusals.filter(({ status }) => status !== 503)).toEqual([]);
    expect(load.wronglyAllowed).toEqual([]);
  });

  it('loses nothing', { timeout: 180_000 + KILLS * EACH_MS }, async () => {
    expect(load.acknowledged.length).toBeGreaterThan(MICRO.length);
    expect(await load.lost()).toEqual([]);
  });
});
