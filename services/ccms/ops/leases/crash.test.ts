/**
 * A process that stops before and after every commit, and after every answer of the database, while it issues, renews
 * or revokes; then another one recovers. Whatever happened: the users of the database are those of the active leases,
 * and what was answered holds.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logsIn } from '../../targets/testing/subject.ts';
import { openWire, type Wire } from '../../targets/testing/wire.ts';
import { type LeasedDatabase, LeaseFixture, leasedMariaDb, leasedPostgres } from '../../testing/lease-fixture.ts';

class Stopped extends Error {
  override readonly name = 'Stopped';
}

type Point = { commit: number; when: 'before' | 'after' } | { answers: number };

/** Stops the process at a point: from then on nothing is committed any more. */
class Fuse {
  isBlown = false;
  private point: Point | undefined;
  private commits = 0;

  constructor(fixture: LeaseFixture, wire: Wire) {
    const { store } = fixture.vault;
    const commit = store.transaction.bind(store);
    store.transaction = async (work) => {
      if (wire.cut) this.isBlown = true;
      const here = this.point && 'commit' in this.point && ++this.commits === this.point.commit;
      if (here && (this.point as { when: string }).when === 'before') this.isBlown = true;
      if (this.isBlown) throw new Stopped();
      const result = await commit(work);
      if (here) this.isBlown = true;
      if (this.isBlown) throw new Stopped();
      return result;
    };
  }

  arm(point: Point): void {
    this.point = point;
    this.commits = 0;
  }

  disarm(): boolean {
    const wasBlown = this.isBlown;
    this.point = undefined;
    this.isBlown = false;
    return wasBlown;
  }
}

interface Issued {
  LeaseId: string;
  Username: string;
  Password: string;
}

describe.each([
  ['PostgreSQL', leasedPostgres],
  ['MariaDB', leasedMariaDb],
])('a crash with %s', (_name, start) => {
  let database: LeasedDatabase;
  let fixture: LeaseFixture;
  let wire: Wire;
  let fuse: Fuse;
  let Role: string;
  beforeAll(async () => {
    [database, fixture] = await Promise.all([start(), LeaseFixture.open()]);
    wire = await openWire(database.serverPort);
    Role = await fixture.role(database, await fixture.target(database, wire.port));
    fuse = new Fuse(fixture, wire);
  }, 120_000);
  afterAll(async () => {
    await fixture?.close();
    await wire?.close();
    await database?.stop();
  });

  async function recover(): Promise<void> {
    wire.mend();
    fixture.restart();
    for (let turns = 0; turns < 3; turns++) {
      fixture.vault.kms.advance(61_000);
      await fixture.revoke();
    }
    await fixture.reconcile();
  }

  async function consistent(): Promise<void> {
    const leases = await fixture.leases();
    const active = leases.filter(({ state }) => state === 'ACTIVE').map(({ username }) => username);
    expect(await database.users()).toEqual(active.sort());
    for (const { state } of leases) expect(['ACTIVE', 'REVOKED', 'ABORTED']).toContain(state);
  }

  /** At every point, until there is none any more; answers how many there were. */
  async function everywhere(
    work: (before: Issued) => Promise<unknown>,
    check: (before: Issued, answer: unknown) => Promise<void>,
  ): Promise<number> {
    let points = 0;
    const series: ((at: number) => Point)[] = [
      (at) => ({ commit: at + 1, when: 'before' }),
      (at) => ({ commit: at + 1, when: 'after' }),
      (at) => ({ answers: at }),
    ];
    for (const pointOf of series)
      for (let at = 0; ; at++) {
        const before = await fixture.admin.IssueCredential({ Role, TtlSeconds: 3600 });
        const point = pointOf(at);
        fuse.arm(point);
        if ('answers' in point) wire.cutAfter(point.answers);
        const answer = await work(before).catch(() => undefined);
        const { cut } = wire;
        const wasBlown = fuse.disarm() || cut;
        await recover();
        await consistent();
        await check(before, answer);
        await fixture.admin.RevokeLeases({ Role });
        await fixture.revoke();
        await consistent();
        if (!wasBlown) break;
        points++;
      }
    return points;
  }

  it('while issuing leaves no user without a lease, and keeps what was answered', { timeout: 300_000 }, async () => {
    const points = await everywhere(
      () => fixture.admin.IssueCredential({ Role, TtlSeconds: 3600 }),
      async (_before, answer) => {
        const issued = answer as Issued | undefined;
        if (!issued) return;
        expect(await logsIn(database, { username: issued.Username, password: Buffer.from(issued.Password) })).toBe(
          true,
        );
      },
    );
    expect(points).toBeGreaterThan(6);
  });

  it('while renewing ends nobody before the time that was answered', { timeout: 300_000 }, async () => {
    const points = await everywhere(
      ({ LeaseId }) => fixture.admin.RenewLease({ LeaseId, TtlSeconds: 7200 }),
      async ({ LeaseId, Username, Password }, answer) => {
        const { Lease } = await fixture.admin.DescribeLease({ LeaseId });
        expect(Lease.State).toBe('ACTIVE');
        if (answer) expect(Lease.ExpiresAt).toBe((answer as { ExpiresAt: number }).ExpiresAt);
        expect(await logsIn(database, { username: Username, password: Buffer.from(Password) })).toBe(true);
      },
    );
    expect(points).toBeGreaterThan(3);
  });

  it('while revoking ends whom somebody wanted ended', { timeout: 300_000 }, async () => {
    const points = await everywhere(
      async ({ LeaseId }) => {
        const answer = await fixture.admin.RevokeLease({ LeaseId });
        await fixture.revoke();
        return answer;
      },
      async ({ LeaseId }, answer) => {
        const { Lease } = await fixture.admin.DescribeLease({ LeaseId });
        if (answer) expect(Lease.State).toBe('REVOKED');
      },
    );
    expect(points).toBeGreaterThan(6);
  });
});
