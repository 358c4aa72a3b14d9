/** What every `Hsm` must do, run against the memory double and against the agent with a real token. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AUDIT_SIGN_KEY,
  HSM_LIMITS,
  type Hsm,
  HsmError,
  type HsmErrorCode,
  type HsmStatus,
  type KeyRef,
  SEAL_OVERHEAD,
  SESSION_SIGN_KEY,
  type WrappedKey,
} from '../port.ts';
import { describeKeyPairs } from './pairs.ts';

export interface HsmUnderTest {
  hsm: Hsm;
  /** Takes the token away; after it every operation answers `unavailable` within a few seconds. */
  takeAway(): Promise<void> | void;
  /** Brings it back; service resumes within a few seconds. */
  bringBack(): Promise<void> | void;
  close(): Promise<void> | void;
}

const bytes = (text: string) => Buffer.from(text, 'utf8');

/** Every single-bit change of a buffer, or a sample of them when there are many. */
function* flips(original: Buffer, step = 1): Generator<Buffer> {
  for (let bit = 0; bit < original.length * 8; bit += step) {
    const changed = Buffer.from(original);
    changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
    yield changed;
  }
}

export async function codeOf(promise: Promise<unknown>): Promise<HsmErrorCode | 'answered'> {
  try {
    await promise;
    return 'answered';
  } catch (error) {
    if (error instanceof HsmError) return error.code;
    throw error;
  }
}

