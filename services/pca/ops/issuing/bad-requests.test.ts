/**
 * Requests with bytes changed, cut, doubled and put elsewhere: what comes of it is a certificate whose key signed the
 * request, or a refusal with a reason; never a crash, a hang, or an error of ours. Runs: PARAPET_MUTATIONS.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPem } from '../../../../platform/contract/der.ts';
import { readRequest } from '../../domain/csr.ts';
import { document, OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { issue, makeRoot, makeSubordinate, refused, template, Workplace } from '../../testing/hierarchy.ts';

const RUNS = Number(process.env.PARAPET_MUTATIONS ?? 3_000);
/** Through the whole service one is as dear as many that are only read. */
const WHOLE_RUNS = Math.ceil(RUNS / 20);
const SLOWEST_MS = 2_000;
/** Of a hundred thousand, on a busy machine. */
const LONGEST_MS = 3_600_000;

const openssl = new Workplace();
let pca: PcaHarness;
let admin: PcaClient;
let issuing: string;
let seeds: Buffer[];

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  issuing = await makeSubordinate(admin, await makeRoot(admin));
  const rsa = openssl.key(['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']);
  seeds = [
    openssl.csr('/CN=www.example.com', 'DNS:www.example.com,DNS:*.example.org,IP:192.0.2.1'),
    openssl.csr('/C=DE/O=Example/CN=a.example.com', 'DNS:a.example.com', { key: rsa }),
    openssl.csr('/CN=b.example.com', undefined, {
      args: ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'],
    }),
  ];
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

type Mutation = (bytes: Buffer) => Buffer;
const at = (bytes: Buffer, place: number) => Math.floor(place * bytes.length);

const place = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map(
    ([where, byte]): Mutation =>
      (bytes) => {
        const copy = Buffer.from(bytes);
        copy[at(copy, where)] = byte;
        return copy;
      },
  ),
  place.map(
    (where): Mutation =>
      (bytes) =>
        bytes.subarray(0, at(bytes, where)),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 40 })).map(
    ([where, added]): Mutation =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes, where)), added, bytes.subarray(at(bytes, where))]),
  ),
  fc.tuple(place, place).map(
    ([from, to]): Mutation =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes, from)), bytes.subarray(at(bytes, to))]),
  ),
  // Lengths of DER: long, indefinite, larger than what follows.
  fc.tuple(place, fc.constantFrom(0x80, 0x81, 0x84, 0x88, 0xff)).map(
    ([where, length]): Mutation =>
      (bytes) => {
        const copy = Buffer.from(bytes);
        const tag = copy.indexOf(0x30, at(copy, where));
        if (tag >= 0 && tag + 1 < copy.length) copy[tag + 1] = length;
        return copy;
      },
  ),
);
const request = fc
  .tuple(fc.nat(2), fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([seed, mutations, asPem]) => {
    const bytes = mutations.reduce((changed, mutate) => mutate(changed), seeds[seed]!);
    return asPem ? Buffer.from(toPem('CERTIFICATE REQUEST', bytes)) : bytes;
  });

describe('a request that was tampered with', () => {
  it('is read as what its key signed, or refused with a reason, at once', { timeout: LONGEST_MS }, () => {
    fc.assert(
      fc.property(request, (bytes) => {
        const start = performance.now();
        const read = readRequest(bytes);
        expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
        if (!read.ok) expect(read.problem).toMatch(/^[^\n]{5,500}$/);
        // What can still be read is one of those it was made from, byte for byte of its key.
        else expect(seeds.some((seed) => seed.includes(read.csr.publicKey))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('is answered by the service with an error of the request', { timeout: LONGEST_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(request, async (Csr) => {
        const asked = admin.IssueCertificate({
          CertificateAuthorityArn: issuing,
          Csr,
          SigningAlgorithm: 'SHA256WITHECDSA',
          Validity: { Type: 'DAYS', Value: 5 },
        });
        const code = await asked.then(
          () => 'issued',
          (error: { code: string }) => error.code,
        );
        expect(['issued', 'MalformedCsr', 'InvalidArgs', 'Validation']).toContain(code);
      }),
      { numRuns: WHOLE_RUNS },
    );
  });
});

describe('an order that cannot be carried out', () => {
  const order = (CertificateAuthorityArn: string, Csr = seeds[0]!) => ({
    CertificateAuthorityArn,
    Csr,
    SigningAlgorithm: 'SHA256WITHECDSA' as const,
    Validity: { Type: 'DAYS' as const, Value: 5 },
  });

  it('because the issuer is disabled, or has expired, says so', async () => {
    const short = { Validity: { Type: 'DAYS' as const, Value: 30 } };
    const root = await makeRoot(admin, 'short', {}, short);
    await admin.UpdateCertificateAuthority({ CertificateAuthorityArn: root, Status: 'DISABLED' });
    await expect(admin.IssueCertificate(order(root))).rejects.toMatchObject(refused('InvalidState', 'DISABLED'));
    await admin.UpdateCertificateAuthority({ CertificateAuthorityArn: root, Status: 'ACTIVE' });
    pca.kms.advance(31 * 86_400_000);
    await expect(admin.IssueCertificate(order(root))).rejects.toMatchObject(refused('InvalidState', 'EXPIRED'));
  });

  it('because the authority is of another account, says no more than that it may not', async () => {
    const stranger = pca.user(
      'stranger',
      JSON.parse(document({ Effect: 'Allow', Action: '*', Resource: '*' })),
      OTHER_ACCOUNT,
    );
    const there = await stranger.IssueCertificate(order(issuing)).catch((error: Error) => error.message);
    const nowhere = `${issuing.slice(0, -12)}000000000000`;
    const missing = await stranger.IssueCertificate(order(nowhere)).catch((error: Error) => error.message);
    expect(String(there).replaceAll(issuing, '')).toBe(String(missing).replaceAll(nowhere, ''));
  });

  it('because the names are outside of what an authority above permits, names the rule', async () => {
    // permitted: DNS example.org
    const constraints = Buffer.concat([Buffer.from('3011a00f300d820b', 'hex'), Buffer.from('example.org')]);
    const root = await makeRoot(admin, 'constraining');
    const below = await makeSubordinate(admin, root, 'constrained', {
      TemplateArn: template('SubordinateCACertificate_PathLen0_APIPassthrough'),
      ApiPassthrough: {
        Extensions: {
          CustomExtensions: [{ ObjectIdentifier: '2.5.29.30', Value: constraints.toString('base64'), Critical: true }],
        },
      },
    });
    await expect(admin.IssueCertificate(order(below))).rejects.toMatchObject(refused('InvalidArgs', 'lint 30'));
    const fine = openssl.csr('/CN=x.example.org', 'DNS:x.example.org');
    expect((await issue(admin, below, { Csr: fine, Validity: { Type: 'DAYS', Value: 5 } })).Certificate).toContain(
      'BEGIN',
    );
  });
});
