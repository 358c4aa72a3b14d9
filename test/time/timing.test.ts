/**
 * Whatever compares a secret takes the same time for a guess that is wrong at its beginning and one that is wrong at its
 * end, and for somebody who exists and somebody who does not (spec 4.6), unless the answer tells them apart anyhow, as
 * it does for access keys. In process, because the network hides more than it shows, and beside comparisons that are
 * known to leak, because a test that finds nothing must be able to.
 */
import { createHmac, generateKeyPairSync, randomBytes, randomInt, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryHsm } from '../../hsm/memory/memory.ts';
import { createSessionVerifier, issueSessionJwt } from '../../platform/authn/session/jwt.ts';
import type { SessionAlgorithm } from '../../platform/authn/session/keys.ts';
import { openSessionToken, sealSessionToken, type TokenSeal } from '../../platform/authn/session/token.ts';
import { deriveSigningKey } from '../../platform/authn/sigv4/canonical.ts';
import { parseSigV4 } from '../../platform/authn/sigv4/parse.ts';
import { signHeaders } from '../../platform/authn/sigv4/sign.ts';
import type { ParsedSignature } from '../../platform/authn/sigv4/types.ts';
import { verifySigV4 } from '../../platform/authn/sigv4/verify.ts';
import { PageTokens } from '../../platform/runtime/page-token.ts';
import { claimDigest, claimFits } from '../../services/iam/domain/root-claim.ts';
import { acceptedPair, acceptedStep, codeOf, SEED_BYTES, stepAt } from '../../services/iam/domain/totp.ts';
import { type Comparison, isLeak, measure } from '../harness/welch.ts';

const MEASUREMENTS = Number(process.env.PARAPET_TIMING_MEASUREMENTS ?? 20_000);
const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

/** A copy that differs in its first byte (group 0) or in its last. */
function wrong(group: 0 | 1, secret: Buffer): Buffer {
  const copy = Buffer.from(secret);
  const at = group === 0 ? 0 : copy.length - 1;
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

/** A code that differs in its first digit (group 0) or in its last. */
function wrongCode(group: 0 | 1, code: string): string {
  const digits = [...code];
  const at = group === 0 ? 0 : digits.length - 1;
  digits[at] = String((Number(digits[at]) + 5) % 10);
  return digits.join('');
}

// --- comparisons that leak ---------------------------------------------------------------------------------------

function byteByByte(a: Buffer, b: Buffer): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const macKey = randomBytes(32);
const mac = (data: Buffer) => createHmac('sha512', macKey).update(data).digest();

const LEAKS: Readonly<Record<string, Comparison<unknown>>> = {
  'texts compared by ===': {
    input(group) {
      const secret = randomBytes(32);
      return { secret: secret.toString('hex'), guess: wrong(group, secret).toString('hex') };
    },
    run: ({ secret, guess }) => secret === guess,
  } satisfies Comparison<{ secret: string; guess: string }>,
  'a MAC compared byte by byte': {
    input(group) {
      const data = randomBytes(64);
      return { data, guess: wrong(group, mac(data)) };
    },
    run: ({ data, guess }) => byteByByte(mac(data), guess),
  } satisfies Comparison<{ data: Buffer; guess: Buffer }>,
  'work that is done for a known key only': {
    input: (group) => ({ data: randomBytes(64), known: group === 0 }),
    run: ({ data, known }) => known && mac(data),
  } satisfies Comparison<{ data: Buffer; known: boolean }>,
};

// --- ours --------------------------------------------------------------------------------------------------------

const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'secret-of-the-example-key-0123456789' };
const REGION = 'eu-x-private-1';
const signingKey = deriveSigningKey(CREDENTIALS.secretAccessKey, '20261122', REGION, 'kms');

function signedRequest() {
  const request = {
    method: 'POST',
    rawTarget: '/',
    rawHeaders: ['Host', 'kms.example.test:8443', 'X-Amz-Target', 'TrentService.ListKeys'],
    body: randomBytes(64),
  };
  const parts = signHeaders(request, CREDENTIALS, { region: REGION, service: 'kms', now: NOW });
  const signed = { ...request, rawHeaders: [...request.rawHeaders, ...parts.addedHeaders] };
  return { request: signed, parsed: parseSigV4(signed) as ParsedSignature };
}
type SignedInput = ReturnType<typeof signedRequest>;

const verify = ({ request, parsed }: SignedInput) =>
  verifySigV4(parsed, request, signingKey, { now: NOW, service: 'kms', regions: new Set([REGION]) });

const pages = new PageTokens(randomBytes(32));
const hsm = createMemoryHsm();
const tenant = await hsm.createTenantKey(Buffer.from('tenant'));
const seal: TokenSeal = {
  seal: (plaintext, aad) => hsm.sealSecret(tenant, aad, plaintext),
  open: (sealed, aad) => hsm.openSecret(tenant, aad, sealed).catch(() => undefined),
};
const sessionTokens = await Promise.all(
  Array.from({ length: 64 }, (_, i) => sealSessionToken(seal, CREDENTIALS.accessKeyId, { exp: NOW, session: i })),
);
const rows = await Promise.all(
  Array.from({ length: 64 }, async () => {
    const data = randomBytes(200);
    return { data, mac: await hsm.mac('row', data) };
  }),
);

