/** Two real tokens: one is lost under load, keys are made while one is away, a single token gets a second one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentHsm } from '../agent/client.ts';
import { decodeRootWraps, encodeRootWraps } from '../custody/root-wraps.ts';
import { type Hsm, type KeyRef, SESSION_SIGN_KEY, type WrappedKey } from '../port.ts';
import { codeOf, eventually } from '../testing/conformance.ts';
import { FOLDERS, TestPair } from '../testing/pair.ts';
import type { HsmPair } from './pair.ts';

const context = { header: Buffer.from('header'), aad: Buffer.from('context') };
const plaintext = Buffer.from('secret');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let test: TestPair;
beforeEach(() => {
  test = new TestPair();
});
afterEach(() => test.remove());

async function newKey(hsm: Hsm, name = 'account'): Promise<KeyRef> {
  const tenant = await hsm.createTenantKey(Buffer.from(name));
  return { tenant, material: await hsm.createKeyMaterial(tenant, Buffer.from(`key of ${name}`), 32) };
}

async function readyPair(): Promise<HsmPair> {
  const hsm = test.pair();
  await hsm.ready();
  return hsm;
}

const wrapsOf = (key: WrappedKey) => decodeRootWraps(key.wrapped)!;
const rootsOf = (key: WrappedKey) => wrapsOf(key).wraps.map(({ rootId }) => rootId.toString('hex'));

/** Decrypts from many callers at once until told to stop; answers what failed and the longest time without an answer. */
function load(hsm: Hsm, key: KeyRef, sealed: Buffer) {
  const seen = { answers: 0, failures: [] as string[], longestGapMs: 0, longestWaitMs: 0 };
  let stopped = false;
  let last = performance.now();
  const caller = async () => {
    while (!stopped) {
      const asked = performance.now();
      const code = await codeOf(
        hsm.open(key, { ...context, sealed }).then((opened) => expect(opened.equals(plaintext)).toBe(true)),
      );
      const now = performance.now();
      if (code !== 'answered') seen.failures.push(code);
      seen.answers += 1;
      seen.longestGapMs = Math.max(seen.longestGapMs, now - last);
      seen.longestWaitMs = Math.max(seen.longestWaitMs, now - asked);
      last = now;
    }
  };
  const callers = Array.from({ length: 64 }, caller);
  return async () => {
    stopped = true;
    await Promise.all(callers);
    return seen;
  };
}

describe('a token that is lost under load', () => {
  it.each([
    ['its agent is killed', () => test.signal('hsm', 'SIGKILL')],
    ['its agent hangs', () => test.signal('hsm', 'SIGSTOP')],
    ['it is taken out', () => test.takeAway('hsm')],
  ])('costs no decrypt and less than 2 s: %s', async (_how, lose) => {
    const hsm = await readyPair();
    const key = await newKey(hsm);
    const sealed = await hsm.seal(key, { ...context, plaintext });
    const stop = load(hsm, key, sealed);
    await pause(500);
    lose();
    await pause(3000);
    const seen = await stop();
    expect(seen.failures).toEqual([]);
    expect(seen.answers).toBeGreaterThan(1000);
    expect(seen.longestGapMs).toBeLessThan(2000);
    expect(seen.longestWaitMs).toBeLessThan(2000);
    expect((await hsm.status()).counters.failovers).toBe(1);
  });

  it('comes back as the one in reserve, and is then the one that steps in', async () => {
    const hsm = await readyPair();
    const key = await newKey(hsm);
    const sealed = await hsm.seal(key, { ...context, plaintext });
    test.takeAway('hsm');
    await eventually(async () => {
      expect(await codeOf(hsm.open(key, { ...context, sealed }))).toBe('answered');
      if ((await hsm.status()).tokens?.[0]?.state === 'ready') await hsm.publicKey('nobody');
    }, 'answered');
    expect(await hsm.status()).toMatchObject({
      state: 'ready',
      tokens: [{ state: 'unavailable' }, { state: 'ready' }],
    });
    test.bringBack('hsm');
    await eventually(() => bothReady(hsm), 'answered');
    await pause(600);
    test.signal('hsm-b', 'SIGKILL');
    expect(await codeOf(hsm.open(key, { ...context, sealed }))).toBe('answered');
    await eventually(() => bothReady(hsm), 'answered');
  });
});

async function bothReady(hsm: Hsm): Promise<void> {
  const { tokens } = await hsm.status();
  if (!tokens?.every(({ state }) => state === 'ready')) await hsm.publicKey('nobody');
}

