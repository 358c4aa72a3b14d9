import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createSessionVerifier, issueSessionJwt, SESSION_TOKEN_TYPE, type SessionTokenRequest } from './jwt.ts';
import { createSessionKeyRing, jwksDocument, type SessionAlgorithm, type SessionSigner } from './keys.ts';

const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1000;
const REQUEST: SessionTokenRequest = {
  issuer: 'https://parapet.test',
  audience: 'parapet',
  subject: 'arn:parapet:iam::000000000001:user/alice',
  jwtId: 'session-1',
  now: NOW,
  lifeSeconds: 3600,
  claims: { mfa: true },
};

interface TestSigner extends SessionSigner {
  readonly privateKey: KeyObject;
}

function signer(algorithm: SessionAlgorithm, keyId: string): TestSigner {
  const { privateKey, publicKey } =
    algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey,
    sign: async (data) => rawSign(algorithm, privateKey, data),
    publicKey: { algorithm, keyId, spki: publicKey.export({ type: 'spki', format: 'der' }) },
  };
}

function rawSign(algorithm: SessionAlgorithm, key: KeyObject, data: Buffer): Buffer {
  return algorithm === 'EdDSA' ? sign(null, data, key) : sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
}

const ed = signer('EdDSA', 'ed-1');
const ec = signer('ES256', 'ec-1');
const foreign = signer('EdDSA', 'foreign');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

function verifier(now: () => number = () => NOW) {
  return createSessionVerifier({
    issuer: REQUEST.issuer,
    audience: REQUEST.audience,
    keys: [ed.publicKey, ec.publicKey],
    maxAgeSeconds: 12 * 3600,
    clockToleranceSeconds: 30,
    now,
  });
}

const b64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const HEADER = { alg: 'EdDSA', kid: 'ed-1', typ: SESSION_TOKEN_TYPE };
const PAYLOAD = {
  iss: REQUEST.issuer,
  aud: REQUEST.audience,
  sub: REQUEST.subject,
  jti: 'x',
  iat: SECONDS,
  exp: SECONDS + 3600,
};

