/**
 * Two tokens as one `Hsm`. Guarantees: every tenant key is wrapped by both roots, or is said to be `degraded`; whatever
 * one token answers, the other answers the same, so a token may be lost at any moment; no key is in the clear outside
 * the agents (what one hands to the other is sealed for it). Until the two are paired for the first time, the first
 * serves alone as a single token does, and the second not at all.
 */
import type { AgentHsm } from '../agent/client.ts';
import { COMMON_VERSION, decodeRootWraps } from '../custody/root-wraps.ts';
import { type Hsm, HsmError, type HsmStatus, type KeyRef, type NewTenantKey, type WrappedKey } from '../port.ts';
import { DEFAULT_TIMING, type Doubt, Failover, type FailoverTiming, isAway, within } from './failover.ts';
import { type PairIds, pairOf, pairUp } from './pairing.ts';

export interface HsmPairOptions {
  /** How long the start waits for a token when the other one serves already; default 5 s. */
  graceMs?: number;
  timing?: FailoverTiming;
}

export interface HsmPair extends Hsm {
  /** Rejects with `unavailable` when no token serves, or these two are not a pair. */
  ready(): Promise<HsmStatus>;
  close(): Promise<void>;
}

/** The wrap by the other root must not hold up creation for longer. */
const SECOND_WRAP_MS = 1000;
const SECOND_OPINION_MS = 2000;
const STATUS_MS = 1000;
const BOTH_MS = 10_000;
const PAIRING_PAUSE_MS = 1000;