describe('what one token made, the other knows', () => {
  it('keys, MACs, secrets and signing keys', async () => {
    const hsm = await readyPair();
    const key = await newKey(hsm);
    const sealed = await hsm.seal(key, { ...context, plaintext });
    const secret = await hsm.sealSecret(key.tenant, context.aad, plaintext);
    const row = Buffer.from('row');
    const mac = await hsm.mac('keys', row);
    const keys = await hsm.publicKeys(SESSION_SIGN_KEY);
    expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(2);
    await test.closeAll();
    for (const folder of FOLDERS) {
      const alone = test.pair(folder);
      await alone.ready();
      expect((await alone.open(key, { ...context, sealed })).equals(plaintext)).toBe(true);
      expect((await alone.openSecret(key.tenant, context.aad, secret)).equals(plaintext)).toBe(true);
      expect((await alone.mac('keys', row)).equals(mac)).toBe(true);
      expect(await alone.verifyMac('keys', row, mac)).toBe(true);
      const known = await alone.publicKeys(SESSION_SIGN_KEY);
      expect(new Set(known.map(({ keyId }) => keyId))).toEqual(new Set(keys.map(({ keyId }) => keyId)));
      const signing = await alone.publicKey(SESSION_SIGN_KEY);
      expect(known[0]).toEqual(signing);
      expect(await codeOf(alone.sign(SESSION_SIGN_KEY, row, signing.keyId))).toBe('answered');
      expect(await codeOf(alone.sign(SESSION_SIGN_KEY, row, known[1]!.keyId))).toBe('unavailable');
      await test.closeAll();
    }
  });
});

describe('wraps of a tenant key', () => {
  it('are bound to their root and to one key', async () => {
    const hsm = await readyPair();
    const [key, twin] = [await newKey(hsm), await newKey(hsm)];
    const { check, wraps } = wrapsOf(key.tenant);
    expect(rootsOf(key.tenant)).toHaveLength(2);
    const [one, other] = wraps as [(typeof wraps)[0], (typeof wraps)[0]];
    const swapped = [
      { ...one, rootId: other.rootId },
      { ...other, rootId: one.rootId },
    ];
    const mixed = [one, wrapsOf(twin.tenant).wraps[1]!];
    for (const changed of [swapped, mixed, [one], [other]]) {
      const tenant = { ...key.tenant, wrapped: encodeRootWraps({ check, wraps: changed }) };
      expect(await codeOf(hsm.sealSecret(tenant, context.aad, plaintext))).toBe('integrity');
    }
    for (const wrapped of [key.tenant.wrapped.subarray(0, 110), Buffer.alloc(40), twin.tenant.wrapped]) {
      expect(await codeOf(hsm.sealSecret({ ...key.tenant, wrapped }, context.aad, plaintext))).toBe('integrity');
    }
  });

  it('of another pair are refused by both tokens', async () => {
    const elsewhere = new TestPair();
    try {
      const strangers = elsewhere.pair();
      await strangers.ready();
      const foreign = await newKey(strangers);
      const hsm = await readyPair();
      expect(await codeOf(hsm.seal(foreign, { ...context, plaintext }))).toBe('integrity');
      const own = await newKey(hsm);
      expect(await codeOf(hsm.seal({ ...own, tenant: foreign.tenant }, { ...context, plaintext }))).toBe('integrity');
    } finally {
      await elsewhere.remove();
    }
  });

  it('are handed over for the partner and one key only', async () => {
    await readyPair();
    const [first, second] = FOLDERS.map((folder) => test.single(folder)) as [AgentHsm, AgentHsm];
    const [tenant, twin] = [
      await first.createTenantKey(Buffer.from('a')),
      await first.createTenantKey(Buffer.from('a')),
    ];
    const message = await first.handTenantKey(tenant);
    expect(await codeOf(second.addRootWrap(twin, message))).toBe('integrity');
    expect(await codeOf(first.addRootWrap(tenant, message))).toBe('integrity');
    const changed = Buffer.from(message);
    changed[30] = changed[30]! ^ 1;
    expect(await codeOf(second.addRootWrap(tenant, changed))).toBe('integrity');
    expect(rootsOf(await second.addRootWrap(tenant, message))).toHaveLength(2);
  });
});

describe('a key made while one token is away', () => {
  it('is degraded, works, and is whole after its renewal', async () => {
    const hsm = await readyPair();
    test.takeAway('hsm-b');
    await eventually(async () => {
      const { degraded } = await hsm.createTenantKey(Buffer.from('x'));
      if (degraded !== true) await hsm.publicKey('nobody');
    }, 'answered');
    const key = await newKey(hsm);
    expect((key.tenant as { degraded?: true }).degraded).toBe(true);
    expect(rootsOf(key.tenant)).toHaveLength(1);
    const sealed = await hsm.seal(key, { ...context, plaintext });
    expect(await codeOf(hsm.renewTenantKey(key.tenant))).toBe('unavailable');
    test.bringBack('hsm-b');
    await eventually(() => hsm.renewTenantKey(key.tenant), 'answered');
    const tenant = (await hsm.renewTenantKey(key.tenant))!;
    expect(rootsOf(tenant)).toHaveLength(2);
    expect(await hsm.renewTenantKey(tenant)).toBeUndefined();
    test.takeAway('hsm');
    await eventually(() => hsm.open({ ...key, tenant }, { ...context, sealed }), 'answered');
    // The old form has no wrap by the token that is left: not served, and not called tampered with either.
    await eventually(() => hsm.sealSecret(key.tenant, context.aad, plaintext), 'unavailable');
  });
});