/** A token over any header and payload (objects or raw JSON text), honestly signed by the Ed25519 key. */
function forge(header: unknown, payload: unknown, key: KeyObject = ed.privateKey): string {
  const input = `${b64(header)}.${b64(payload)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}
function forgeEc(header: unknown, payload: unknown, change = (signature: Buffer) => signature): string {
  const input = `${b64(header)}.${b64(payload)}`;
  const low = lowS(rawSign('ES256', ec.privateKey, Buffer.from(input)));
  return `${input}.${change(low).toString('base64url')}`;
}
function hmacWith(secret: Buffer | string, alg = 'HS256'): string {
  const input = `${b64({ ...HEADER, alg })}.${b64(PAYLOAD)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ED_ORDER = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;
const sOf = (signature: Buffer) => BigInt(`0x${signature.toString('hex', 32)}`);
const withS = (signature: Buffer, s: bigint) =>
  Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
const lowS = (signature: Buffer) =>
  sOf(signature) > ORDER / 2n ? withS(signature, ORDER - sOf(signature)) : signature;
const claim = (change: object) => forge(HEADER, { ...PAYLOAD, ...change });
const without = (name: string) =>
  forge(HEADER, Object.fromEntries(Object.entries(PAYLOAD).filter(([key]) => key !== name)));
const header = (change: object) => forge({ ...HEADER, ...change }, PAYLOAD);
const spki = (key: SessionSigner) => key.publicKey.spki;
const pem = (key: SessionSigner) =>
  `-----BEGIN PUBLIC KEY-----\n${spki(key).toString('base64')}\n-----END PUBLIC KEY-----`;
const EC_HEADER = { ...HEADER, alg: 'ES256', kid: 'ec-1' };
const good = () => forge(HEADER, PAYLOAD);

const ATTACKS: readonly (readonly [string, string])[] = [
  // algorithm
  ...['none', 'None', 'NONE', 'nOnE', '', ' none'].map(
    (alg) => [`alg ${JSON.stringify(alg)} without signature`, `${b64({ ...HEADER, alg })}.${b64(PAYLOAD)}.`] as const,
  ),
  ['alg none with a signature', header({ alg: 'none' })],
  ['no alg', forge({ kid: 'ed-1', typ: SESSION_TOKEN_TYPE }, PAYLOAD)],
  ['alg as an array', header({ alg: ['EdDSA'] })],
  ['alg of another spelling', header({ alg: 'eddsa' })],
  ['HS256 with the public key in DER', hmacWith(spki(ed))],
  ['HS256 with the public key in PEM', hmacWith(pem(ed))],
  ['HS256 with the public key in PEM and a newline', hmacWith(`${pem(ed)}\n`)],
  ['HS256 with the public key as JWK', hmacWith(JSON.stringify(jwksDocument([ed.publicKey]).keys[0]))],
  ['HS256 with the raw public key', hmacWith(spki(ed).subarray(-32))],
  ['HS256 with an empty secret', hmacWith('')],
  ['HS384', hmacWith(spki(ed), 'HS384')],
  [
    'RS256',
    `${b64({ ...HEADER, alg: 'RS256' })}.${b64(PAYLOAD)}.${sign('sha256', Buffer.from('x'), rsa.privateKey).toString('base64url')}`,
  ],
  ['ES256 named for an Ed25519 key', header({ alg: 'ES256' })],
  ['EdDSA named for a P-256 key', forgeEc({ ...EC_HEADER, alg: 'EdDSA' }, PAYLOAD)],
  ['ES384 named for a P-256 key', forgeEc({ ...EC_HEADER, alg: 'ES384' }, PAYLOAD)],
  ['Ed25519 as the name of the algorithm', header({ alg: 'Ed25519' })],
  // signature
  ['ES256 with r = s = 0', forgeEc(EC_HEADER, PAYLOAD, () => Buffer.alloc(64))],
  ['ES256 with s = 0', forgeEc(EC_HEADER, PAYLOAD, (s) => withS(s, 0n))],
  [
    'ES256 with r = s = n',
    forgeEc(EC_HEADER, PAYLOAD, (s) => Buffer.concat([withS(s, ORDER).subarray(32), withS(s, ORDER).subarray(32)])),
  ],
  ['ES256 with n - s', forgeEc(EC_HEADER, PAYLOAD, (s) => withS(s, ORDER - sOf(s)))],
  ['ES256 in DER', forgeEc(EC_HEADER, PAYLOAD, () => sign('sha256', Buffer.from('x'), ec.privateKey))],
  ['ES256 with a zero byte added', forgeEc(EC_HEADER, PAYLOAD, (s) => Buffer.concat([s, Buffer.alloc(1)]))],
  ['Ed25519 with S + L', addOrder(good())],
  ['Ed25519 of all zeros', good().replace(/[^.]*$/, Buffer.alloc(64).toString('base64url'))],
  ['an empty signature', good().replace(/[^.]*$/, '')],
  ['half a signature', good().slice(0, -43)],
  ['a signature of another token', `${good().slice(0, good().lastIndexOf('.'))}.${claim({ jti: 'y' }).split('.')[2]}`],
  ['a signature of a foreign key', forge(HEADER, PAYLOAD, foreign.privateKey)],
  ['a flipped bit of the signature', flip(good())],
  // key
  ['no kid', forge({ alg: 'EdDSA', typ: SESSION_TOKEN_TYPE }, PAYLOAD)],
  ...[
    '../../etc/passwd',
    "' OR 1=1 --",
    '__proto__',
    'constructor',
    'ED-1',
    'ed-1 ',
    '',
    'ed-1\u0001',
    'foreign',
    'x'.repeat(10_240),
  ].map((kid) => [`kid ${JSON.stringify(kid).slice(0, 24)}`, header({ kid })] as const),
  ['a number as kid', header({ kid: 1 })],
  ['the kid of another key of ours', header({ kid: 'ec-1' })],
  [
    'an embedded jwk',
    forge({ ...HEADER, jwk: jwksDocument([foreign.publicKey]).keys[0] }, PAYLOAD, foreign.privateKey),
  ],
  ['jku', header({ jku: 'https://evil.test/jwks' })],
  ['x5u', header({ x5u: 'https://evil.test/cert' })],
  ['x5c', header({ x5c: ['AA=='] })],
  ['x5t', header({ x5t: 'AA' })],
  ['crit with an unknown name', header({ crit: ['exp'] })],
  ['crit b64 true', header({ crit: ['b64'], b64: true })],
  ['crit b64 false', header({ crit: ['b64'], b64: false })],
  ['zip DEF', header({ zip: 'DEF' })],
  ['cty JWT', header({ cty: 'JWT' })],
  // type
  ...['JWT', 'at+jwt', 'logout+jwt', 'id_token', 'application/parapet-session+jwt', 'Parapet-Session+JWT', ''].map(
    (typ) => [`typ ${JSON.stringify(typ)}`, header({ typ })] as const,
  ),
  ['no typ', forge({ alg: 'EdDSA', kid: 'ed-1' }, PAYLOAD)],
  // issuer and audience
  ...['https://parapet.test/', 'https://PARAPET.test', 'http://parapet.test', 'https://parapet.test.evil', ''].map(
    (iss) => [`iss ${JSON.stringify(iss)}`, claim({ iss })] as const,
  ),
  ['no iss', without('iss')],
  ['iss as an array', claim({ iss: [REQUEST.issuer] })],
  ...['parapet2', 'para', 'Parapet', 'parapet ', ''].map(
    (aud) => [`aud ${JSON.stringify(aud)}`, claim({ aud })] as const,
  ),
  ['no aud', without('aud')],
  ['aud as an array', claim({ aud: ['parapet', 'other'] })],
  ['aud as an array of one', claim({ aud: ['parapet'] })],
  ['aud as an object', claim({ aud: { parapet: true } })],
  // time
  ['no exp', without('exp')],
  ['exp in the past', claim({ iat: SECONDS - 7200, exp: SECONDS - 31 })],
  ['exp as text', claim({ exp: String(SECONDS + 60) })],
  ['exp as a fraction', claim({ exp: SECONDS + 60.5 })],
  ['exp 1e308', forge(HEADER, JSON.stringify(PAYLOAD).replace(/"exp":\d+/, '"exp":1e308'))],
  ['exp 1e400', forge(HEADER, JSON.stringify(PAYLOAD).replace(/"exp":\d+/, '"exp":1e400'))],
  ['exp null', claim({ exp: null })],
  ['exp negative', claim({ exp: -1 })],
  ['exp before iat', claim({ exp: SECONDS - 1 })],
  ['no iat', without('iat')],
  ['iat in the future', claim({ iat: SECONDS + 31 })],
  ['iat as text', claim({ iat: String(SECONDS) })],
  ['iat older than the longest age', claim({ iat: SECONDS - 12 * 3600 - 31 })],
  ['nbf in the future', claim({ nbf: SECONDS + 31 })],
  ['nbf as text', claim({ nbf: '0' })],
  // other claims
  ['no sub', without('sub')],
  ['an empty sub', claim({ sub: '' })],
  ['no jti', without('jti')],
  ['jti as a number', claim({ jti: 1 })],
  ['a repeated claim', forge(HEADER, JSON.stringify(PAYLOAD).replace('{', '{"sub":"root",'))],
  ['a repeated claim behind an escape', forge(HEADER, JSON.stringify(PAYLOAD).replace('{', '{"\\u0073ub":"root",'))],
  ['a repeated header parameter', forge(JSON.stringify(HEADER).replace('{', '{"alg":"none",'), PAYLOAD)],
  ['a prototype claim', forge(HEADER, JSON.stringify(PAYLOAD).replace('{', '{"__proto__":{"admin":true},'))],
  ['claims that are a list', forge(HEADER, [PAYLOAD])],
  ['claims that are text', forge(HEADER, '"claims"')],
  ['claims with a byte order mark', forge(HEADER, `\ufeff${JSON.stringify(PAYLOAD)}`)],
  ['claims with trailing data', forge(HEADER, `${JSON.stringify(PAYLOAD)}{}`)],
  // spelling
  ['padding', good().split('.').map(padded).join('.')],
  ['padding of the signature', `${good()}==`],
  ['standard base64', good().replaceAll('-', '+').replaceAll('_', '/').concat('+')],
  ['a blank before', ` ${good()}`],
  ['a newline after', `${good()}\n`],
  ['a blank inside', good().replace('.', '. ')],
  ['other unused bits', otherBits(good())],
  ['two parts', good().split('.').slice(0, 2).join('.')],
  ['four parts', `${good()}.${good().split('.')[2]}`],
  ['a truncated token', good().slice(0, 100)],
  ['nothing', ''],
  ['dots', '..'],
  ['a nested token', forge({ ...HEADER, cty: 'JWT' }, b64(good()))],
  [
    'an encrypted token with many iterations',
    `${b64({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 1e9, p2s: 'AA' })}.AA.AA.AA.AA`,
  ],
  ['a JSON serialisation', JSON.stringify({ payload: b64(PAYLOAD), signatures: [] })],
  ['10 MB', `${good()}${'A'.repeat(10_000_000)}`],
];

function addOrder(token: string): string {
  const at = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(at + 1), 'base64url');
  // S is little-endian in RFC 8032.
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + ED_ORDER;
  const bytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
  return `${token.slice(0, at + 1)}${Buffer.concat([signature.subarray(0, 32), bytes]).toString('base64url')}`;
}
function flip(token: string): string {
  const at = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(at + 1), 'base64url');
  signature[5] = (signature[5] as number) ^ 1;
  return `${token.slice(0, at + 1)}${signature.toString('base64url')}`;
}
function padded(part: string): string {
  return part.padEnd(Math.ceil(part.length / 4) * 4, '=');
}
/** 64 bytes leave four unused bits in the last character: set one. */
function otherBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) as string) + 1];
}

