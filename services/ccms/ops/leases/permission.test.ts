/** A credential ends with the permission it was asked for with. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { endWithoutPermission } from '../../jobs/leases.ts';
import type { VaultClient } from '../../testing/harness.ts';
import { type LeasedDatabase, LeaseFixture, leasedPostgres } from '../../testing/lease-fixture.ts';

const HOUR = 3_600_000;
const ISSUE = 'secretsmanager:IssueCredential';
const statements = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const may = (Condition?: object, Action: string | string[] = [ISSUE, 'secretsmanager:DescribeLease']) => ({
  ...{ Effect: 'Allow', Action, Resource: '*' },
  ...(Condition && { Condition }),
});
const never = { Effect: 'Deny', Action: ISSUE, Resource: '*' };
const nothing = statements(may(undefined, 'iam:GetUser'));

let database: LeasedDatabase;
let fixture: LeaseFixture;
let Role: string;
beforeAll(async () => {
  [database, fixture] = await Promise.all([leasedPostgres(), LeaseFixture.open()]);
  Role = await fixture.role(database, await fixture.target(database));
}, 120_000);
afterAll(async () => {
  await fixture?.close();
  await database?.stop();
});

let count = 0;
let name: string;
beforeEach(() => {
  name = `app-${++count}`;
});
const set = (policy: object): VaultClient => fixture.vault.user(name, policy);
async function look(): Promise<void> {
  await endWithoutPermission.run(fixture.deps);
  await fixture.deps.revoker.idle();
}
const lease = async (LeaseId: string) => (await fixture.admin.DescribeLease({ LeaseId })).Lease;
const ENDED = { State: 'REVOKED', EndedBy: 'grant-removed' };

describe('a credential whose principal', () => {
  it.each([
    ['has no policy for it any more', statements(may()), nothing],
    ['is denied it now', statements(may()), statements(may(), never)],
    [
      'may ask for shorter ones only',
      statements(may()),
      statements(may({ NumericLessThanEquals: { 'secretsmanager:LeaseTtlSeconds': '60' } })),
    ],
    [
      'may ask from elsewhere only',
      statements(may({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })),
      statements(may({ IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } })),
    ],
    [
      'may use another role only',
      statements(may()),
      statements({ ...may(), Resource: 'arn:aws:secretsmanager:local-1:111122223333:credential-role:other' }),
    ],
  ])('%s is ended at the next look, and its user with it', async (_what, before, after) => {
    const { LeaseId, Username } = await set(before).IssueCredential({ Role });
    await look();
    expect(await lease(LeaseId)).toMatchObject({ State: 'ACTIVE' });
    expect(await database.users()).toContain(Username);
    set(after);
    await look();
    expect(await lease(LeaseId)).toMatchObject(ENDED);
    expect(await database.users()).not.toContain(Username);
    const ended = (await fixture.vault.records()).filter(({ eventName }) => eventName === 'LeaseEnded').at(-1);
    expect(ended?.requestParameters).toMatchObject({ LeaseId, EndedBy: 'grant-removed' });
  });

  it('had a permission for a time that is over is ended then', async () => {
    const until = new Date(fixture.vault.kms.now + HOUR / 2).toISOString();
    const { LeaseId } = await set(statements(may({ DateLessThan: { 'aws:CurrentTime': until } }))).IssueCredential({
      Role,
    });
    await look();
    expect(await lease(LeaseId)).toMatchObject({ State: 'ACTIVE' });
    fixture.vault.kms.advance(HOUR / 2 + 1000);
    await look();
    expect(await lease(LeaseId)).toMatchObject(ENDED);
    fixture.vault.kms.advance(-HOUR / 2 - 1000);
  });

  it('is gone is ended, and those of others are not', async () => {
    const other = await fixture.vault.user('steady').IssueCredential({ Role });
    const { LeaseId } = await set(statements(may())).IssueCredential({ Role });
    fixture.vault.kms.removeUser(name);
    fixture.vault.announce();
    await look();
    expect(await lease(LeaseId)).toMatchObject({ State: 'REVOKED', EndedBy: 'parent-ended' });
    expect(await lease(other.LeaseId)).toMatchObject({ State: 'ACTIVE' });
    await fixture.admin.RevokeLease({ LeaseId: other.LeaseId });
    await fixture.revoke();
  });

  it('is of an account that was suspended is asked to end, and ended when its target may be used again', async () => {
    const { vault } = fixture;
    const { LeaseId } = await set(statements(may())).IssueCredential({ Role });
    vault.kms.organization.state('111122223333', 'SUSPENDED');
    await look();
    const row = (await fixture.leases()).find(({ lease_id }) => lease_id === LeaseId);
    expect(row).toMatchObject({ state: 'REVOKING', ended_by: 'grant-removed' });
    vault.kms.organization.state('111122223333', 'ACTIVE');
    vault.kms.advance(60_000);
    await fixture.revoke();
    expect(await lease(LeaseId)).toMatchObject(ENDED);
    vault.kms.advance(-60_000);
  });

  it('still may is left alone, also when its second factor has grown older than it may be for a new one', async () => {
    const { vault, deps } = fixture;
    const fresh = { NumericLessThan: { 'aws:MultiFactorAuthAge': '600' } };
    vault.role('operator', statements(may(fresh)));
    const arn = 'arn:aws:iam::111122223333:role/operator';
    const { caller } = await deps.acting.as(arn, 'arn:aws:secretsmanager:local-1:111122223333:target:any');
    const withFactor: Caller = { ...caller, session: { ...caller.session!, mfaAt: vault.kms.now - 60_000 } };
    const { LeaseId } = await vault.client(withFactor).IssueCredential({ Role });
    vault.kms.advance(800_000);
    await look();
    expect(await lease(LeaseId)).toMatchObject({ State: 'ACTIVE' });
    vault.role('operator', nothing);
    await look();
    expect(await lease(LeaseId)).toMatchObject(ENDED);
    vault.kms.advance(-800_000);
  });

  it('cannot be asked about stays, whatever it may', async () => {
    const { LeaseId } = await set(statements(may())).IssueCredential({ Role });
    const { directory } = fixture.deps;
    const { of } = directory;
    directory.of = () => Promise.reject(new Error('iam is away'));
    await expect(endWithoutPermission.run(fixture.deps)).rejects.toThrow('iam is away');
    directory.of = of;
    expect(await lease(LeaseId)).toMatchObject({ State: 'ACTIVE' });
    set(nothing);
    await look();
    expect(await lease(LeaseId)).toMatchObject(ENDED);
  });

  it('was written into a row by somebody else decides nothing, and keeps no other alive', async () => {
    const { LeaseId } = await set(statements(may())).IssueCredential({ Role });
    const next = fixture.vault.user('also', statements(may()));
    const second = await next.IssueCredential({ Role });
    await fixture.vault.tamper((db) =>
      db.updateTable('lease').set({ asked: null }).where('lease_id', '=', LeaseId).execute(),
    );
    set(nothing);
    fixture.vault.user('also', nothing);
    await look();
    expect(await lease(second.LeaseId)).toMatchObject(ENDED);
    const row = (await fixture.leases()).find(({ lease_id }) => lease_id === LeaseId);
    expect(row).toMatchObject({ state: 'ACTIVE' });
  });
});
