/**
 * Kill -9 while credentials are issued and revoked: within a minute after the next start, the users of the database are
 * those of the active leases, and who was answered a credential has it. The same when all of them are to be ended at the
 * moment of the kill. How many: PARAPET_LEASES.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logsIn } from '../../services/ccms/targets/testing/subject.ts';
import { eventually } from '../harness/clients.ts';
import { type LeasedTarget, leasedTarget } from '../harness/leased-target.ts';
import { type Running, type Shape, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

const LEASES = Number(process.env.PARAPET_LEASES ?? 200);
const WORKERS = 8;
/** Users that are to be ended when the vault is killed. */
const BACKLOG = Math.min(LEASES, 1000);
/** Well under a minute for a thousand: an issue counts as abandoned, and a claim as given up, after half a minute. */
const RECOVERED_MS = 50_000 + Math.max(0, LEASES - 1000) * 20;
/** An issue and its revocation, on a busy machine. */
const EACH_MS = 400;

interface Issued {
  LeaseId: string;
  Username: string;
  Password: string;
}

describe.each<[Shape, 'sqlite' | 'postgres']>([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
])('kill -9 of the vault, %s on %s', (shape, engine) => {
  let server: Running;
  let leased: LeasedTarget;

  beforeAll(async () => {
    server = await startParapet({ shape, engine });
    leased = await leasedTarget(server, { MaxLeases: 100_000, MaxLeasesPerPrincipal: 100_000 });
  });
  afterAll(async () => {
    await server?.stop();
    await leased?.database.stop();
  });

  async function active(): Promise<string[]> {
    const found: string[] = [];
    let NextToken: unknown;
    do {
      const input = { Role: leased.role, State: 'ACTIVE', ...(NextToken !== undefined && { NextToken }) };
      const page = (await native(server, '/v1/ccms/list-leases', input)).json();
      found.push(...(page.Leases as Issued[]).map(({ Username }) => Username));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found.sort();
  }

  it('leaves the users of the active leases, and no others', { timeout: 240_000 + LEASES * EACH_MS }, async () => {
    const kept: Issued[] = [];
    const ended: Issued[] = [];
    let isDead = false;
    const worker = async () => {
      while (!isDead) {
        const issued = await native(server, '/v1/ccms/issue-credential', { Role: leased.role }).catch(() => undefined);
        if (issued?.status !== 200) continue;
        const credential = issued.json() as unknown as Issued;
        // Every third is given back at once.
        if ((kept.length + ended.length) % 3 !== 0) kept.push(credential);
        else {
          const { LeaseId } = credential;
          const revoked = await native(server, '/v1/ccms/revoke-lease', { LeaseId }).catch(() => undefined);
          if (revoked?.status === 200) ended.push(credential);
        }
      }
    };
    const working = Promise.all(Array.from({ length: WORKERS }, worker));
    await eventually(async () => kept.length + ended.length >= LEASES, 60_000 + LEASES * EACH_MS);
    await server.kill();
    isDead = true;
    await working;
    await server.start();
    const from = Date.now();
    await eventually(async () => {
      const [users, leases] = [await leased.database.users(), await active()];
      return JSON.stringify(users) === JSON.stringify(leases);
    }, RECOVERED_MS);
    console.log(`${shape}: ${kept.length + ended.length} leases, recovered in ${Date.now() - from} ms`);
    const users = new Set(await leased.database.users());
    for (const { Username } of kept) expect(users.has(Username)).toBe(true);
    for (const { Username } of ended) expect(users.has(Username)).toBe(false);
    const some = kept[0]!;
    const credential = { username: some.Username, password: Buffer.from(some.Password) };
    expect(await logsIn(leased.database, credential)).toBe(true);
  });

  it('ends all users that were to be ended when it was killed', { timeout: 120_000 + LEASES * EACH_MS }, async () => {
    const input = { Role: leased.role };
    let missing = BACKLOG - (await leased.database.users()).length;
    const worker = async () => {
      while (missing-- > 0) expect((await native(server, '/v1/ccms/issue-credential', input)).status).toBe(200);
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    const users = await leased.database.users();
    expect(users.length).toBeGreaterThanOrEqual(BACKLOG);
    for (;;) {
      const { Remaining } = (await native(server, '/v1/ccms/revoke-leases', input)).json();
      if (Remaining === 0) break;
    }
    await server.kill();
    const left = await leased.database.users();
    await server.start();
    const from = Date.now();
    await eventually(async () => (await leased.database.users()).length === 0, RECOVERED_MS);
    console.log(`${shape}: ${left.length} of ${users.length} users were left, gone in ${Date.now() - from} ms`);
    await eventually(async () => {
      const { Leases } = (await native(server, '/v1/ccms/preview-revoke-leases', input)).json();
      return Leases === 0;
    }, RECOVERED_MS);
  });
});