describe('session JWT', () => {
  it.each([ed, ec])('is accepted by our verifier and by any JOSE library ($publicKey.algorithm)', async (key) => {
    for (let i = 0; i < 8; i++) {
      const token = await issueSessionJwt(key, { ...REQUEST, jwtId: `session-${i}` });
      const result = await verifier().verify(token);
      expect(result).toMatchObject({
        ok: true,
        claims: { sub: REQUEST.subject, mfa: true, iat: SECONDS, exp: SECONDS + 3600 },
      });
      const jwks = createLocalJWKSet(jwksDocument([ed.publicKey, ec.publicKey]) as never);
      await jwtVerify(token, jwks, { issuer: REQUEST.issuer, audience: 'parapet', currentDate: new Date(NOW) });
    }
  });

  it('lists at least 60 attacks on tokens whose honest form is accepted', async () => {
    expect(ATTACKS.length).toBeGreaterThanOrEqual(60);
    expect((await verifier().verify(good())).ok).toBe(true);
    expect((await verifier().verify(forgeEc(EC_HEADER, PAYLOAD))).ok).toBe(true);
  });

  it.each(ATTACKS)('refuses %s', async (_title, token) => {
    const result = await verifier().verify(token);
    expect(result.ok).toBe(false);
  });

  it('tells expired from invalid, and takes the tolerance into account', async () => {
    let now = NOW;
    const { verify } = verifier(() => now);
    const token = await issueSessionJwt(ed, REQUEST);
    now = NOW + 3_629_000;
    expect((await verify(token)).ok).toBe(true);
    now = NOW + 3_630_000;
    // Once from the cache, once without it.
    expect(await verify(token)).toMatchObject({ ok: false, code: 'expired' });
    expect(await verify(token)).toMatchObject({ ok: false, code: 'expired' });
  });

  it('counts the longest age also for remembered tokens', async () => {
    let now = NOW;
    const { verify } = verifier(() => now);
    const token = claim({ exp: SECONDS + 24 * 3600 });
    expect((await verify(token)).ok).toBe(true);
    now = NOW + (12 * 3600 + 31) * 1000;
    expect((await verify(token)).ok).toBe(false);
    expect((await verify(token)).ok).toBe(false);
  });

  it('forgets verified tokens when the keys change', async () => {
    const check = verifier();
    const token = await issueSessionJwt(ed, REQUEST);
    expect((await check.verify(token)).ok).toBe(true);
    check.setKeys([ec.publicKey]);
    expect((await check.verify(token)).ok).toBe(false);
  });

  it('refuses a token whose key is removed while it is being verified', async () => {
    const check = verifier();
    const pending = check.verify(await issueSessionJwt(ed, REQUEST));
    check.setKeys([ec.publicKey]);
    expect((await pending).ok).toBe(false);
    check.setKeys([ed.publicKey]);
    expect((await check.verify(await issueSessionJwt(ed, REQUEST))).ok).toBe(true);
  });

  it('answers claims that callers cannot change for one another', async () => {
    const check = verifier();
    const token = await issueSessionJwt(ed, { ...REQUEST, claims: { tags: { team: 'a' } } });
    const first = await check.verify(token);
    if (!first.ok) throw new Error('token is not accepted');
    expect(() => Object.assign(first.claims.tags as object, { team: 'b' })).toThrow(TypeError);
  });

  it('is not issued with a broken signature or an overwritten claim', async () => {
    const broken = { ...ed, sign: async () => Buffer.alloc(64) };
    await expect(issueSessionJwt(broken, REQUEST)).rejects.toThrow(/is not valid/);
    const short = { ...ed, sign: async () => Buffer.alloc(10) };
    await expect(issueSessionJwt(short, REQUEST)).rejects.toThrow(/another length/);
    await expect(issueSessionJwt(ed, { ...REQUEST, claims: { exp: 9e15 } })).rejects.toThrow(TypeError);
  });
});

