/**
 * Kill -9 while accounts are being made: every request that was acknowledged ends with an account that exists for org
 * and for iam, once, and nothing is left half made. The number of kills: PARAPET_KILLS.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { type Running, type Shape, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

const KILLS = Math.ceil(Number(process.env.PARAPET_KILLS ?? 50) / 10);
const AT_ONCE = 4;

interface Status {
  Id: string;
  State: string;
  AccountName: string;
  AccountId?: string;
}

describe.each<[Shape, 'sqlite' | 'postgres']>([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
])('kill -9 while accounts are made, %s on %s', (shape, engine) => {
  let server: Running;
  beforeAll(async () => {
    server = await startParapet({ shape, engine });
    expect((await native(server, '/v1/org/create-organization')).status).toBe(200);
  });
  afterAll(() => server.stop());

  async function statuses(): Promise<Status[]> {
    const answer = await native(server, '/v1/org/list-create-account-status', { MaxResults: 1000 });
    return answer.json().CreateAccountStatuses as Status[];
  }

  it(`finishes every request after ${KILLS} kills`, async () => {
    const acknowledged: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged.length;
      const requests = Array.from({ length: AT_ONCE }, async (_, n) => {
        const AccountName = `crash ${kill} ${n}`;
        const Email = `crash-${kill}-${n}@example.com`;
        const answer = await native(server, '/v1/org/create-account', { AccountName, Email }).catch(() => undefined);
        if (answer?.status !== 200) return;
        acknowledged.push((answer.json().CreateAccountStatus as Status).Id);
      });
      // While some are acknowledged and none need be finished: making one takes some tens of milliseconds.
      await eventually(async () => acknowledged.length > before, 30_000);
      await new Promise((wait) => setTimeout(wait, Math.random() * 40));
      await server.kill();
      await Promise.all(requests);
      await server.start();
    }
    const done = await eventually(async () => {
      const all = await statuses();
      return all.every((status) => status.State !== 'IN_PROGRESS') ? all : undefined;
    }, 60_000);
    expect(done.filter((status) => status.State !== 'SUCCEEDED')).toEqual([]);
    const ids = new Set(done.map((status) => status.Id));
    for (const id of acknowledged) expect(ids.has(id), `request ${id}`).toBe(true);
    expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS);
    console.log(`${shape}, ${engine}: ${KILLS} kills, ${acknowledged.length} acknowledged, ${done.length} made`);

    const members = (await native(server, '/v1/org/list-accounts', { MaxResults: 1000 })).json().Accounts as {
      Id: string;
      State: string;
    }[];
    expect(members.filter((account) => account.State !== 'ACTIVE')).toEqual([]);
    expect(members.map((account) => account.Id).sort()).toEqual(
      [server.admin.accountId, ...done.map((status) => status.AccountId as string)].sort(),
    );
    for (const { AccountId, AccountName } of done) {
      const known = await native(server, '/v1/iam/describe-account', { AccountId });
      expect(known.json().Account).toMatchObject({ AccountId, Name: AccountName, Kind: 'member' });
    }
    // Nobody but those: iam knows no account that org does not.
    const { Accounts } = (await native(server, '/v1/iam/list-accounts', { MaxItems: 1000 })).json() as {
      Accounts: unknown[];
    };
    expect(Accounts).toHaveLength(members.length);
  });
});
