/** OCSP as openssl asks and judges it, and as strangers might. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as der from '../../../../platform/contract/der.ts';
import { ocspError } from '../../domain/ocsp/response.ts';
import { DAY_MS } from '../../domain/validity.ts';
import { rotateResponders } from '../../jobs/revocation/rotate-responders.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, Workplace } from '../../testing/hierarchy.ts';
import { COMPLETE, issueLeaf, type Leaf, makeDueLists } from '../../testing/revocation.ts';

/** Mutated requests: some thousands, a hundred thousand in the deep run. */
const RUNS = Number(process.env.PARAPET_MUTATIONS ?? 3_000);

let pca: PcaHarness;
let admin: PcaClient;
let authority: string;
let issuer: string;
const openssl = new Workplace();
const place = () => ({ CertificateAuthorityArn: authority });
const AuthorityId = () => authority.split('/')[1]!;

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  authority = await makeRoot(admin);
  await admin.UpdateCertificateAuthority({ ...place(), RevocationConfiguration: COMPLETE });
  issuer = openssl.file((await admin.GetCertificateAuthorityCertificate(place())).Certificate);
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

function request(serial: string, ...args: string[]): Buffer {
  const file = openssl.file('');
  openssl.openssl('ocsp', ...args, '-issuer', issuer, '-serial', `0x${serial}`, '-reqout', file);
  return readFileSync(file);
}
const answer = async (Request: Buffer, id = AuthorityId()) =>
  pca.internal().AnswerOcspRequest({ AuthorityId: id, Request });

/** The words of openssl about the answer to a question about a certificate. */
async function asked(serial: string, ...args: string[]): Promise<string> {
  const bytes = request(serial, ...args);
  const { Response } = await answer(bytes);
  const [reqin, respin] = [openssl.file(bytes), openssl.file(Response)];
  return openssl.openssl(
    ...['ocsp', '-issuer', issuer, '-CAfile', issuer, '-reqin', reqin, '-respin', respin, '-resp_text'],
    ...['-attime', String(Math.floor(pca.kms.now / 1000)), '-validity_period', '999999999'],
  );
}
const leaf = () => issueLeaf(admin, openssl, authority);
const revoke = ({ serial }: Leaf) =>
  admin.RevokeCertificate({ ...place(), CertificateSerial: serial, RevocationReason: 'KEY_COMPROMISE' });
const status = async (serial: string) => /Cert Status: (\w+)/.exec(await asked(serial, '-no_nonce'))?.[1];

describe('openssl', () => {
  it.each([
    ['SHA-1', ['-sha1']],
    ['SHA-256', ['-sha256']],
  ])('asks with %s, and believes a responder of the authority', async (_title, args) => {
    const printed = await asked((await leaf()).serial, ...args);
    expect(printed).toContain('Cert Status: good');
    expect(printed).toContain('OCSP Signing');
    expect(printed).toContain('OCSP No Check');
  });

  it('gets its nonce back, and learns of a revocation at once', async () => {
    const one = await leaf();
    const { serial } = one;
    expect(await status(serial)).toBe('good');
    await revoke(one);
    expect(await status(serial)).toBe('revoked');
    const printed = await asked(serial);
    expect(printed).toContain('Revocation Reason: keyCompromise');
    const nonces = printed.match(/OCSP Nonce/g);
    expect(nonces).toHaveLength(1);
    const bytes = request(serial);
    const { Response, NextUpdate } = await answer(bytes);
    expect(Response.toString('hex')).toContain(bytes.subarray(-16).toString('hex'));
    expect(NextUpdate).toBeUndefined();
  });

  it('never hears good of what was not issued, or not signed', async () => {
    expect(await status('01')).toBe('unknown');
    expect(await status('7f'.repeat(18))).toBe('unknown');
    const { serial } = await leaf();
    const state = (value: 'failed' | 'issued') =>
      pca.tamper((db) => db.updateTable('certificate').set({ state: value }).where('serial', '=', serial).execute());
    await state('failed');
    await expect(answer(request(serial, '-no_nonce'))).rejects.toMatchObject({ code: 'Internal' });
    await state('issued');
    expect(await status(serial)).toBe('good');
  });

  it('hears revoked of a hold, and good of one that was released', async () => {
    const { serial: CertificateSerial } = await leaf();
    await admin.HoldCertificate({ ...place(), CertificateSerial });
    expect(await status(CertificateSerial)).toBe('revoked');
    await admin.ReleaseCertificateHold({ ...place(), CertificateSerial });
    expect(await status(CertificateSerial)).toBe('good');
  });
});

