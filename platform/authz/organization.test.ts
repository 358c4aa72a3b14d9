import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OrganizationNews } from './organization.ts';
import type { OrganizationChanges } from './organization-changes.ts';
import type { OrganizationData } from './organization-data.ts';
import { MANAGEMENT, ORG, ROOT, TestOrganization } from './testing/test-organization.ts';

const MEMBER = '111122223333';
const ALONE = '444455556666';
const DENY_ALL = { Sid: 'Nothing', Effect: 'Deny', Action: '*', Resource: '*' };

let clock: { time: number; now(): number };
let org: TestOrganization;
beforeEach(() => {
  clock = { time: 1_000_000, now: () => clock.time };
  org = new TestOrganization(clock).create().unit('ou-ab12-00000001').account(MEMBER, 'ou-ab12-00000001');
});

const levels = async (account: string) =>
  (await org.organization.snapshot()).guardrails(account, '').scp?.map(({ id }) => id);

describe('the view of the organization', () => {
  it('answers the same snapshot from memory while it is confirmed', async () => {
    const first = await org.organization.snapshot();
    clock.time += 1_999;
    expect(org.organization.snapshot()).toBe(first);
    expect(org.reads).toBe(1);
  });

  it('asks before it answers when it was not confirmed for two seconds', async () => {
    const before = await org.organization.snapshot();
    org.data.Revision++;
    clock.time += 2_000;
    const after = await org.organization.snapshot();
    expect(after).not.toBe(before);
    expect(after.revision).toBe(before.revision + 1);
  });

  it('keeps the snapshot, with all that was worked out from it, while nothing changes', async () => {
    const before = await org.organization.snapshot();
    clock.time += 10_000;
    expect(await org.organization.snapshot()).toBe(before);
    expect(org.reads).toBe(1);
  });

  it('answers on for less than five seconds when org is away, and then denies', async () => {
    await org.organization.snapshot();
    org.away = true;
    clock.time += 4_999;
    await expect(Promise.resolve(org.organization.snapshot())).resolves.toBeDefined();
    clock.time += 1;
    await expect(Promise.resolve(org.organization.snapshot())).rejects.toMatchObject({
      code: 'Unavailable',
      message: 'the organization cannot be confirmed as current',
    });
    org.away = false;
    await expect(Promise.resolve(org.organization.snapshot())).resolves.toBeDefined();
  });

  it('denies before it has ever known anything', async () => {
    org.away = true;
    await expect(Promise.resolve(org.organization.snapshot())).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it('does not wait for an org that hangs', async () => {
    const known = await org.organization.snapshot();
    org.changes = () => new Promise(() => undefined);
    const from = performance.now();
    clock.time += 3_000;
    expect(await org.organization.snapshot()).toBe(known);
    clock.time += 2_000;
    await expect(Promise.resolve(org.organization.snapshot())).rejects.toMatchObject({ code: 'Unavailable' });
    expect(performance.now() - from).toBeLessThan(3_000);
  });

  it('takes an answer for as old as its question, however late it comes', async () => {
    await org.organization.snapshot();
    let answer: (news: { revision: number }) => void = () => undefined;
    org.changes = () => new Promise((done) => (answer = done));
    clock.time += 3_000;
    const asked = Promise.resolve(org.organization.snapshot());
    clock.time += 6_000;
    answer({ revision: org.data.Revision });
    await expect(asked).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it('does not answer from before a change of this process when org cannot be asked', async () => {
    await org.organization.snapshot();
    org.away = true;
    org.published();
    await expect(Promise.resolve(org.organization.snapshot())).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it('asks once for requests that come together', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 50 }, () => org.organization.snapshot()));
    expect(new Set(others)).toEqual(new Set([first]));
    expect(org.reads).toBe(1);
  });

  it('shows the next request what this process changed', async () => {
    const before = await org.organization.snapshot();
    org.attach('scp', ROOT, 'nothing', [DENY_ALL]);
    const after = await org.organization.snapshot();
    expect([before.revision, after.revision]).toEqual([org.data.Revision - 1, org.data.Revision]);
  });

  it('takes no confirmation from an answer that was asked for before the change', async () => {
    await org.organization.snapshot();
    clock.time += 3_000;
    const asked = org.organization.snapshot();
    org.data.Revision++;
    org.published();
    await asked;
    expect((await org.organization.snapshot()).revision).toBe(org.data.Revision);
  });

  it('does not go back when an older answer comes later', async () => {
    const waiting: ((data: OrganizationData) => void)[] = [];
    org.view = () => new Promise((done) => waiting.push(done));
    const first = org.organization.snapshot();
    org.published();
    const second = org.organization.snapshot();
    waiting[1]?.({ ...org.data, Revision: 8 });
    expect((await second).revision).toBe(8);
    waiting[0]?.({ ...org.data, Revision: 7 });
    await first;
    expect((await org.organization.snapshot()).revision).toBe(8);
  });

  it('believes a revision that went back: org was restored', async () => {
    await org.organization.snapshot();
    org.data.Revision = 1;
    clock.time += 2_000;
    expect((await org.organization.snapshot()).revision).toBe(1);
  });
});

describe('what changed', () => {
  const OTHER = 'ou-ab12-00000002';
  /** The member moves below another unit that denies. */
  const told = (): OrganizationChanges => ({
    Revision: org.data.Revision + 1,
    Objects: [MEMBER, OTHER, 'p-nothing'],
    Units: [{ Id: OTHER, ParentId: ROOT, Name: 'other' }],
    Accounts: [{ Id: MEMBER, ParentId: OTHER, State: 'ACTIVE', KeepCrossAccountUse: false }],
    Policies: [],
    Attachments: [MEMBER, OTHER].map((TargetId) => ({ TargetId, PolicyId: 'p-FullAWSAccess', Mode: 'enforce' })),
  });
  const tell = (changes: OrganizationChanges) => {
    org.changes = async () => ({ revision: changes.Revision, changes });
    org.published();
  };

  it('is put into what is known, and nothing more is read', async () => {
    const before = await org.organization.snapshot();
    const changes = told();
    tell(changes);
    const after = await org.organization.snapshot();
    expect(after.revision).toBe(changes.Revision);
    expect(await levels(MEMBER)).toEqual([ROOT, OTHER, MEMBER]);
    expect(after.guardrails('', MEMBER).rcp?.at(-1)?.set.policies).toEqual([]);
    // What a request has taken stays as it is.
    expect(before.guardrails(MEMBER, '').scp?.map(({ id }) => id)).toEqual([ROOT, 'ou-ab12-00000001', MEMBER]);
    expect(org.reads).toBe(1);
  });

  it('takes away what is gone', async () => {
    await org.organization.snapshot();
    tell({ ...told(), Objects: [MEMBER], Units: [], Accounts: [], Attachments: [] });
    expect((await org.organization.snapshot()).isMember(MEMBER)).toBe(false);
  });

  it('is not believed after a silence in which org may have been restored', async () => {
    await org.organization.snapshot();
    clock.time += 5_000;
    tell(told());
    org.data.Revision = 40;
    expect((await org.organization.snapshot()).revision).toBe(40);
    expect(org.reads).toBe(2);
  });

  it('is not put into anything but what it begins at', async () => {
    await org.organization.snapshot();
    let answer: (news: OrganizationNews) => void = () => undefined;
    const { changes } = org;
    org.changes = () => new Promise((done) => (answer = done));
    clock.time += 2_000;
    const late = org.organization.snapshot();
    org.changes = changes;
    org.unit('ou-ab12-00000003');
    await org.organization.snapshot();
    answer({ revision: 90, changes: { ...told(), Revision: 90 } });
    await late;
    expect((await org.organization.snapshot()).revision).toBe(org.data.Revision);
    expect((await org.organization.snapshot()).hasNode('ou-ab12-00000003')).toBe(true);
  });
});

describe('following', () => {
  afterEach(() => org.organization.stop());

  it('sees a change made elsewhere within a second', async () => {
    clock.now = () => performance.now();
    org.organization.start();
    await expect.poll(() => (org.organization.snapshot() as { revision?: number }).revision).toBe(org.data.Revision);
    for (let turn = 0; turn < 5; turn++) {
      org.data.Revision++;
      const from = performance.now();
      while ((org.organization.snapshot() as { revision?: number }).revision !== org.data.Revision)
        await new Promise((resolve) => setTimeout(resolve, 2));
      expect(performance.now() - from).toBeLessThan(1_000);
    }
  });

  it('goes on when org comes back', async () => {
    clock.now = () => performance.now();
    org.away = true;
    org.organization.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    org.away = false;
    await expect
      .poll(() => (org.organization.snapshot() as { revision?: number }).revision, { timeout: 2_000 })
      .toBe(org.data.Revision);
  });
});

describe('a snapshot', () => {
  it('binds a member from the root down and nobody else', async () => {
    expect(await levels(MEMBER)).toEqual([ROOT, 'ou-ab12-00000001', MEMBER]);
    expect(await levels(MANAGEMENT)).toBeUndefined();
    expect(await levels(ALONE)).toBeUndefined();
  });

  it('binds nobody without an organization, and with a policy type that is not enabled', async () => {
    org.data.EnabledPolicyTypes = ['RESOURCE_CONTROL_POLICY'];
    org.data.Revision++;
    org.published();
    const snapshot = await org.organization.snapshot();
    expect(snapshot.guardrails(MEMBER, MEMBER).scp).toBeUndefined();
    expect(snapshot.guardrails(MEMBER, MEMBER).rcp).toHaveLength(3);
    delete org.data.Organization;
    org.data.Revision++;
    org.published();
    const none = await org.organization.snapshot();
    expect(none.guardrails(MEMBER, MEMBER)).toEqual({});
    expect(none.orgPath(MEMBER)).toBeUndefined();
  });

  it('knows the path of a member up to its parent, as the condition keys of AWS have it', async () => {
    const snapshot = await org.organization.snapshot();
    expect(snapshot.orgPath(MEMBER)).toBe(`${ORG}/${ROOT}/ou-ab12-00000001/`);
    expect(snapshot.orgPath(MANAGEMENT)).toBe(`${ORG}/${ROOT}/`);
    expect(snapshot.orgPath(ALONE)).toBeUndefined();
  });

  it('compiles a guardrail once for all levels and revisions', async () => {
    org.attach('scp', ROOT, 'shared', [DENY_ALL]);
    org.data.Attachments.push({ TargetId: MEMBER, PolicyId: 'p-shared', Mode: 'enforce' });
    const policies = async () =>
      (await org.organization.snapshot()).guardrails(MEMBER, '').scp?.map(({ set }) => set.policies);
    const before = await policies();
    expect(before?.[0]?.[1]).toBe(before?.[2]?.[1]);
    org.unit('ou-ab12-00000002');
    expect((await policies())?.[2]?.[1]).toBe(before?.[0]?.[1]);
  });

  it('allows nothing at a level whose guardrail cannot be read, and observes nothing through it', async () => {
    org.attach('scp', ROOT, 'broken', [DENY_ALL]).attach('scp', MEMBER, 'seen', [DENY_ALL], 'observe');
    org.data.Policies = org.data.Policies.map((p) =>
      p.Name === 'broken' || p.Name === 'seen' ? { ...p, Document: '{"Statement":1}' } : p,
    );
    const snapshot = await org.organization.snapshot();
    expect(snapshot.guardrails(MEMBER, '').scp?.[0]?.set.policies).toEqual([]);
    expect(snapshot.observed(MEMBER, MEMBER)).toEqual([]);
  });

  it('refuses an account whose way to the root is broken, has a loop, or misses a guardrail', async () => {
    const broken = async (edit: (data: TestOrganization['data']) => void) => {
      const other = new TestOrganization(clock).create().unit('ou-ab12-00000001').account(MEMBER, 'ou-ab12-00000001');
      edit(other.data);
      const snapshot = await other.organization.snapshot();
      return () => snapshot.guardrails(MEMBER, MEMBER);
    };
    expect(await broken((data) => (data.Units = []))).toThrow('no way to the root');
    expect(
      await broken((data) => (data.Units = [{ Id: 'ou-ab12-00000001', ParentId: 'ou-ab12-00000001', Name: 'x' }])),
    ).toThrow('no way to the root');
    expect(await broken((data) => (data.Policies = []))).toThrow('does not exist');
  });

  it.each([
    ['ACTIVE', false, true],
    ['SUSPENDED', false, false],
    ['SUSPENDED', true, true],
    ['PENDING_ACTIVATION', true, false],
    ['PENDING_CLOSURE', true, false],
    ['CLOSED', true, false],
  ] as const)('%s with use by others kept %s: others may use what it owns: %s', async (state, kept, used) => {
    org.state(MEMBER, state, kept);
    const snapshot = await org.organization.snapshot();
    expect(snapshot.stateOf(MEMBER)).toBe(state);
    expect(snapshot.sharesWithOthers(MEMBER)).toBe(used);
    expect(snapshot.timersRun(MEMBER)).toBe(state === 'ACTIVE');
  });

  it('knows the state of an account that stands alone, and takes one it is not told about for active', async () => {
    org.state(ALONE, 'SUSPENDED');
    const snapshot = await org.organization.snapshot();
    expect(snapshot.stateOf(ALONE)).toBe('SUSPENDED');
    expect(snapshot.guardrails(ALONE, ALONE)).toEqual({});
    expect(snapshot.stateOf('000000000000')).toBe('ACTIVE');
  });
});