describe('a single token that gets a second one', () => {
  it('goes on with what it made; renewed, the other token knows it too', async () => {
    const single = test.single('hsm');
    const key = await newKey(single);
    expect(key.tenant.wrapped).toHaveLength(40);
    const macKey = { tenant: key.tenant, material: await single.createMacKey(key.tenant, Buffer.from('m'), 'sha256') };
    const sealed = await single.seal(key, { ...context, plaintext });
    const row = { data: Buffer.from('row'), mac: await single.mac('keys', Buffer.from('row')) };
    await test.closeAll();

    const hsm = await readyPair();
    expect((await hsm.open(key, { ...context, sealed })).equals(plaintext)).toBe(true);
    expect(await hsm.verifyMac('keys', row.data, row.mac)).toBe(true);
    const tenant = (await hsm.renewTenantKey(key.tenant))!;
    const material = (await hsm.renewKey(key))!;
    const renewedMacKey = (await hsm.renewKey(macKey))!;
    expect(material.wrapped.equals(key.material.wrapped)).toBe(true);
    const forged = { data: row.data, mac: Buffer.alloc(32) };
    const [mac, refused] = (await hsm.renewMacMany('keys', [row, forged])) as [Buffer, string];
    expect(refused).toBe('refused');
    await test.closeAll();

    const other = test.pair('hsm-b');
    await other.ready();
    expect((await other.open({ tenant, material }, { ...context, sealed })).equals(plaintext)).toBe(true);
    expect(await codeOf(other.hmac({ tenant, material: renewedMacKey }, 'sha256', row.data))).toBe('answered');
    expect(await other.verifyMac('keys', row.data, mac)).toBe(true);
    // What was not renewed is not called tampered with while the token that knows it is away.
    expect(await codeOf(other.verifyMac('keys', row.data, row.mac))).toBe('unavailable');
    expect(await codeOf(other.open(key, { ...context, sealed }))).toBe('unavailable');
  });

  it('serves alone while the second one is not there, and is paired when it comes', async () => {
    await test.single('hsm-b').ready();
    await test.closeAll();
    test.takeAway('hsm-b');
    const hsm = test.pair(undefined, 200);
    expect((await hsm.ready()).form).toBeUndefined();
    const { wrapped } = await hsm.createTenantKey(Buffer.from('before'));
    expect(wrapped).toHaveLength(40);
    test.bringBack('hsm-b');
    await eventually(async () => {
      if ((await hsm.status()).form === undefined) await hsm.publicKey('nobody');
    }, 'answered');
    expect(rootsOf(await hsm.createTenantKey(Buffer.from('after')))).toHaveLength(2);
  });

  it('does not let the second one serve before they are a pair', async () => {
    const alone = test.pair('hsm-b');
    await expect(alone.ready()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('pairing', () => {
  it('is nothing that the agent of a single token does for whoever reaches its socket', async () => {
    const stranger = test.single('hsm-b', true);
    const single = test.single('hsm');
    expect(await codeOf(single.describePartner())).toBe('invalid');
    expect(await codeOf(single.pairWith(await stranger.describePartner()))).toBe('invalid');
    expect(await codeOf(single.handTenantKey(await single.createTenantKey(plaintext)))).toBe('invalid');
  });

  it('is for good: a third token is refused', async () => {
    await readyPair();
    await test.closeAll();
    const elsewhere = new TestPair();
    try {
      const [first, stranger] = [test.single('hsm', true), elsewhere.single('hsm', true)];
      expect(await codeOf(first.pairWith(await stranger.describePartner()))).toBe('unavailable');
      expect(await codeOf(stranger.pairWith(await stranger.describePartner()))).toBe('invalid');
    } finally {
      await elsewhere.remove();
    }
  });

  it('is completed after being cut off at any step, by several processes at once', async () => {
    const [first, second] = FOLDERS.map((folder) => test.single(folder, true)) as [AgentHsm, AgentHsm];
    await first.pairWith(await second.describePartner());
    test.signal('hsm', 'SIGKILL');
    await eventually(() => first.describePartner(), 'answered');
    await second.pairWith(await first.describePartner());
    await first.makeCommonKey();
    for (const folder of FOLDERS) test.signal(folder, 'SIGKILL');
    const pairs = [test.pair(), test.pair(), test.pair()];
    await Promise.all(pairs.map((pair) => pair.ready()));
    const macs = await Promise.all(pairs.map((pair) => pair.mac('l', plaintext)));
    expect(new Set(macs.map((mac) => mac.toString('hex'))).size).toBe(1);
    expect(await pairs[2]!.verifyMac('l', plaintext, macs[0]!)).toBe(true);
  });
});