async function bearer(algorithm: SessionAlgorithm): Promise<Comparison<string>> {
  const { privateKey, publicKey } =
    algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const signer = {
    publicKey: { algorithm, keyId: 'key', spki },
    sign: async (data: Buffer) =>
      algorithm === 'EdDSA'
        ? sign(null, data, privateKey)
        : sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  };
  const named = { issuer: 'https://parapet.test', audience: 'parapet' };
  const token = { ...named, subject: 'alice', now: NOW, lifeSeconds: 3600 };
  const verifier = createSessionVerifier({ ...named, keys: [signer.publicKey], maxAgeSeconds: 3600, now: () => NOW });
  const tokens = await Promise.all(
    Array.from({ length: 64 }, (_, i) => issueSessionJwt(signer, { ...token, jwtId: `session-${i}` })),
  );
  // The node knows them, as it does those in use.
  for (const known of tokens) await verifier.verify(known);
  return {
    input(group) {
      const [head, payload, signature] = (tokens[randomInt(64)] as string).split('.') as [string, string, string];
      const bytes = Buffer.from(signature, 'base64url');
      // The half that the verifier compares: the other is a number with bounds of its own.
      const guess = Buffer.concat([wrong(group, bytes.subarray(0, 32)), bytes.subarray(32)]);
      return `${head}.${payload}.${guess.toString('base64url')}`;
    },
    run: (guess) => verifier.verify(guess),
    share: 0.2,
  };
}

const OTHER_DIGEST = randomBytes(32);
const WINDOW = { drift: 0, steps: 1, lastStep: 0 };
const STEP = stepAt(NOW);

const OURS: Readonly<Record<string, Comparison<unknown>>> = {
  'the signature of a request': {
    input(group) {
      const { request, parsed } = signedRequest();
      const signature = wrong(group, Buffer.from(parsed.signature, 'hex')).toString('hex');
      return { request, parsed: { ...parsed, signature } };
    },
    run: verify,
  } satisfies Comparison<SignedInput>,
  'a bearer token signed with Ed25519': await bearer('EdDSA'),
  'a bearer token signed with ECDSA': await bearer('ES256'),
  'the token of temporary credentials': {
    input(group) {
      const bytes = Buffer.from(sessionTokens[randomInt(64)] as string, 'base64');
      const guess = Buffer.concat([bytes.subarray(0, -16), wrong(group, bytes.subarray(-16))]);
      return guess.toString('base64');
    },
    run: (guess) => openSessionToken(seal, CREDENTIALS.accessKeyId, guess, 0),
  } satisfies Comparison<string>,
  'a page token': {
    input(group) {
      const bytes = Buffer.from(pages.seal({ accountId: '1', operation: 'List' }, randomInt(1000)), 'base64url');
      return Buffer.concat([bytes.subarray(0, -16), wrong(group, bytes.subarray(-16))]).toString('base64url');
    },
    run: (guess) => pages.open({ accountId: '1', operation: 'List' }, guess),
  } satisfies Comparison<string>,
  'the MAC of a row': {
    input(group) {
      const row = rows[randomInt(64)] as (typeof rows)[number];
      return { data: row.data, mac: wrong(group, row.mac) };
    },
    run: (row) => hsm.verifyMac('row', row.data, row.mac),
  } satisfies Comparison<{ data: Buffer; mac: Buffer }>,
  'a code of a second factor': {
    input(group) {
      const seed = randomBytes(SEED_BYTES);
      return { seed, code: wrongCode(group, codeOf(seed, STEP)) };
    },
    run: ({ seed, code }) => acceptedStep(seed, code, NOW, WINDOW),
  } satisfies Comparison<{ seed: Buffer; code: string }>,
  'a code that was used and one that is wrong': {
    input(group) {
      const seed = randomBytes(SEED_BYTES);
      return { seed, code: group === 0 ? codeOf(seed, STEP) : wrongCode(1, codeOf(seed, STEP)) };
    },
    run: ({ seed, code }) => acceptedStep(seed, code, NOW, { ...WINDOW, lastStep: STEP }),
  } satisfies Comparison<{ seed: Buffer; code: string }>,
  'a pair of codes of which the first or the second is wrong': {
    input(group) {
      const seed = randomBytes(SEED_BYTES);
      const codes = [codeOf(seed, STEP), codeOf(seed, STEP + 1)] as [string, string];
      codes[group] = wrongCode(group, codes[group]);
      return { seed, codes };
    },
    run: ({ seed, codes }) => acceptedPair(seed, codes, NOW, WINDOW),
  } satisfies Comparison<{ seed: Buffer; codes: [string, string] }>,
  'the token of a root claim': {
    input(group) {
      const token = randomBytes(32).toString('base64url');
      return { token, digest: wrong(group, claimDigest(token)) };
    },
    run: ({ token, digest }) => claimFits(digest, token),
  } satisfies Comparison<{ token: string; digest: Buffer }>,
  'a root claim that does not exist and a wrong one': {
    input: (group) => ({
      token: randomBytes(32).toString('base64url'),
      digest: group === 0 ? undefined : OTHER_DIGEST,
    }),
    run: ({ token, digest }) => claimFits(digest, token),
  } satisfies Comparison<{ token: string; digest: Buffer | undefined }>,
};

/** A machine that is busy hides a leak from one look, not from all of them. */
const LOOKS = 20;

describe('the test finds', () => {
  it.each(Object.entries(LEAKS))('%s', async (_name, comparison) => {
    const seen: number[][] = [];
    while (seen.length < LOOKS && !seen.some(isLeak)) seen.push(await measure(comparison, MEASUREMENTS));
    expect(seen.some(isLeak), seen.join(' ')).toBe(true);
  });
});

describe('no difference in time shows', () => {
  it.each(Object.entries(OURS))('%s', async (_name, comparison) => {
    const statistics = await measure(comparison, MEASUREMENTS);
    expect(isLeak(statistics), statistics.join(' ')).toBe(false);
  });
});