export function connectHsmPair(first: AgentHsm, second: AgentHsm, options: HsmPairOptions = {}): HsmPair {
  const { graceMs = 5000, timing = DEFAULT_TIMING } = options;
  let ids: PairIds | undefined;
  let failover: Failover<AgentHsm> | undefined;
  let pairing: NodeJS.Timeout | undefined;
  let closed = false;

  /** Root version of each, as it was when it was there last. */
  const versions = new Map<AgentHsm, number>();

  /** A token that comes back must still be of this pair. */
  const member = (token: AgentHsm): AgentHsm => ({
    ...token,
    async ready() {
      const status = await token.ready();
      const pair = await pairOf(token);
      if (ids !== undefined && !pair?.commonKey.equals(ids.commonKey)) {
        throw new HsmError('unavailable', 'token is not of this pair');
      }
      versions.set(token, status.rootVersion);
      return status;
    },
  });
  const members = [member(first), member(second)] as const;

  function begin(found: PairIds): void {
    ids = found;
    failover ??= new Failover(members, timing);
  }

  function run<T>(ask: (token: Hsm & AgentHsm) => Promise<T>, doubt: Doubt = isAway): Promise<T> {
    return failover === undefined ? ask(first) : failover.run(ask, doubt);
  }

  async function start(): Promise<void> {
    const ready = members.map((token) => token.ready());
    await Promise.any(ready).catch(() => undefined);
    const [one, other] = await Promise.all(ready.map((it) => within(it, graceMs)));
    if (one && other) return begin(await pairUp(first, second));
    if (!one && !other) await ready[0];
    const alone = await pairOf(one ? first : second);
    if (alone !== undefined) {
      const { own, partner, commonKey } = alone;
      return begin(one ? { first: own, second: partner, commonKey } : { first: partner, second: own, commonKey });
    }
    // A second token that was never paired knows nothing of what the first one made.
    if (!one) await ready[0];
    pairLater();
  }

  function pairLater(): void {
    pairing = setTimeout(() => {
      void pairUp(first, second)
        .then(begin)
        .catch(() => {
          if (!closed) pairLater();
        });
    }, PAIRING_PAUSE_MS).unref();
  }

  /** By the newest root of each token; rejects when one that has a newer root than the key shows is away. */
  async function renewed(key: WrappedKey): Promise<WrappedKey> {
    if (ids === undefined) return key;
    const wraps = decodeRootWraps(key.wrapped)?.wraps ?? [];
    let current = key;
    for (const [at, id] of [ids.first, ids.second].entries()) {
      try {
        current = (await inTime(members[at]!.renewTenantKey(current), SECOND_OPINION_MS)) ?? current;
      } catch (error) {
        if (!(error instanceof HsmError && isAway(error))) throw error;
        const newest = versions.get(at === 0 ? first : second);
        if (!wraps.some(({ rootId, rootVersion }) => rootId.equals(id) && rootVersion === newest)) throw error;
      }
    }
    return current;
  }

  async function inBoth(act: (token: AgentHsm) => Promise<void>): Promise<void> {
    if (failover === undefined) throw new HsmError('unavailable', 'tokens are not a pair yet');
    const done = await Promise.allSettled(members.map((token) => inTime(act(token), BOTH_MS)));
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  }

  /** With the wrap that lacks; rejects when a token that is needed is away. */
  async function completed(key: WrappedKey): Promise<WrappedKey> {
    const wraps = key.rootVersion === COMMON_VERSION ? decodeRootWraps(key.wrapped)?.wraps : undefined;
    if (wraps === undefined || ids === undefined) return key;
    const has = (id: Buffer) => wraps.some(({ rootId }) => rootId.equals(id));
    const [hasFirst, hasSecond] = [has(ids.first), has(ids.second)];
    if (hasFirst && hasSecond) return key;
    const [from, to] = hasFirst ? [members[0], members[1]] : [members[1], members[0]];
    if (!failover?.isUp(to)) throw new HsmError('unavailable', 'the token that lacks the key is away');
    return to.addRootWrap(key, await from.handTenantKey(key));
  }

  async function createTenantKey(binding: Buffer): Promise<NewTenantKey> {
    const made = await run((token) => token.createTenantKey(binding));
    try {
      return await inTime(completed(made), SECOND_WRAP_MS);
    } catch (error) {
      if (error instanceof HsmError && isAway(error)) return { ...made, degraded: true };
      throw error;
    }
  }

  /** Asks the other token about the rows that the first answer says no to: it may know MACs from before the pair. */
  async function secondOpinion<Row, Answer>(
    rows: readonly Row[],
    no: Answer,
    ask: (token: AgentHsm, rows: readonly Row[]) => Promise<Answer[]>,
  ): Promise<Answer[]> {
    const { answers, asked } = await run(async (token) => ({ answers: await ask(token, rows), asked: token }));
    const doubtful = answers.flatMap((answer, index) => (answer === no ? [index] : []));
    if (doubtful.length === 0 || failover === undefined) return answers;
    const other = asked === members[0] ? members[1] : members[0];
    const again = await inTime(
      ask(
        other,
        doubtful.map((index) => rows[index]!),
      ),
      SECOND_OPINION_MS,
    );
    const merged = [...answers];
    doubtful.forEach((index, at) => {
      merged[index] = again[at]!;
    });
    return merged;
  }

  async function status(): Promise<HsmStatus> {
    const [one, other] = await Promise.all([first, second].map(statusInTime));
    if (one!.state === 'ready') versions.set(first, one!.rootVersion);
    if (other!.state === 'ready') versions.set(second, other!.rootVersion);
    const shown = one!.state === 'ready' || (failover !== undefined && other!.state !== 'ready') ? one! : other!;
    const counters = { ...shown.counters, failovers: failover?.failovers ?? 0 };
    const { form: _, ...state } = failover === undefined ? one! : shown;
    const form = ids && formOf(ids, [versions.get(first), versions.get(second)]);
    return { ...state, counters, tokens: [one!, other!], ...(form !== undefined && { form }) };
  }

  const verifyMacMany: Hsm['verifyMacMany'] = (label, rows) =>
    secondOpinion(rows, false, (token, asked) => token.verifyMacMany(label, asked));

  return {
    async ready() {
      await start();
      return status();
    },
    async close() {
      closed = true;
      clearTimeout(pairing);
      failover?.close();
      await Promise.all([first.close(), second.close()]);
    },
    status,
    createTenantKey,
    async renewTenantKey(tenant) {
      const known = await run((token) => token.renewTenantKey(tenant), doubtAbout(tenant));
      const whole = await renewed(await completed(known ?? tenant));
      return whole === tenant ? undefined : whole;
    },
    addRootVersion: (version) => inBoth((token) => token.addRootVersion(version)),
    destroyRootVersion: (version) => inBoth((token) => token.destroyRootVersion(version)),
    renewKey: (key) => run((token) => token.renewKey(key), doubtAbout(key.tenant, key.material)),
    renewMacMany: (label, rows) => secondOpinion(rows, 'refused', (token, asked) => token.renewMacMany(label, asked)),
    createKeyMaterial: (tenant, binding, bytes) =>
      run((token) => token.createKeyMaterial(tenant, binding, bytes), doubtAbout(tenant)),
    createKeyPair: (tenant, binding, spec, use) =>
      run((token) => token.createKeyPair(tenant, binding, spec, use), doubtAbout(tenant)),
    createMacKey: (tenant, binding, hash) =>
      run((token) => token.createMacKey(tenant, binding, hash), doubtAbout(tenant)),
    seal: (key, request) => run((token) => token.seal(key, request), doubtOf(key)),
    open: (key, request) => run((token) => token.open(key, request), doubtOf(key)),
    sealRandom: (key, request) => run((token) => token.sealRandom(key, request), doubtOf(key)),
    sealMany: (key, requests) => run((token) => token.sealMany(key, requests), doubtOf(key)),
    openMany: (key, requests) => run((token) => token.openMany(key, requests), doubtOf(key)),
    sealRandomMany: (key, requests) => run((token) => token.sealRandomMany(key, requests), doubtOf(key)),
    reseal: (source, open, destination, seal) =>
      run(
        (token) => token.reseal(source, open, destination, seal),
        doubtAbout(source.tenant, source.material, destination.tenant, destination.material),
      ),
    sealKeyPair: (key, request) => run((token) => token.sealKeyPair(key, request), doubtOf(key)),
    publicKeyOf: (key, use) => run((token) => token.publicKeyOf(key, use), doubtOf(key)),
    signWith: (key, request) => run((token) => token.signWith(key, request), doubtOf(key)),
    verifyWith: (key, request) => run((token) => token.verifyWith(key, request), doubtOf(key)),
    encryptTo: (key, request) => run((token) => token.encryptTo(key, request), doubtOf(key)),
    decryptWith: (key, request) => run((token) => token.decryptWith(key, request), doubtOf(key)),
    hmac: (key, hash, message) => run((token) => token.hmac(key, hash, message), doubtOf(key)),
    verifyHmac: (key, hash, message, mac) => run((token) => token.verifyHmac(key, hash, message, mac), doubtOf(key)),
    sealSecret: (tenant, aad, plaintext) =>
      run((token) => token.sealSecret(tenant, aad, plaintext), doubtAbout(tenant)),
    openSecret: (tenant, aad, sealed) => run((token) => token.openSecret(tenant, aad, sealed), doubtAbout(tenant)),
    mac: (label, data) => run((token) => token.mac(label, data)),
    macMany: (label, data) => run((token) => token.macMany(label, data)),
    verifyMac: async (label, data, mac) => (await verifyMacMany(label, [{ data, mac }]))[0] === true,
    verifyMacMany,
    random: (bytes) => run((token) => token.random(bytes)),
    publicKey: (label) => run((token) => token.publicKey(label)),
    publicKeys: (label) => run((token) => token.publicKeys(label)),
    sign: (label, data, keyId) => run((token) => token.sign(label, data, keyId), isUnknownOrAway),
  };
}