describe('an answer', () => {
  it('is kept for others who ask the same, and made anew before it is old', async () => {
    const bytes = request((await leaf()).serial, '-no_nonce');
    const first = await answer(bytes);
    expect(first.NextUpdate! - first.ThisUpdate!).toBe(DAY_MS);
    expect((await answer(bytes)).Response).toEqual(first.Response);
    pca.kms.advance(DAY_MS / 2 + 1000);
    const second = await answer(bytes);
    expect(second.ThisUpdate).toBeGreaterThan(first.ThisUpdate!);
  });

  it('leaves nonces out when strangers ask for more signatures than are good for everybody', async () => {
    const { serial } = await leaf();
    const requests = Array.from({ length: 100 }, () => request(serial));
    const answers = await Promise.all(requests.map((bytes) => answer(bytes)));
    const without = answers.filter(({ NextUpdate }) => NextUpdate !== undefined);
    expect(without.length).toBeGreaterThan(0);
    expect(without.length).toBeLessThan(100);
    expect((await answer(requests[0]!)).NextUpdate).toBeUndefined();
  });

  it('is unauthorized for another issuer, an authority without OCSP, and none', async () => {
    const other = await makeRoot(admin, 'other');
    const unauthorized = ocspError('unauthorized');
    const bytes = request('01', '-no_nonce');
    expect((await answer(bytes, other.split('/')[1])).Response).toEqual(unauthorized);
    await admin.UpdateCertificateAuthority({ CertificateAuthorityArn: other, RevocationConfiguration: COMPLETE });
    expect((await answer(bytes, other.split('/')[1])).Response).toEqual(unauthorized);
    expect((await answer(bytes, pca.deps.ids.uuidv4())).Response).toEqual(unauthorized);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('GET / HTTP/1.1')],
    ['no certificate', der.sequence(der.sequence(der.sequence()))],
  ])('is malformedRequest for %s', async (_title, bytes) => {
    expect((await answer(bytes)).Response).toEqual(ocspError('malformedRequest'));
  });

  it.each([
    [0, 'malformedRequest'],
    [1, 'no nonce'],
    [15, 'no nonce'],
    [16, 'the nonce'],
    [128, 'the nonce'],
    [129, 'malformedRequest'],
  ])('to a nonce of %i bytes has %s', async (length, expected) => {
    const { serial } = await leaf();
    const plain = request(serial, '-no_nonce');
    const nonce = Buffer.alloc(length, 0xa5);
    const { Response } = await answer(withNonce(plain, nonce));
    if (expected === 'malformedRequest') expect(Response).toEqual(ocspError('malformedRequest'));
    else expect(Response.includes(Buffer.alloc(16, 0xa5))).toBe(expected === 'the nonce');
  });
});

describe('the responder', () => {
  const serials = async () =>
    (await pca.store.read.selectFrom('ocsp_responder').select('serial').execute()).map(({ serial }) => serial);

  it('is followed by another one every week, and forgotten with its key when it has expired', async () => {
    await asked('01');
    const before = await serials();
    pca.kms.advance(6 * DAY_MS);
    await rotateResponders.run(pca.deps);
    expect(await serials()).toEqual(before);
    pca.kms.advance(DAY_MS + 1000);
    await rotateResponders.run(pca.deps);
    expect(await serials()).toHaveLength(before.length + 1);
    pca.kms.advance(25 * DAY_MS);
    await rotateResponders.run(pca.deps);
    expect((await serials()).some((serial) => before.includes(serial))).toBe(false);
    expect(await status((await leaf()).serial)).toBe('good');
    const names = (await pca.records()).map(({ eventName }) => eventName);
    expect(names).toContain('IssueResponderCertificate');
  });

  it('points to no list and no responder of its own', async () => {
    await makeDueLists(pca);
    const { certificate } = await pca.store.read.selectFrom('ocsp_responder').selectAll().executeTakeFirstOrThrow();
    const printed = openssl.openssl('x509', '-inform', 'DER', '-in', openssl.file(certificate), '-noout', '-text');
    expect(printed).not.toContain('URI:');
  });
});

describe('mutated requests', () => {
  it('are answered, every one, and never with good', { timeout: 3_600_000 }, async () => {
    const { serial } = await leaf();
    const seeds = [
      request('02', '-no_nonce'),
      request('02'),
      request('02', '-sha256'),
      request(serial).subarray(0, 40),
    ];
    const mutation = fc.record({
      at: fc.nat(400),
      kind: fc.constantFrom('set', 'cut', 'insert', 'double'),
      value: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(seeds.length - 1),
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        async (seed, steps) => {
          const { Response } = await answer(steps.reduce(mutated, seeds[seed]!).subarray(0, 10_240));
          expect(Response[0]).toBe(0x30);
          expect(Response.includes(GOOD)).toBe(false);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

it('says nothing while a restore is not declared: what was revoked after the backup would be good again', async () => {
  const { serial } = await leaf();
  const before = request(serial, '-no_nonce');
  await answer(before);
  pca.hold.reason = 'nobody has declared the restore';
  try {
    // Nor what it has kept. The listener makes a `tryLater` of it.
    for (const asks of [before, request(serial)])
      await expect(answer(asks)).rejects.toMatchObject({ code: 'Unavailable' });
  } finally {
    pca.hold.reason = undefined;
  }
  expect(await status(serial)).toBe('good');
});

/** `good`, and the date behind it. */
const GOOD = Buffer.from('8000180f', 'hex');

function mutated(bytes: Buffer, { at, kind, value }: { at: number; kind: string; value: number }): Buffer {
  const where = bytes.length === 0 ? 0 : at % bytes.length;
  const [head, tail] = [bytes.subarray(0, where), bytes.subarray(where)];
  if (kind === 'cut') return Buffer.concat([head, tail.subarray(1)]);
  if (kind === 'insert') return Buffer.concat([head, Buffer.of(value), tail]);
  if (kind === 'double') return Buffer.concat([bytes, tail]);
  return Buffer.concat([head, Buffer.of(value), tail.subarray(1)]);
}

/** Of a request without extensions. */
function withNonce(bytes: Buffer, nonce: Buffer): Buffer {
  const list = bytes.subarray(4);
  const extension = der.sequence(der.oid('1.3.6.1.5.5.7.48.1.2'), der.octetString(der.octetString(nonce)));
  return der.sequence(der.sequence(list, der.contextConstructed(2, der.sequence(extension))));
}