/** Asks until the answer is the wanted one; what it last saw fails the test. */
export async function eventually(
  ask: () => Promise<unknown>,
  wanted: HsmErrorCode | 'answered',
  withinMs = 20_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  for (;;) {
    const seen = await codeOf(ask());
    if (seen === wanted) return;
    if (performance.now() > end) expect(seen).toBe(wanted);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What differs between one token and a pair. */
export interface HsmForm {
  tenantKeyBytes: number;
  rootVersion: number;
  /** Versions of the root keys it has; default the first. */
  roots?: readonly number[];
}

const SINGLE: HsmForm = { tenantKeyBytes: 40, rootVersion: 1 };

export function describeHsm(name: string, make: () => Promise<HsmUnderTest>, form = SINGLE): void {
  describe(`hsm: ${name}`, () => {
    let under: HsmUnderTest;
    let hsm: Hsm;
    let tenant: WrappedKey;
    let otherTenant: WrappedKey;
    let key: KeyRef;
    let otherKey: KeyRef;
    let foreignKey: KeyRef;
    const context = { header: bytes('header'), aad: bytes('account|context') };

    beforeAll(async () => {
      under = await make();
      hsm = under.hsm;
      tenant = await hsm.createTenantKey(bytes('account 1'));
      otherTenant = await hsm.createTenantKey(bytes('account 2'));
      key = { tenant, material: await hsm.createKeyMaterial(tenant, bytes('key 1'), 32) };
      otherKey = { tenant, material: await hsm.createKeyMaterial(tenant, bytes('key 2'), 32) };
      foreignKey = {
        tenant: otherTenant,
        material: await hsm.createKeyMaterial(otherTenant, bytes('key 1'), 32),
      };
    });
    afterAll(async () => {
      await under?.close();
    });

    it('reports itself ready, with fingerprints of both root keys', async () => {
      const status = await hsm.status();
      expect(status.state).toBe('ready');
      expect(status.reason).toBeUndefined();
      expect(status.tokenLabel).not.toBe('');
      expect(status.tokenSerial).not.toBe('');
      const labels = (form.roots ?? [1]).flatMap((version) => [`root-mac-v${version}`, `root-wrap-v${version}`]);
      expect(Object.keys(status.fingerprints).sort()).toEqual(labels.sort());
      for (const value of Object.values(status.fingerprints)) expect(value).toMatch(/^[0-9a-f]{32}$/);
      expect(new Set(Object.values(status.fingerprints)).size).toBe(labels.length);
    });

    it('makes wrapped keys of RFC 5649 size that carry their binding', () => {
      for (const made of [tenant, key.material]) {
        expect(made.wrapped).toHaveLength(made === tenant ? form.tenantKeyBytes : 40);
        expect(made.mac).toHaveLength(32);
        expect(made.rootVersion).toBe(form.rootVersion);
      }
      expect(tenant.binding.toString()).toBe('account 1');
      expect(key.material.binding.toString()).toBe('key 1');
    });

    it('never makes the same key twice', async () => {
      const again = await hsm.createKeyMaterial(tenant, bytes('key 1'), 32);
      expect(again.wrapped.equals(key.material.wrapped)).toBe(false);
      const twin = await hsm.createTenantKey(bytes('account 1'));
      expect(twin.wrapped.equals(tenant.wrapped)).toBe(false);
    });

    it('opens what it sealed, for any plaintext, header and aad', async () => {
      const blob = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
      await fc.assert(
        fc.asyncProperty(blob, blob, blob, async (plaintext, header, aad) => {
          const sealed = await hsm.seal(key, { header, aad, plaintext });
          expect(sealed).toHaveLength(plaintext.length + SEAL_OVERHEAD);
          const opened = await hsm.open(key, { header, aad, sealed });
          expect(opened.equals(plaintext)).toBe(true);
        }),
        { numRuns: 60 },
      );
    });

    it('seals the largest plaintext and refuses one byte more', async () => {
      const plaintext = Buffer.alloc(HSM_LIMITS.plaintext, 7);
      const sealed = await hsm.seal(key, { ...context, plaintext });
      expect((await hsm.open(key, { ...context, sealed })).equals(plaintext)).toBe(true);
      const tooLarge = Buffer.alloc(HSM_LIMITS.plaintext + 1);
      expect(await codeOf(hsm.seal(key, { ...context, plaintext: tooLarge }))).toBe('invalid');
    });

    it('never repeats salt and IV', async () => {
      const sealed = await Promise.all(
        Array.from({ length: 600 }, () => hsm.seal(key, { ...context, plaintext: bytes('same') })),
      );
      expect(new Set(sealed.map((one) => one.toString('hex', 0, 28))).size).toBe(600);
    });

    it('refuses a sealed message with any bit changed, cut or lengthened', async () => {
      const sealed = await hsm.seal(key, { ...context, plaintext: bytes('secret') });
      const asked = [...flips(sealed)].map((changed) => codeOf(hsm.open(key, { ...context, sealed: changed })));
      expect(new Set(await Promise.all(asked))).toEqual(new Set(['integrity']));
      for (const size of [0, 27, 43, sealed.length - 1]) {
        expect(await codeOf(hsm.open(key, { ...context, sealed: sealed.subarray(0, size) }))).toBe('integrity');
      }
      const longer = Buffer.concat([sealed, Buffer.alloc(1)]);
      expect(await codeOf(hsm.open(key, { ...context, sealed: longer }))).toBe('integrity');
    });

    it('refuses another header, another aad, and the same bytes split differently between them', async () => {
      const sealed = await hsm.seal(key, { header: bytes('ab'), aad: bytes('cd'), plaintext: bytes('secret') });
      const asks = [
        ['abc', 'd'],
        ['a', 'bcd'],
        ['', 'abcd'],
        ['abcd', ''],
        ['ab', 'ce'],
        ['Ab', 'cd'],
      ].map(([header, aad]) => codeOf(hsm.open(key, { header: bytes(header!), aad: bytes(aad!), sealed })));
      expect(new Set(await Promise.all(asks))).toEqual(new Set(['integrity']));
    });

    it('refuses another key of the same tenant and the same key name of another tenant', async () => {
      const sealed = await hsm.seal(key, { ...context, plaintext: bytes('secret') });
      expect(await codeOf(hsm.open(otherKey, { ...context, sealed }))).toBe('integrity');
      expect(await codeOf(hsm.open(foreignKey, { ...context, sealed }))).toBe('integrity');
    });

    it('refuses material under a tenant that is not its own', async () => {
      const swapped = { tenant: otherTenant, material: key.material };
      expect(await codeOf(hsm.seal(swapped, { ...context, plaintext: bytes('x') }))).toBe('integrity');
      const asTenant = { tenant: key.material, material: key.material };
      expect(await codeOf(hsm.seal(asTenant, { ...context, plaintext: bytes('x') }))).toBe('integrity');
      const asMaterial = { tenant, material: tenant };
      expect(await codeOf(hsm.seal(asMaterial, { ...context, plaintext: bytes('x') }))).toBe('integrity');
      expect(await codeOf(hsm.createKeyMaterial(key.material, bytes('b'), 32))).toBe('integrity');
    });

    it('refuses bindings and MACs swapped between keys', async () => {
      const seal = (material: WrappedKey) =>
        codeOf(hsm.seal({ tenant, material }, { ...context, plaintext: bytes('x') }));
      const { material } = key;
      expect(await seal({ ...material, binding: otherKey.material.binding })).toBe('integrity');
      expect(await seal({ ...material, wrapped: otherKey.material.wrapped })).toBe('integrity');
      expect(await seal({ ...material, mac: otherKey.material.mac })).toBe('integrity');
      expect(await seal({ ...material, wrapped: otherKey.material.wrapped, mac: otherKey.material.mac })).toBe(
        'integrity',
      );
      expect(await seal(material)).toBe('answered');
    });

    it('refuses any bit changed in a wrapped key, its binding, MAC or root version, also while the key is in use', async () => {
      const ask = (changed: KeyRef) => codeOf(hsm.seal(changed, { ...context, plaintext: bytes('x') }));
      const answers = new Set<string>();
      for (const part of ['wrapped', 'binding', 'mac'] as const) {
        for (const owner of ['tenant', 'material'] as const) {
          for (const changed of flips(key[owner][part], 3)) {
            answers.add(await ask({ ...key, [owner]: { ...key[owner], [part]: changed } }));
          }
        }
      }
      for (const rootVersion of [1 - form.rootVersion, 2, 0x8000_0001]) {
        answers.add(await ask({ ...key, material: { ...key.material, rootVersion } }));
        answers.add(await ask({ ...key, tenant: { ...tenant, rootVersion } }));
      }
      expect(answers).toEqual(new Set(['integrity']));
      expect(await ask(key)).toBe('answered');
    });

    it('seals random bytes and shows them only when asked', async () => {
      const shown = await hsm.sealRandom(key, { ...context, bytes: 32, withPlaintext: true });
      expect(shown.plaintext).toHaveLength(32);
      const opened = await hsm.open(key, { ...context, sealed: shown.sealed });
      expect(opened.equals(shown.plaintext!)).toBe(true);
      const hidden = await hsm.sealRandom(key, { ...context, bytes: 64, withPlaintext: false });
      expect(hidden.plaintext).toBeUndefined();
      expect(await hsm.open(key, { ...context, sealed: hidden.sealed })).toHaveLength(64);
    });

    it('reseals under another key, tenant and context', async () => {
      const sealed = await hsm.seal(key, { ...context, plaintext: bytes('move me') });
      const next = { header: bytes('other header'), aad: bytes('other context') };
      const moved = await hsm.reseal(key, { ...context, sealed }, foreignKey, next);
      expect((await hsm.open(foreignKey, { ...next, sealed: moved })).toString()).toBe('move me');
      expect(await codeOf(hsm.open(key, { ...context, sealed: moved }))).toBe('integrity');
      expect(await codeOf(hsm.reseal(otherKey, { ...context, sealed }, foreignKey, next))).toBe('integrity');
    });

    it("keeps a tenant's small secrets apart from other tenants, contexts and key material", async () => {
      const aad = bytes('access key AKIA1');
      const sealed = await hsm.sealSecret(tenant, aad, bytes('secret access key'));
      expect((await hsm.openSecret(tenant, aad, sealed)).toString()).toBe('secret access key');
      expect(await codeOf(hsm.openSecret(otherTenant, aad, sealed))).toBe('integrity');
      expect(await codeOf(hsm.openSecret(tenant, bytes('access key AKIA2'), sealed))).toBe('integrity');
      const none = Buffer.alloc(0);
      expect(await codeOf(hsm.open(key, { header: none, aad, sealed }))).toBe('integrity');
      for (const changed of flips(sealed, 5)) {
        expect(await codeOf(hsm.openSecret(tenant, aad, changed))).toBe('integrity');
      }
    });

    it('makes row MACs that depend on label and data, one by one and in batches', async () => {
      const rows = Array.from({ length: 300 }, (_, index) => bytes(`row ${index}`));
      const macs = await hsm.macMany('keys', rows);
      expect(macs[7]!.equals(await hsm.mac('keys', rows[7]!))).toBe(true);
      expect(macs[7]).toHaveLength(32);
      expect(macs[7]!.equals(await hsm.mac('aliases', rows[7]!))).toBe(false);
      expect(await hsm.verifyMac('keys', rows[7]!, macs[7]!)).toBe(true);
      expect(await hsm.verifyMac('keys', rows[8]!, macs[7]!)).toBe(false);
      expect(await hsm.verifyMac('aliases', rows[7]!, macs[7]!)).toBe(false);
      expect(await hsm.verifyMac('keys', rows[7]!, macs[7]!.subarray(0, 31))).toBe(false);
      const asked = rows.map((data, index) => ({ data, mac: index === 41 ? macs[42]! : macs[index]! }));
      const verdicts = await hsm.verifyMacMany('keys', asked);
      expect(verdicts.map((ok, index) => (ok ? -1 : index)).filter((index) => index >= 0)).toEqual([41]);
      expect(await hsm.macMany('keys', [])).toEqual([]);
    });

    it('gives the same label and data split differently different MACs', async () => {
      const one = await hsm.mac('ab', bytes('c'));
      expect(one.equals(await hsm.mac('a', bytes('bc')))).toBe(false);
    });

    it('renews what is in the form in force by leaving it as it is, and nothing that was tampered with', async () => {
      expect(await hsm.renewTenantKey(tenant)).toBeUndefined();
      expect(await hsm.renewKey(key)).toBeUndefined();
      const rows = ['one', 'two', 'three'].map(bytes);
      const [one, two, three] = await hsm.macMany('keys', rows);
      const asked = [one, three, three].map((mac, at) => ({ data: rows[at]!, mac: mac! }));
      expect(await hsm.renewMacMany('keys', asked)).toEqual(['current', 'refused', 'current']);
      expect(await hsm.renewMacMany('other', [{ data: rows[1]!, mac: two! }])).toEqual(['refused']);
      const swapped = { tenant: otherTenant, material: key.material };
      expect(await codeOf(hsm.renewKey(swapped))).toBe('integrity');
      expect(await codeOf(hsm.renewTenantKey({ ...tenant, binding: bytes('account 2') }))).toBe('integrity');
    });

    it('answers random bytes of the asked length', async () => {
      const drawn = await Promise.all([1, 32, 1024, HSM_LIMITS.random].map((size) => hsm.random(size)));
      expect(drawn.map((one) => one.length)).toEqual([1, 32, 1024, HSM_LIMITS.random]);
      expect(drawn[1]!.equals(await hsm.random(32))).toBe(false);
      for (const size of [0, -1, 1.5, HSM_LIMITS.random + 1]) expect(await codeOf(hsm.random(size))).toBe('invalid');
    });

    it.each([
      [AUDIT_SIGN_KEY, 'Ed25519', 'ed25519'],
      [SESSION_SIGN_KEY, 'ES256', 'ec'],
    ] as const)('signs with %s (%s) what its public key verifies', async (label, algorithm, type) => {
      const found = await hsm.publicKey(label);
      expect(found.algorithm).toBe(algorithm);
      expect((await hsm.publicKeys(label))[0]).toEqual(found);
      expect(found.keyId).toBe(createHash('sha256').update(found.spki).digest('hex').slice(0, 32));
      const publicKey = createPublicKey({ key: found.spki, format: 'der', type: 'spki' });
      expect(publicKey.asymmetricKeyType).toBe(type);
      for (const data of [bytes('h'), bytes('head of the chain'), Buffer.alloc(HSM_LIMITS.signData, 3)]) {
        const signature = await hsm.sign(label, data, found.keyId);
        expect(await codeOf(hsm.sign(label, data, 'f'.repeat(32)))).toBe('not-found');
        expect(signature).toHaveLength(64);
        const check = (signed: Buffer, over: Buffer) =>
          algorithm === 'Ed25519'
            ? verify(null, over, publicKey, signed)
            : verify('sha256', over, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signed);
        expect(check(signature, data)).toBe(true);
        expect(check(signature, Buffer.concat([data, bytes('!')]))).toBe(false);
      }
    });

    it('does not know other labels', async () => {
      for (const label of ['root-mac-v1', 'root-wrap-v1', 'nobody', 'constructor', '__proto__']) {
        expect(await codeOf(hsm.sign(label, bytes('x')))).toBe('not-found');
        expect(await codeOf(hsm.publicKey(label))).toBe('not-found');
      }
    });

    it('refuses sizes out of range', async () => {
      const long = Buffer.alloc(HSM_LIMITS.binding + 1);
      expect(await codeOf(hsm.createTenantKey(Buffer.alloc(0)))).toBe('invalid');
      expect(await codeOf(hsm.createTenantKey(long))).toBe('invalid');
      expect(await codeOf(hsm.createKeyMaterial(tenant, long, 32))).toBe('invalid');
      expect(await codeOf(hsm.createKeyMaterial(tenant, bytes('b'), 16 as 32))).toBe('invalid');
      expect(await codeOf(hsm.seal(key, { ...context, header: long, plaintext: bytes('x') }))).toBe('invalid');
      expect(await codeOf(hsm.mac('', bytes('x')))).toBe('invalid');
      for (const label of ['l'.repeat(65), 'two words', 'é', '\ud800', 'a\0']) {
        expect(await codeOf(hsm.mac(label, bytes('x')))).toBe('invalid');
      }
      expect(await codeOf(hsm.sign(AUDIT_SIGN_KEY, bytes('')))).toBe('invalid');
      expect(await codeOf(hsm.macMany('l', new Array(HSM_LIMITS.batch + 1).fill(bytes('x'))))).toBe('invalid');
      expect(await codeOf(hsm.sealRandom(key, { ...context, bytes: 1025, withPlaintext: true }))).toBe('invalid');
      const version = { ...tenant, rootVersion: -1 };
      expect(await codeOf(hsm.createKeyMaterial(version, bytes('b'), 32))).toBe('invalid');
    });

    it('seals and opens many messages in the order they were given, saying which do not verify', async () => {
      const requests = Array.from({ length: 700 }, (_, at) => ({
        header: bytes(`h${at}`),
        aad: bytes(`a${at % 7}`),
        plaintext: Buffer.alloc(at % 40, at),
      }));
      const sealed = await hsm.sealMany(key, requests);
      const opened = await hsm.openMany(
        key,
        requests.map(({ header, aad }, at) => ({ header, aad, sealed: at === 300 ? sealed[301]! : sealed[at]! })),
      );
      opened.forEach((plaintext, at) => {
        if (at === 300) expect(plaintext).toBeUndefined();
        else expect(plaintext?.equals(requests[at]!.plaintext)).toBe(true);
      });
      const [first] = requests;
      expect((await hsm.open(key, { header: first!.header, aad: first!.aad, sealed: sealed[0]! })).length).toBe(0);
      const swapped = { tenant: otherTenant, material: key.material };
      expect(await codeOf(hsm.openMany(swapped, [{ ...context, sealed: sealed[0]! }]))).toBe('integrity');
      expect(await hsm.sealMany(key, [])).toEqual([]);
    });

    it('seals many random keys, in the clear only where asked', async () => {
      const requests = Array.from({ length: 300 }, (_, at) => ({
        ...context,
        bytes: 16 + (at % 3),
        withPlaintext: at % 2 === 0,
      }));
      const made = await hsm.sealRandomMany(key, requests);
      for (const [at, { sealed, plaintext }] of made.entries()) {
        expect(plaintext?.length).toBe(at % 2 === 0 ? 16 + (at % 3) : undefined);
        if (at % 50 !== 0) continue;
        expect((await hsm.open(key, { ...context, sealed })).equals(plaintext!)).toBe(true);
      }
      const tooLong = [{ ...context, bytes: 1025, withPlaintext: true }];
      expect(await codeOf(hsm.sealRandomMany(key, tooLong))).toBe('invalid');
    });

    describeKeyPairs(() => ({ hsm, tenant, otherTenant, key }));

    it('is unavailable while the token is away, and serves again when it is back, without a restart', async () => {
      const sealed = await hsm.seal(key, { ...context, plaintext: bytes('before') });
      const pair = { tenant, material: await hsm.createKeyPair(tenant, bytes('pair'), 'ECC_NIST_P256', 'sign') };
      const before = await hsm.status();
      await under.takeAway();
      const asks: (() => Promise<unknown>)[] = [
        () => hsm.open(key, { ...context, sealed }),
        () => hsm.seal(key, { ...context, plaintext: bytes('x') }),
        () => hsm.createTenantKey(bytes('account 3')),
        () => hsm.createKeyMaterial(tenant, bytes('key 3'), 32),
        () => hsm.mac('keys', bytes('row')),
        () => hsm.random(16),
        () => hsm.sign(AUDIT_SIGN_KEY, bytes('x')),
        () => hsm.publicKey(AUDIT_SIGN_KEY),
        () => hsm.openSecret(tenant, bytes('a'), sealed),
        () => hsm.createKeyPair(tenant, bytes('pair'), 'ECC_NIST_P256', 'sign'),
        () => hsm.signWith(pair, { algorithm: 'ECDSA_SHA_256', message: bytes('x'), isDigest: false }),
      ];
      for (const ask of asks) await eventually(ask, 'unavailable');
      const away = await hsm.status();
      expect(away.state).toBe('unavailable');
      expect(away.reason).toMatch(/^[a-z].*[^.]$/i);
      await under.bringBack();
      await eventually(() => hsm.open(key, { ...context, sealed }), 'answered');
      expect((await hsm.open(key, { ...context, sealed })).toString()).toBe('before');
      for (const ask of [...asks.slice(1, 8), ...asks.slice(9)]) expect(await codeOf(ask())).toBe('answered');
      const after = await hsm.status();
      expect(after.state).toBe('ready');
      // Of a pair, whichever of the two serves.
      const roots = ({ tokens, ...own }: HsmStatus) => (tokens ?? [own]).map(({ fingerprints }) => fingerprints);
      expect(roots(before)).toContainEqual(after.fingerprints);
    });
  });
}