const isUnknownOrAway: Doubt = (error) => error.code === 'not-found' || isAway(error);

/**
 * A key of the pair's form is refused for good by either token, unless that token has no wrap of it. A key from before
 * the pair is known to one token only.
 */
function doubtAbout(...keys: WrappedKey[]): Doubt {
  for (const { rootVersion } of keys) if (rootVersion !== COMMON_VERSION) return isOlderThanThePair;
  return isUnknownOrAway;
}

const doubtOf = ({ tenant, material }: KeyRef) => doubtAbout(tenant, material);
const isOlderThanThePair: Doubt = (error) => error.code === 'integrity' || isUnknownOrAway(error);

/** A version that was never seen since the start counts as another form: what is stored is looked at again. */
function formOf(ids: PairIds, versions: readonly (number | undefined)[]): string {
  const names = [ids.commonKey, ids.first, ids.second].map((id) => id.toString('hex'));
  return [...names, ...versions.map((version) => `v${version ?? '?'}`)].join('.');
}

async function statusInTime(token: AgentHsm): Promise<HsmStatus> {
  const asked = token.status();
  if (await within(asked, STATUS_MS)) return asked;
  return {
    state: 'unavailable',
    reason: 'HSM agent does not answer',
    backend: '',
    tokenLabel: '',
    tokenSerial: '',
    rootVersion: 1,
    custody: 'process',
    fingerprints: {},
    counters: {},
  };
}

/** Rejects with `unavailable` when it does not come in time. */
async function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HsmError('unavailable', 'the other token does not answer')), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}
