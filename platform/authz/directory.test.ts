import { beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../runtime/call.ts';
import { ChangeHub } from '../runtime/change-hub.ts';
import { type AuthorizationFeed, PrincipalDirectory } from './directory.ts';
import type { PrincipalSnapshot, SessionSnapshot } from './principal.ts';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const SESSION = 'session-1';

/** iam as far as nodes follow it; every change raises the version. */
class TestIam implements AuthorizationFeed {
  state: 'there' | 'hung' = 'there';
  /** Account of each change; the first has version 2. */
  changed: string[] = [];
  reads = 0;
  /** Set: the next question for changes gets its answer from the test. */
  held: ((answer: { version: number; accounts: readonly string[] }) => void)[] | undefined;

  get version(): number {
    return this.changed.length + 1;
  }

  snapshot(PrincipalId: string): Promise<PrincipalSnapshot | undefined> {
    const [AccountId, UserName] = PrincipalId.split('/') as [string, string];
    return this.read({
      ...{ Arn: `arn:aws:iam::${AccountId}:user/${UserName}`, AccountId, Kind: 'user', PrincipalId, UserName },
      ...{ Tags: {}, Policies: [], ActiveAccessKeyIds: [], Version: this.version },
    });
  }

  session(SessionId: string): Promise<SessionSnapshot | undefined> {
    return this.read({
      ...{ SessionId, EntityId: ALICE.principalId, AccountId: ACCOUNT, Accounts: [ACCOUNT] },
      ...{ Tags: {}, TransitiveTagKeys: [] },
    });
  }

  changes(since: number): Promise<{ version: number; accounts: readonly string[] }> {
    const { held } = this;
    if (held) return new Promise((resolve) => held.push(resolve));
    if (this.state === 'hung') return new Promise(() => undefined);
    const accounts = since === 0 ? ['*'] : this.changed.slice(since - 1);
    return Promise.resolve({ version: this.version, accounts });
  }

  private read<T>(value: T): Promise<T> {
    this.reads++;
    return this.state === 'hung' ? new Promise(() => undefined) : Promise.resolve(value);
  }
}

const ALICE: Caller = { kind: 'user', arn: '', accountId: ACCOUNT, principalId: `${ACCOUNT}/alice` };
const IN_SESSION: Caller = { ...ALICE, session: { id: SESSION, issuedAt: 0, expiresAt: 1 } };
const BOB: Caller = { kind: 'user', arn: '', accountId: OTHER, principalId: `${OTHER}/bob` };

let clock: { time: number; now(): number };
let iam: TestIam;
let hub: ChangeHub;
let directory: PrincipalDirectory;
beforeEach(() => {
  clock = { time: 1_000_000, now: () => clock.time };
  iam = new TestIam();
  hub = new ChangeHub();
  directory = new PrincipalDirectory({ feed: iam, clock, hub });
});

const versionOf = async (caller: Caller) => (await directory.of(caller))?.snapshot.Version;

/** What came of it, and how long that took. */
async function timed(work: Promise<unknown>) {
  const from = performance.now();
  const outcome = await work.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );
  return { outcome, ms: performance.now() - from };
}

describe('principals in memory', () => {
  it.each([ALICE, IN_SESSION])('are answered without a promise while they are fresh', async (caller) => {
    const first = await directory.of(caller);
    const { reads } = iam;
    clock.time += 1_999;
    expect(directory.of(caller)).toBe(directory.of(caller));
    expect((directory.of(caller) as typeof first)?.snapshot).toEqual(first?.snapshot);
    expect(iam.reads).toBe(reads);
  });

  it('are read again when something of their account changed, and only then', async () => {
    expect([await versionOf(ALICE), await versionOf(BOB)]).toEqual([1, 1]);
    iam.changed.push(ACCOUNT);
    clock.time += 2_000;
    expect([await versionOf(BOB), await versionOf(ALICE)]).toEqual([1, 2]);
  });

  it('are not kept when something changed while they were read', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const read = iam.snapshot.bind(iam);
    iam.snapshot = async (id) => {
      const snapshot = await read(id);
      await gate;
      return snapshot;
    };
    const early = versionOf(ALICE);
    await expect.poll(() => iam.reads).toBe(1);
    iam.changed.push(ACCOUNT);
    hub.publish(ACCOUNT);
    release();
    expect([await early, await versionOf(ALICE)]).toEqual([1, 2]);
  });

  it('are not believed again because of an answer from before the latest change that was seen', async () => {
    await versionOf(ALICE);
    iam.held = [];
    directory.start();
    const [answerLate] = iam.held as [NonNullable<TestIam['held']>[number]];
    iam.held = undefined;
    iam.changed.push(ACCOUNT);
    clock.time += 2_000;
    expect(await versionOf(ALICE)).toBe(2);
    clock.time += 2_000;
    const stopped = directory.stop();
    answerLate({ version: 1, accounts: [] });
    await stopped;
    expect([directory.fresh(), directory.policyVersion]).toEqual([false, 2]);
  });
});

describe('an iam that hangs', () => {
  it.each([
    ['a user', ALICE],
    ['a session', IN_SESSION],
  ])(
    'keeps %s for about a second: answered for less than five, then denied, then answered again',
    async (_, caller) => {
      await directory.of(caller);
      iam.state = 'hung';
      clock.time += 4_999;
      const still = await timed(Promise.resolve(directory.of(caller)));
      expect(still).toMatchObject({ outcome: 'answered' });
      expect(still.ms).toBeLessThan(1_900);
      clock.time += 1;
      const denied = await timed(Promise.resolve(directory.of(caller)));
      expect(denied).toMatchObject({ outcome: 'Unavailable' });
      expect(denied.ms).toBeLessThan(1_900);
      iam.state = 'there';
      expect(await directory.of(caller)).toBeDefined();
    },
  );

  it.each([0, 3_000, 6_000])(
    'keeps who is not in memory for about a second, %i ms after the last answer',
    async (ms) => {
      await directory.of(ALICE);
      iam.state = 'hung';
      clock.time += ms;
      for (const caller of [BOB, IN_SESSION]) {
        const denied = await timed(Promise.resolve(directory.of(caller)));
        expect(denied).toMatchObject({ outcome: 'Unavailable' });
        expect(denied.ms).toBeLessThan(1_900);
      }
    },
  );
});
