/**
 * Kill -9 while the follower of the detective engine records: every acknowledged change is in the timeline of its
 * resource in the end, with the record of it as its cause, and none is there twice. The number of kills: PARAPET_KILLS.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { type Running, type Shape, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

/** A new follower waits for the lease of the dead one, so each kill takes half a minute. */
const KILLS = Math.ceil(Number(process.env.PARAPET_KILLS ?? 50) / 25);
const FOLLOWED_MS = 60_000;
const WORKERS = 3;

interface Version {
  Version: number;
  Cause?: { EventId: string; EventName: string };
  Tags: Record<string, string>;
}

describe.each<[Shape, 'sqlite' | 'postgres']>([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
])('kill -9 of the follower, %s on %s', (shape, engine) => {
  let server: Running;
  let over = false;
  let made = 0;
  /** Users whose making was acknowledged; the tag is the last one that was. */
  const acknowledged = new Map<string, { tag?: string; uncertain?: boolean }>();
  const userArn = (name: string) => `arn:aws:iam::${server.admin.accountId}:user/${name}`;

  const ask = async (path: string, input: object) => {
    const answer = await native(server, path, input);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
    return answer;
  };
  async function history(name: string): Promise<Version[]> {
    const answer = await native(server, '/v1/org/get-resource-config-history', { Arn: userArn(name) });
    return answer.status === 200 ? (answer.json().Versions as Version[]) : [];
  }

  /** Makes users and tags them until it is over. A broken connection: nobody knows whether it happened. */
  async function load(): Promise<void> {
    while (!over) {
      const UserName = `crash-${++made}`;
      const done = await ask('/v1/iam/create-user', { UserName }).catch(() => undefined);
      if (!done) continue;
      const known: { tag?: string; uncertain?: boolean } = {};
      acknowledged.set(UserName, known);
      for (const tag of ['one', 'two']) {
        await new Promise((wait) => setTimeout(wait, Math.random() * 400));
        const tagged = await ask('/v1/iam/tag-user', { UserName, Tags: [{ Key: 'crash', Value: tag }] }).catch(
          () => undefined,
        );
        if (tagged) known.tag = tag;
        else known.uncertain = true;
        if (over || !tagged) break;
      }
    }
  }

  beforeAll(async () => {
    server = await startParapet({ shape, engine });
    // The walk over what there was before is over when something new is recorded with its cause.
    await eventually(async () => (await history(server.admin.userName)).length > 0, FOLLOWED_MS);
    await ask('/v1/iam/create-user', { UserName: 'first' });
    await eventually(async () => (await history('first')).length > 0, FOLLOWED_MS);
  }, 180_000);
  afterAll(() => server.stop());

  it(
    `loses no change and records none twice in ${KILLS} kills`,
    async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        over = false;
        const workers = Array.from({ length: WORKERS }, () => load());
        // The follower of this life is at work once something made in it is recorded.
        const marker = `marker-${kill}`;
        await ask('/v1/iam/create-user', { UserName: marker });
        acknowledged.set(marker, {});
        await eventually(async () => (await history(marker)).length > 0, FOLLOWED_MS);
        await new Promise((wait) => setTimeout(wait, Math.random() * 3_000));
        await server.kill();
        over = true;
        await Promise.all(workers);
        await server.start();
      }
      const last = 'last';
      await ask('/v1/iam/create-user', { UserName: last });
      await eventually(async () => (await history(last)).length > 0, FOLLOWED_MS);

      const { records } = await readStream(server);
      const names = new Map(records.map((record) => [record.eventID, record.eventName]));
      let versions = 0;
      for (const [name, { tag, uncertain }] of acknowledged) {
        const found = (await history(name)).toReversed();
        versions += found.length;
        expect(
          found.map(({ Version }) => Version),
          name,
        ).toEqual(found.map((_, index) => index + 1));
        expect(found.length, `versions of ${name}`).toBeGreaterThan(0);
        const causes = found.map(({ Cause }) => Cause?.EventId ?? 'none');
        expect(new Set(causes).size, `causes of ${name}`).toBe(causes.length);
        for (const { Cause } of found) expect(names.get(Cause?.EventId ?? ''), name).toBe(Cause?.EventName);
        const present = (await ask('/v1/iam/list-user-tags', { UserName: name })).json().Tags as { Value: string }[];
        expect(found.at(-1)?.Tags.crash, name).toBe(present[0]?.Value);
        if (!uncertain) expect(present[0]?.Value, name).toBe(tag);
      }
      expect(acknowledged.size).toBeGreaterThan(KILLS * 2);
      console.log(`${shape}, ${engine}: ${KILLS} kills, ${acknowledged.size} users, ${versions} versions`);
    },
    KILLS * 90_000,
  );
});