describe('session keys', () => {
  it('are published before they sign and after, until their last token has expired', () => {
    let now = NOW;
    const ring = createSessionKeyRing(3600, () => now);
    expect(() => ring.active()).toThrow(/no session key is active/);
    ring.prepare(ed);
    ring.activate('ed-1');
    ring.prepare(ec);
    expect(ring.active()).toBe(ed);
    expect(ring.publicKeys().map((key) => key.keyId)).toEqual(['ed-1', 'ec-1']);
    ring.activate('ec-1');
    expect(ring.active()).toBe(ec);
    now += 3_600_000;
    expect(ring.publicKeys().map((key) => key.keyId)).toEqual(['ed-1', 'ec-1']);
    now += 1;
    expect(ring.publicKeys().map((key) => key.keyId)).toEqual(['ec-1']);
  });

  it('that are retired, unknown or published twice are refused', () => {
    const ring = createSessionKeyRing(3600, () => NOW);
    ring.prepare(ed);
    expect(() => ring.prepare(ed)).toThrow(/already published/);
    expect(() => ring.activate('ec-1')).toThrow(/not prepared/);
    ring.activate('ed-1');
    ring.prepare(ec);
    ring.activate('ec-1');
    expect(() => ring.activate('ed-1')).toThrow(/retired/);
  });

  it('appear in the JWKS without private parts, each once', () => {
    const { keys } = jwksDocument([ed.publicKey, ec.publicKey]);
    expect(keys).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), use: 'sig', alg: 'EdDSA', kid: 'ed-1' },
      { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), use: 'sig', alg: 'ES256', kid: 'ec-1' },
    ]);
    expect(() => jwksDocument([ed.publicKey, ed.publicKey])).toThrow(/repeated/);
  });

  it('of another kind than their algorithm are refused', () => {
    const wrong = { ...ec.publicKey, algorithm: 'EdDSA' as const };
    expect(() => jwksDocument([wrong])).toThrow(/is not a key for EdDSA/);
    const rsaKey = {
      algorithm: 'ES256' as const,
      keyId: 'r',
      spki: rsa.publicKey.export({ type: 'spki', format: 'der' }),
    };
    expect(() => jwksDocument([rsaKey])).toThrow(/is not a key for ES256/);
  });
});
