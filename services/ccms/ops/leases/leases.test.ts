/** Dynamic credentials over real databases. */
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../../platform/store/testing/postgres-server.ts';
import { endWithParent, removeEndedLeases } from '../../jobs/leases.ts';
import { logsIn } from '../../targets/testing/subject.ts';
import { failure, OTHER_ACCOUNT } from '../../testing/harness.ts';
import { type LeasedDatabase, LeaseFixture, leasedMariaDb, leasedPostgres } from '../../testing/lease-fixture.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const statements = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], Resource = '*') => ({ Effect: 'Allow', Action, Resource });
const USE = ['IssueCredential', 'RenewLease', 'RevokeLease', 'DescribeLease'].map((name) => `secretsmanager:${name}`);

const credential = ({ Username, Password }: { Username: string; Password: string }) => ({
  username: Username,
  password: Buffer.from(Password),
});

describe.each([
  ['PostgreSQL', leasedPostgres],
  ['MariaDB', leasedMariaDb],
])('a credential of %s', (_name, start) => {
  let database: LeasedDatabase;
  let fixture: LeaseFixture;
  let Target: string;
  let Role: string;
  beforeAll(async () => {
    [database, fixture] = await Promise.all([start(), LeaseFixture.open()]);
    Target = await fixture.target(database);
    Role = await fixture.role(database, Target);
  }, 120_000);
  afterAll(async () => {
    await fixture?.close();
    await database?.stop();
  });

  it('logs in from the answer on, is renewed, and is gone with its sessions after its end', async () => {
    const { admin } = fixture;
    const issued = await admin.IssueCredential({ Role, TtlSeconds: 600 });
    expect(issued).toMatchObject({ Host: '127.0.0.1', Port: database.serverPort, Tls: false, Renewable: true });
    expect(issued.ExpiresAt).toBe(fixture.vault.kms.now + 10 * MINUTE);
    const session = await database.connect(credential(issued));
    await session.work();
    const { LeaseId } = issued;
    const renewed = await admin.RenewLease({ LeaseId, TtlSeconds: 1200 });
    expect(renewed.ExpiresAt).toBe(fixture.vault.kms.now + 20 * MINUTE);
    expect((await admin.DescribeLease({ LeaseId })).Lease).toMatchObject({
      State: 'ACTIVE',
      Username: issued.Username,
      Target,
      ExpiresAt: renewed.ExpiresAt,
    });
    fixture.vault.kms.advance(20 * MINUTE - 1);
    await fixture.revoke();
    expect(await database.users()).toEqual([issued.Username]);
    fixture.vault.kms.advance(1);
    expect(await failure(admin.RenewLease({ LeaseId }))).toMatchObject({ code: 'InvalidRequest' });
    await fixture.revoke();
    expect(await database.users()).toEqual([]);
    await expect(session.work()).rejects.toThrow();
    expect((await admin.DescribeLease({ LeaseId })).Lease).toMatchObject({ State: 'REVOKED', EndedBy: 'expired' });
    fixture.vault.kms.advance(-20 * MINUTE);
  });

  it('is ended when its owner says so, however often', async () => {
    const { admin } = fixture;
    const issued = await admin.IssueCredential({ Role });
    expect(await logsIn(database, credential(issued))).toBe(true);
    const { Lease } = await admin.RevokeLease({ LeaseId: issued.LeaseId });
    expect(Lease).toMatchObject({ State: 'REVOKING', EndedBy: 'requested' });
    await fixture.revoke();
    expect(await logsIn(database, credential(issued))).toBe(false);
    expect((await admin.RevokeLease({ LeaseId: issued.LeaseId })).Lease).toMatchObject({ State: 'REVOKED' });
  });

  it('is in no record, and nowhere in the files of the database', async () => {
    const { admin, vault } = fixture;
    const { Password, LeaseId, Username } = await admin.IssueCredential({ Role });
    const record = await vault.lastRecord();
    expect(record).toMatchObject({ eventName: 'IssueCredential' });
    expect(record.responseElements).toMatchObject({ LeaseId, Username });
    expect(record.resources?.map(({ ARN }) => ARN)).toEqual([expect.stringContaining(`:credential-role:${Role}`)]);
    expect(JSON.stringify(await vault.records())).not.toContain(Password);
    const { dataFolder } = fixture.deps.settings;
    for (const file of readdirSync(dataFolder))
      expect(readFileSync(join(dataFolder, file)).includes(Password)).toBe(false);
    await admin.RevokeLease({ LeaseId });
    await fixture.revoke();
  });

  it('goes up to the caps and not beyond, however many ask at once', async () => {
    const { admin, vault } = fixture;
    const capped = await fixture.role(database, Target, { MaxLeases: 5, MaxLeasesPerPrincipal: 3 });
    const askers = ['admin', 'two', 'three'].map((name) => vault.user(name));
    const answers = await Promise.allSettled(
      Array.from({ length: 18 }, (_, at) => askers[at % 3]!.IssueCredential({ Role: capped })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    const open = (await fixture.leases()).filter((row) => row.state === 'ACTIVE');
    expect(open).toHaveLength(5);
    for (const asker of new Set(open.map((row) => row.principal_id)))
      expect(open.filter((row) => row.principal_id === asker).length).toBeLessThanOrEqual(3);
    expect(await database.users()).toEqual(open.map((row) => row.username).sort());
    expect(await failure(admin.IssueCredential({ Role: capped }))).toMatchObject({ code: 'LimitExceeded' });
    expect(await admin.PreviewRevokeLeases({ Role: capped })).toMatchObject({ Leases: 5, Ending: 0 });
    expect(await failure(admin.DeleteCredentialRole({ Role: capped }))).toMatchObject({ code: 'InvalidRequest' });
    expect(await admin.RevokeLeases({ Role: capped })).toEqual({ Revoking: 5, Remaining: 0 });
    await fixture.revoke();
    expect(await database.users()).toEqual([]);
    await admin.DeleteCredentialRole({ Role: capped });
    expect(await failure(admin.IssueCredential({ Role: capped }))).toMatchObject({ code: 'NotFound' });
  });

  it('that no lease accounts for is reported once, and dropped when no lease can be so old', async () => {
    const { vault } = fixture;
    const name = (age: number) => `v-app-role-abcdefghij0-t${Math.floor((vault.kms.now - age) / 1000).toString(36)}`;
    const [young, old, person] = [name(HOUR), name(31 * 24 * HOUR), 'v-somebody'];
    for (const each of [young, old, person]) await database.make(each);
    const { LeaseId, Username } = await fixture.admin.IssueCredential({ Role });
    await fixture.reconcile();
    await fixture.reconcile();
    expect(await database.users()).toEqual([young, person, Username].sort());
    const events = (await vault.records()).filter(({ eventName }) => eventName.startsWith('Orphan'));
    expect(events.map(({ eventName, requestParameters }) => [eventName, requestParameters?.Username]).sort()).toEqual(
      [
        ['OrphanDropped', old],
        ['OrphanFound', young],
        ['OrphanFound', person],
      ].sort(),
    );
    vault.kms.advance(30 * 24 * HOUR);
    await fixture.reconcile();
    expect(await database.users()).toEqual([person]);
    vault.kms.advance(-30 * 24 * HOUR);
    expect((await fixture.admin.DescribeLease({ LeaseId })).Lease.State).toBe('REVOKED');
  });
});

describe('leases', () => {
  let database: LeasedDatabase;
  let fixture: LeaseFixture;
  let Target: string;
  let Role: string;
  beforeAll(async () => {
    [database, fixture] = await Promise.all([leasedPostgres(), LeaseFixture.open()]);
    Target = await fixture.target(database);
    Role = await fixture.role(database, Target);
  }, 120_000);
  afterAll(async () => {
    await fixture?.close();
    await database?.stop();
  });

  it('belong to who asked; others need to manage leases, and else there are none', async () => {
    const { vault, admin } = fixture;
    const arn = `arn:aws:secretsmanager:local-1:111122223333:credential-role:${Role}`;
    const app = vault.user('app', statements(allow(USE, arn)));
    const other = vault.user('other', statements(allow(USE, '*')));
    const { LeaseId } = await app.IssueCredential({ Role });
    await app.RenewLease({ LeaseId });
    expect((await app.DescribeLease({ LeaseId })).Lease).toMatchObject({
      Role: arn,
      PrincipalArn: 'arn:aws:iam::111122223333:user/app',
    });
    const missing = '01937c5e-7d4a-7b8e-9f00-5a6b7c8d9e0f';
    const foreign = vault.user('admin', undefined, OTHER_ACCOUNT);
    for (const who of [other, foreign])
      for (const operation of ['DescribeLease', 'RenewLease', 'RevokeLease', 'ForgetLease'] as const) {
        const theirs = await failure(who[operation]({ LeaseId }));
        const none = await failure(who[operation]({ LeaseId: missing }));
        expect(theirs.code).toBe(who === other && operation === 'ForgetLease' ? 'AccessDenied' : 'NotFound');
        expect(theirs.message).toBe(none.message);
      }
    // Who manages leases may end one, but not live by it.
    expect(await failure(admin.RenewLease({ LeaseId }))).toMatchObject({ code: 'NotFound' });
    await admin.RevokeLease({ LeaseId });
    await fixture.revoke();
    expect(await database.users()).toEqual([]);
    expect((await foreign.ListLeases({})).Leases).toEqual([]);
  });

  it('do not outlive the session they were asked for with, its end, or the role behind it', async () => {
    const { vault, deps } = fixture;
    const roleArn = vault.role('worker');
    const { caller } = await deps.acting.as(roleArn, 'arn:aws:secretsmanager:local-1:111122223333:target:any');
    const worker = vault.client(caller);
    const { LeaseId, ExpiresAt, Renewable } = await worker.IssueCredential({ Role, TtlSeconds: 7200 });
    expect(ExpiresAt).toBe(caller.session?.expiresAt);
    expect(Renewable).toBe(false);
    await endWithParent.run(deps);
    expect((await worker.DescribeLease({ LeaseId })).Lease.State).toBe('ACTIVE');
    vault.roles.sessions.delete(caller.session?.id ?? '');
    vault.announce();
    await endWithParent.run(deps);
    await deps.revoker.idle();
    expect((await fixture.admin.DescribeLease({ LeaseId })).Lease).toMatchObject({
      State: 'REVOKED',
      EndedBy: 'parent-ended',
    });
    expect(await database.users()).toEqual([]);
  });

  it('are as long as policies let them be, also for who names no time', async () => {
    const { vault } = fixture;
    const short = { NumericLessThanEquals: { 'secretsmanager:LeaseTtlSeconds': '600' } };
    const brief = vault.user('brief', statements({ ...allow(USE), Condition: short }));
    expect(await failure(brief.IssueCredential({ Role }))).toMatchObject({ code: 'AccessDenied' });
    const { LeaseId } = await brief.IssueCredential({ Role, TtlSeconds: 600 });
    expect(await failure(brief.RenewLease({ LeaseId }))).toMatchObject({ code: 'AccessDenied' });
    await brief.RenewLease({ LeaseId, TtlSeconds: 300 });
    await fixture.admin.RevokeLease({ LeaseId });
    await fixture.revoke();
  });

  it('that are ended while their user is being made are answered as a conflict, and looked after once more', async () => {
    const { admin, vault } = fixture;
    const { store } = vault;
    const commit = store.transaction.bind(store);
    let commits = 0;
    store.transaction = async (work) => {
      // The second one would make the lease active.
      if (++commits === 2) {
        store.transaction = commit;
        expect(await admin.RevokeLeases({ Role })).toMatchObject({ Revoking: 1 });
        await fixture.revoke();
        const { username } = (await fixture.leases()).find(({ state }) => state === 'ISSUING')!;
        expect(await database.users()).toEqual([]);
        // As if the statement had come late.
        await database.make(username);
      }
      return commit(work);
    };
    expect(await failure(admin.IssueCredential({ Role }))).toMatchObject({ code: 'Conflict' });
    const { lease_id: LeaseId } = (await fixture.leases()).find(({ state }) => state === 'ISSUING')!;
    expect((await admin.DescribeLease({ LeaseId })).Lease.State).toBe('ISSUING');
    vault.kms.advance(MINUTE);
    await fixture.revoke();
    expect((await admin.DescribeLease({ LeaseId })).Lease).toMatchObject({ State: 'ABORTED', EndedBy: 'not-issued' });
    expect(await database.users()).toEqual([]);
    vault.kms.advance(-MINUTE);
  });

  it('are counted for a role in all its sessions together', async () => {
    const { vault, deps } = fixture;
    const roleArn = vault.role('fleet');
    const capped = await fixture.role(database, Target, { MaxLeasesPerPrincipal: 1 });
    const sessionFor = async (name: string) =>
      vault.client(
        (await deps.acting.as(roleArn, `arn:aws:secretsmanager:local-1:111122223333:target:${name}`)).caller,
      );
    await (await sessionFor('one')).IssueCredential({ Role: capped });
    const second = await failure((await sessionFor('two')).IssueCredential({ Role: capped }));
    expect(second).toMatchObject({ code: 'LimitExceeded' });
    await fixture.admin.RevokeLeases({ Role: capped });
    await fixture.revoke();
  });

  it('of a database that hangs keep nobody else waiting', async () => {
    const { admin } = fixture;
    const open = new Set<Socket>();
    let hangs = false;
    const proxy = createServer((client) => {
      open.add(client.on('error', () => undefined));
      if (hangs) return;
      const upstream = connect(database.serverPort, '127.0.0.1').on('error', () => undefined);
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    const theirs = await fixture.role(database, await fixture.target(database, (proxy.address() as AddressInfo).port));
    for (let at = 0; at < 8; at++) await admin.IssueCredential({ Role: theirs });
    hangs = true;
    await admin.RevokeLeases({ Role: theirs });
    await fixture.deps.revoker.look();
    const from = Date.now();
    const { LeaseId } = await admin.IssueCredential({ Role });
    await admin.RevokeLease({ LeaseId });
    await eventuallyRevoked(LeaseId);
    expect(Date.now() - from).toBeLessThan(4000);
    expect((await admin.PreviewRevokeLeases({ Role: theirs })).Leases).toBe(8);
    hangs = false;
    for (const socket of open) socket.destroy();
    await fixture.deps.revoker.idle();
    fixture.vault.kms.advance(MINUTE);
    await fixture.revoke();
    await fixture.revoke();
    proxy.close();
    expect((await admin.PreviewRevokeLeases({ Role: theirs })).Leases).toBe(0);
    fixture.vault.kms.advance(-MINUTE);
  });

  async function eventuallyRevoked(LeaseId: string): Promise<void> {
    while ((await fixture.admin.DescribeLease({ LeaseId })).Lease.State !== 'REVOKED') {
      await fixture.deps.revoker.look();
      await new Promise((again) => setTimeout(again, 20));
    }
  }

  it('end by role, target or principal, in one request, after a look at what that would be', async () => {
    const { vault, admin } = fixture;
    const second = await fixture.role(database, Target);
    const [one, two] = [vault.user('one'), vault.user('two')];
    for (const [who, role] of [
      [one, Role],
      [one, second],
      [two, second],
      [two, second],
    ] as const)
      await who.IssueCredential({ Role: role });
    const Principal = 'arn:aws:iam::111122223333:user/one';
    expect(await admin.PreviewRevokeLeases({ Principal })).toMatchObject({ Leases: 2, Roles: [{}, {}] });
    const onlyFirst = vault.user(
      'limited',
      statements(allow('secretsmanager:RevokeLeases', `arn:aws:secretsmanager:*:*:credential-role:${Role}`)),
    );
    expect(await failure(onlyFirst.RevokeLeases({ Principal }))).toMatchObject({ code: 'AccessDenied' });
    expect(await failure(admin.RevokeLeases({}))).toMatchObject({ code: 'InvalidParameter' });
    expect(await admin.RevokeLeases({ Principal })).toEqual({ Revoking: 2, Remaining: 0 });
    await fixture.revoke();
    expect(await database.users()).toHaveLength(2);
    expect(await admin.RevokeLeases({ Target })).toEqual({ Revoking: 2, Remaining: 0 });
    await fixture.revoke();
    expect(await database.users()).toEqual([]);
    const { Leases } = await admin.ListLeases({ Principal, State: 'REVOKED' });
    expect(Leases.map(({ EndedBy }) => EndedBy)).toEqual(['break-glass', 'break-glass']);
  });

  it('are given up only explicitly, when their target is gone', async () => {
    const { admin, vault } = fixture;
    const dead = await fixture.target(database, 1);
    const role = await fixture.role(database, dead);
    await expect(admin.IssueCredential({ Role: role })).rejects.toMatchObject({
      code: 'TargetFailed',
      details: { reason: 'unreachable' },
    });
    for (let attempt = 0; attempt < 6; attempt++) {
      await fixture.revoke();
      vault.kms.advance(10 * MINUTE);
    }
    const { Leases } = await admin.ListLeases({ Target: dead, State: 'STUCK' });
    expect(Leases).toMatchObject([{ Failure: 'unreachable', FailureHint: expect.any(String), EndedBy: 'not-issued' }]);
    expect((await vault.records()).filter(({ eventName }) => eventName === 'LeaseStuck')).toHaveLength(1);
    expect(await failure(admin.DeleteTarget({ Name: dead }))).toMatchObject({ code: 'InvalidRequest' });
    expect(await admin.ForgetLeases({ Target: dead })).toEqual({ Forgotten: 1, Remaining: 0 });
    const LeaseId = Leases[0]!.LeaseId;
    expect((await admin.DescribeLease({ LeaseId })).Lease).toMatchObject({ State: 'ABORTED', Forgotten: true });
    await admin.DeleteCredentialRole({ Role: role });
    await admin.DeleteTarget({ Name: dead });
    vault.kms.advance(31 * 24 * HOUR);
    await removeEndedLeases.run(fixture.deps);
    expect(await failure(admin.DescribeLease({ LeaseId }))).toMatchObject({ code: 'NotFound' });
    vault.kms.advance(Date.now() - vault.kms.now);
  });

  it('of a database that comes back end soon, and those of others never waited for it', async () => {
    const { admin, vault } = fixture;
    const second = await leasedPostgres();
    try {
      const theirTarget = await fixture.target(second);
      const theirs = await fixture.role(second, theirTarget);
      for (let at = 0; at < 12; at++) await admin.IssueCredential({ Role: theirs });
      const { LeaseId } = await admin.IssueCredential({ Role });
      await second.kill();
      await admin.RevokeLeases({ Role: theirs });
      await admin.RevokeLease({ LeaseId });
      await fixture.revoke();
      expect(await database.users()).toEqual([]);
      for (let attempt = 0; attempt < 8; attempt++) {
        vault.kms.advance(10 * MINUTE);
        for (let turn = 0; turn < 12; turn++) await fixture.revoke();
      }
      expect((await admin.ListLeases({ Role: theirs, State: 'STUCK' })).Leases).toHaveLength(12);
      await second.start();
      expect(await second.users()).toHaveLength(12);
      await fixture.reconcile();
      await fixture.revoke();
      expect(await second.users()).toEqual([]);
    } finally {
      await second.stop();
      vault.kms.advance(Date.now() - vault.kms.now);
    }
  });

  it('are not ended by themselves while revocation is on hold', async () => {
    const { admin, vault } = fixture;
    const [expired, asked] = [await admin.IssueCredential({ Role }), await admin.IssueCredential({ Role })];
    fixture.deps.revocationHold = true;
    vault.kms.advance(2 * HOUR);
    await admin.RevokeLease({ LeaseId: asked.LeaseId });
    await fixture.reconcile();
    expect(await database.users()).toEqual([expired.Username]);
    fixture.deps.revocationHold = false;
    await fixture.revoke();
    expect(await database.users()).toEqual([]);
    vault.kms.advance(-2 * HOUR);
  });

  it('that somebody changed in the database end nothing and name nobody else', async () => {
    const { admin, vault } = fixture;
    const [mine, victim] = [await admin.IssueCredential({ Role }), await admin.IssueCredential({ Role })];
    await vault.tamper((db) => db.deleteFrom('lease').where('lease_id', '=', victim.LeaseId).execute());
    await vault.tamper((db) =>
      db.updateTable('lease').set({ username: victim.Username }).where('lease_id', '=', mine.LeaseId).execute(),
    );
    expect(await failure(admin.RevokeLease({ LeaseId: mine.LeaseId }))).toMatchObject({ code: 'Internal' });
    vault.kms.advance(2 * HOUR);
    await fixture.revoke();
    expect(await database.users()).toEqual([mine.Username, victim.Username].sort());
    vault.kms.advance(-2 * HOUR);
  });

  it.each([
    [{ DefaultTtlSeconds: 7200, MaxTtlSeconds: 3600 }, /longer than the longest/],
    [{ MaxLeases: 2, MaxLeasesPerPrincipal: 3 }, /all together only 2/],
    [{ ActAs: undefined }, /needs ActAs/],
    [{ Grants: [{ Privileges: ['SELECT'], Database: 'x' }] }, /has ActAs only/],
  ])('have roles that fit together: %o is refused', async (more, message) => {
    const input = { Name: 'wrong', Target, ActAs: 'shop_owner', ...more };
    const error = await failure(fixture.admin.CreateCredentialRole(input));
    expect(error.code).toBe('InvalidParameter');
    expect(error.message).toMatch(message);
  });

  it('have roles that only who may use the target defines', async () => {
    const maker = fixture.vault.user('maker', statements(allow('secretsmanager:CreateCredentialRole')));
    const input = { Name: 'mine', Target, ActAs: 'shop_owner' };
    expect(await failure(maker.CreateCredentialRole(input))).toMatchObject({ code: 'AccessDenied' });
    const updater = fixture.vault.user('updater', statements(allow('secretsmanager:UpdateCredentialRole')));
    expect(await failure(updater.UpdateCredentialRole({ Role, ActAs: 'x' }))).toMatchObject({ code: 'AccessDenied' });
    const { CredentialRole } = await fixture.admin.UpdateCredentialRole({ Role, DefaultTtlSeconds: 120 });
    expect(CredentialRole).toMatchObject({ DefaultTtlSeconds: 120, ActAs: 'shop_owner', Target });
    const { ExpiresAt } = await fixture.admin.IssueCredential({ Role });
    expect(ExpiresAt).toBe(fixture.vault.kms.now + 2 * MINUTE);
  });
});

it('a vault on PostgreSQL keeps to the caps as well, however many ask at once', { timeout: 120_000 }, async () => {
  const [server, database] = await Promise.all([startPostgres(), leasedPostgres()]);
  const fixture = await LeaseFixture.open({ url: await server.database() });
  try {
    const Role = await fixture.role(database, await fixture.target(database), {
      MaxLeases: 5,
      MaxLeasesPerPrincipal: 5,
    });
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => fixture.admin.IssueCredential({ Role })));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'LimitExceeded' });
    expect(await database.users()).toHaveLength(5);
    expect(await fixture.admin.RevokeLeases({ Role })).toEqual({ Revoking: 5, Remaining: 0 });
    await fixture.revoke();
    expect(await database.users()).toEqual([]);
  } finally {
    await fixture.close();
    await Promise.all([server.stop(), database.stop()]);
  }
});
