import { beforeEach, describe, expect, it } from 'vitest';
import { PrincipalDirectory } from '../authz/directory.ts';
import type { Caller } from '../runtime/call.ts';
import { ChangeHub } from '../runtime/change-hub.ts';
import { Authenticator, type CredentialSource } from './authenticator.ts';
import { deriveSigningKey } from './sigv4/canonical.ts';
import { createReplayCache } from './sigv4/replay-cache.ts';
import { signHeaders } from './sigv4/sign.ts';

const START = Date.UTC(2026, 10, 22, 12);
const CALLER: Caller = {
  kind: 'user',
  arn: 'arn:aws:iam::111122223333:user/a',
  accountId: '111122223333',
  principalId: 'A',
};
const secretOf = (accessKeyId: string) => `secret of ${accessKeyId}`;

let clock: { time: number; now(): number };
let steady: { time: number; now(): number };
let isHung: boolean;
let reads: number;
let authenticator: Authenticator;
beforeEach(() => {
  clock = { time: START, now: () => clock.time };
  steady = { time: 0, now: () => steady.time };
  isHung = false;
  reads = 0;
  const answer = <T>(value: T): Promise<T> => (isHung ? new Promise(() => undefined) : Promise.resolve(value));
  const hub = new ChangeHub();
  const source: CredentialSource = {
    signingCredential({ accessKeyId, date, region, service }) {
      reads++;
      const key = deriveSigningKey(secretOf(accessKeyId), date, region, service);
      return answer({ key, caller: CALLER, accounts: [CALLER.accountId] });
    },
    bearer: () => answer(CALLER),
  };
  authenticator = new Authenticator({
    source,
    directory: new PrincipalDirectory({
      feed: {
        snapshot: () => answer(undefined),
        session: () => answer(undefined),
        changes: (version) => answer({ version, accounts: [] }),
      },
      clock: steady,
      hub,
    }),
    hub,
    clock,
    steadyClock: steady,
    regions: new Set(['local-1']),
    clockWindowSeconds: 300,
    replays: createReplayCache(),
  });
});

function pass(ms: number): void {
  clock.time += ms;
  steady.time += ms;
}

async function signedBy(accessKeyId: string) {
  const request = { method: 'GET', rawTarget: '/', rawHeaders: ['Host', 'a.test'], body: Buffer.alloc(0) };
  const credentials = { accessKeyId, secretAccessKey: secretOf(accessKeyId) };
  const { addedHeaders } = signHeaders(request, credentials, { region: 'local-1', service: 'kms', now: clock.time });
  const rawHeaders = [...request.rawHeaders, ...addedHeaders];
  return outcomeOf(authenticator.authenticate({ ...request, rawHeaders }, undefined, ['kms']));
}

async function outcomeOf(work: Promise<unknown>) {
  const from = performance.now();
  const outcome = await work.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );
  expect(performance.now() - from).toBeLessThan(1_900);
  return outcome;
}

const bearer = () => {
  const request = { method: 'GET', rawTarget: '/', rawHeaders: [], body: Buffer.alloc(0) };
  return outcomeOf(authenticator.authenticate(request, 'Bearer token', ['kms']));
};

describe('a signature that was used', () => {
  const used = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', value: 'a'.repeat(64), at: 0 };

  it('is not new again when the clock was set forth and back', () => {
    expect(authenticator.firstUse(used)).toBe(true);
    clock.time += 3_600_000;
    expect(authenticator.firstUse({ ...used, value: 'b'.repeat(64) })).toBe(true);
    clock.time -= 3_600_000;
    steady.time += 60_000;
    expect(authenticator.firstUse(used)).toBe(false);
  });
});

describe('what was known', () => {
  it('is not believed for longer because the clock was set back', async () => {
    expect(await signedBy('AKIAEXAMPLEEXAMPLE00')).toBe('answered');
    isHung = true;
    clock.time -= 3_600_000;
    steady.time += 5_000;
    expect(await signedBy('AKIAEXAMPLEEXAMPLE00')).toBe('Unavailable');
  });
});

describe('a signing key in memory', () => {
  it('is not read again while the view is fresh, or was confirmed again', async () => {
    for (const ms of [0, 1_000, 10_000]) {
      pass(ms);
      expect(await signedBy('AKIAEXAMPLEEXAMPLE00')).toBe('answered');
    }
    expect(reads).toBe(1);
  });

  it('is used for less than five seconds while iam hangs; every request waits about a second', async () => {
    await signedBy('AKIAEXAMPLEEXAMPLE00');
    isHung = true;
    pass(4_999);
    expect(await signedBy('AKIAEXAMPLEEXAMPLE00')).toBe('answered');
    pass(1);
    expect(await signedBy('AKIAEXAMPLEEXAMPLE00')).toBe('Unavailable');
    isHung = false;
    expect(await signedBy('AKIAEXAMPLEEXAMPLE00')).toBe('answered');
  });
});

describe('credentials that are not in memory', () => {
  it.each([0, 3_000, 6_000])('are refused after about a second, %i ms after iam began to hang', async (ms) => {
    await signedBy('AKIAEXAMPLEEXAMPLE00');
    isHung = true;
    pass(ms);
    expect(await signedBy('AKIAEXAMPLEEXAMPLE01')).toBe('Unavailable');
    expect(await bearer()).toBe('Unavailable');
    isHung = false;
    expect([await signedBy('AKIAEXAMPLEEXAMPLE01'), await bearer()]).toEqual(['answered', 'answered']);
  });
});
