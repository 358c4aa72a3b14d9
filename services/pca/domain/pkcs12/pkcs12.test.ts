/** Files as we write them, as OpenSSL writes them, and as nobody should. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import * as der from '../../../../platform/contract/der.ts';
import { Workplace } from '../../testing/hierarchy.ts';
import { children, readOne, TAG } from '../der/reader.ts';
import { writeMac } from './mac.ts';
import { bmpPassphrase, newPassphraseProblem } from './passphrase.ts';
import { Budget, decryptPrivateKey, encryptPrivateKey } from './pbes2.ts';
import { Pkcs12Problem } from './problem.ts';
import { MOST_BYTES, readPkcs12 } from './read.ts';
import { writePkcs12 } from './write.ts';

const openssl = new Workplace();
afterAll(() => openssl.close());

const certtoolMissing = spawnSync('certtool', ['--version']).error !== undefined;
const PASSPHRASE = Buffer.from('correct horse, Bätterie 🐎');
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'RSA 2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'P-256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'P-521': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  Ed25519: ['-algorithm', 'ED25519'],
};

/** A key with a certificate that it signed for itself, and somebody else's certificate in the place of a chain. */
function subject(kind: string) {
  const key = openssl.key(KINDS[kind]);
  const self = (keyPem: string, name: string) =>
    openssl.openssl('req', '-x509', '-new', '-key', openssl.file(keyPem), '-subj', `/CN=${name}`, '-days', '9');
  const certificate = self(key, 'leaf.example');
  const above = self(openssl.key(), 'above');
  return {
    pem: { key, certificate, above },
    key: createPrivateKey(key).export({ type: 'pkcs8', format: 'der' }),
    certificates: [new X509Certificate(certificate).raw, new X509Certificate(above).raw] as [Buffer, Buffer],
  };
}

const password = () => `file:${openssl.file(PASSPHRASE)}`;

/** As OpenSSL writes it, the file and its password. */
function exported(one: ReturnType<typeof subject>, ...args: string[]): Buffer {
  const out = join(openssl.folder, 'exported.p12');
  const from = ['-inkey', openssl.file(one.pem.key), '-in', openssl.file(one.pem.certificate)];
  const above = ['-certfile', openssl.file(one.pem.above)];
  openssl.openssl(
    'pkcs12',
    '-export',
    ...from,
    ...above,
    '-name',
    'a näme',
    '-passout',
    password(),
    '-out',
    out,
    ...args,
  );
  return readFileSync(out);
}

const problemOf = (file: Buffer, passphrase = PASSPHRASE): Promise<unknown> =>
  readPkcs12(file, passphrase).then(
    () => 'read',
    (error: unknown) => error,
  );

describe.each(Object.keys(KINDS))('a file with a key of kind %s', (kind) => {
  const one = subject(kind);
  const written = writePkcs12({ ...one, friendlyName: 'leaf.example 🐎' }, PASSPHRASE);

  it('comes back from our own reader', async () => {
    const read = await readPkcs12(await written, PASSPHRASE);
    expect(read).toEqual({ key: one.key, certificates: one.certificates, friendlyName: 'leaf.example 🐎' });
  });

  it('is read by openssl, key and both certificates', async () => {
    const file = openssl.file(await written);
    const all = openssl.openssl('pkcs12', '-in', file, '-passin', password(), '-nodes');
    const found = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/.exec(all)?.[0] ?? '';
    expect(createPrivateKey(found).export({ type: 'pkcs8', format: 'der' })).toEqual(one.key);
    const certificates = all.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    expect(certificates.map((pem) => new X509Certificate(pem).raw)).toEqual(one.certificates);
    const ours = openssl.openssl('pkcs12', '-in', file, '-passin', password(), '-clcerts', '-nokeys');
    expect(ours).toContain('CN = leaf.example');
    expect(ours).not.toContain('CN = above');
    const wrong = () => openssl.openssl('pkcs12', '-in', file, '-passin', 'pass:something else', '-nodes');
    expect(wrong).toThrow('invalid password');
  });

  it.skipIf(certtoolMissing)('is read by certtool', async () => {
    const file = openssl.file(await written);
    const args = ['--inder', '--p12-info', '--infile', file, '--password', PASSPHRASE.toString()];
    const said = execFileSync('certtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(said.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(said).toMatch(/BEGIN (ENCRYPTED )?PRIVATE KEY/);
    expect(said).toContain('leaf.example');
  });

  it('is read as openssl writes it', async () => {
    const read = await readPkcs12(exported(one), PASSPHRASE);
    expect(
      read.key &&
        createPrivateKey({ key: read.key, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'der' }),
    ).toEqual(one.key);
    expect(read.certificates).toEqual(one.certificates);
    expect(read.friendlyName).toBe('a näme');
  });

  it('gives an encrypted PKCS #8 that openssl and we open', async () => {
    const info = await encryptPrivateKey(one.key, PASSPHRASE);
    const pem = openssl.file(der.toPem('ENCRYPTED PRIVATE KEY', info));
    const opened = openssl.openssl('pkey', '-in', pem, '-passin', password());
    expect(createPrivateKey(opened).export({ type: 'pkcs8', format: 'der' })).toEqual(one.key);
    expect(await decryptPrivateKey(readOne(info), PASSPHRASE, new Budget())).toEqual(one.key);
  });
});

describe('the reader', () => {
  const one = subject('P-256');

  it.each<[string, readonly string[]]>([
    ['AES-128', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC']],
    ['AES-192', ['-keypbe', 'AES-192-CBC', '-certpbe', 'AES-192-CBC']],
    ['certificates in the clear', ['-certpbe', 'NONE']],
    ['a MAC with SHA-1', ['-macalg', 'sha1']],
    ['a MAC with SHA-384', ['-macalg', 'sha384']],
    ['a MAC with SHA-512', ['-macalg', 'sha512']],
    ['one iteration', ['-noiter', '-nomaciter']],
    ['as many iterations as allowed', ['-iter', '600000']],
  ])('takes %s', async (_what, args) => {
    expect((await readPkcs12(exported(one, ...args), PASSPHRASE)).key).toEqual(one.key);
  });

  it.each<[string, readonly string[], string, string]>([
    ['RC2 and Triple-DES', ['-legacy'], 'unsupported', 'without -legacy'],
    ['Triple-DES', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'], 'unsupported', 'without -legacy'],
    ['Triple-DES by PBES2', ['-keypbe', 'DES-EDE3-CBC'], 'unsupported', 'AES-CBC is'],
    ['no MAC', ['-nomac'], 'unsupported', 'no MAC'],
    ['a key in the clear', ['-keypbe', 'NONE'], 'unsupported', 'not encrypted'],
    ['a MAC that would take long', ['-iter', '600001'], 'unsupported', '600000 iterations'],
  ])('refuses %s and says why', async (_what, args, reason, message) => {
    expect(await problemOf(exported(one, ...args))).toMatchObject({
      reason,
      message: expect.stringContaining(message),
    });
  });

  it('takes a file without a key: its certificates', async () => {
    const read = await readPkcs12(exported(one, '-nokeys'), PASSPHRASE);
    expect(read.key).toBeUndefined();
    expect(read.certificates).toHaveLength(2);
  });

  it('says that the password is wrong, whatever it is', async () => {
    const file = exported(one);
    for (const wrong of ['', 'correct horse', 'x'.repeat(1000)])
      expect(await problemOf(file, Buffer.from(wrong))).toMatchObject({ reason: 'password' });
    expect(await problemOf(file, Buffer.from([0xff, 0xfe]))).toMatchObject({ reason: 'password' });
    expect(await problemOf(file, Buffer.from('a\0b'))).toMatchObject({ reason: 'password' });
  });

  it('sees every byte that was changed below the MAC', async () => {
    const file = exported(one);
    const content = file.indexOf(Buffer.from('06092a864886f70d010706', 'hex'));
    for (let at = content; at < content + 600; at += 37) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] as number) ^ 1;
      expect(await problemOf(changed)).toMatchObject({ reason: 'password' });
    }
  });

  it('refuses what is too long before it looks at it', async () => {
    expect(await problemOf(Buffer.alloc(MOST_BYTES + 1, 0x30))).toMatchObject({ reason: 'malformed' });
  });

  it('does not derive more keys than a file may ask for', async () => {
    // Four parts of 600,000 iterations each.
    const [, authSafe] = children(readOne(exported(one, '-iter', '600000', '-nomaciter')), TAG.sequence);
    const safe = children(authSafe, TAG.sequence)[1]!;
    const parts = children(readOne(readOne(safe.content).content), TAG.sequence);
    const many = der.sequence(...[0, 0, 0, 0].map(() => parts[0]!.bytes));
    expect(await problemOf(await withMac(many))).toMatchObject({
      reason: 'unsupported',
      message: expect.stringContaining('2,000,000 iterations'),
    });
  });

  it('refuses a file with two keys', async () => {
    const [, authSafe] = children(readOne(exported(one)), TAG.sequence);
    const parts = children(readOne(readOne(children(authSafe, TAG.sequence)[1]!.content).content), TAG.sequence);
    const twice = der.sequence(...[...parts, parts[1]!].map(({ bytes }) => bytes));
    expect(await problemOf(await withMac(twice))).toMatchObject({ message: expect.stringContaining('more than one') });
  });
});

/** Contents under a MAC that is right: what stands behind it is reached. */
async function withMac(safe: Buffer): Promise<Buffer> {
  const data = der.sequence(der.oid('1.2.840.113549.1.7.1'), der.contextConstructed(0, der.octetString(safe)));
  return der.sequence(der.integer(3), data, await writeMac(safe, PASSPHRASE, 1));
}

describe('whatever somebody sends', () => {
  const one = subject('P-256');
  const file = exported(one, '-noiter', '-nomaciter');
  const [, authSafe] = children(readOne(file), TAG.sequence);
  const safe = readOne(children(authSafe, TAG.sequence)[1]!.content).content;

  const mutations = fc.array(
    fc.record({ at: fc.nat(), value: fc.nat(255), kind: fc.constantFrom('set', 'cut', 'insert', 'repeat') }),
    { minLength: 1, maxLength: 6 },
  );

  function mutated(bytes: Buffer, changes: readonly { at: number; value: number; kind: string }[]): Buffer {
    let out = Buffer.from(bytes);
    for (const { at, value, kind } of changes) {
      const place = at % (out.length + 1);
      if (kind === 'set' && place < out.length) out[place] = value;
      else if (kind === 'cut') out = Buffer.concat([out.subarray(0, place), out.subarray(place + (value % 9))]);
      else if (kind === 'insert') out = Buffer.concat([out.subarray(0, place), Buffer.of(value), out.subarray(place)]);
      else out = Buffer.concat([out.subarray(0, place), out.subarray(place, place + value), out.subarray(place)]);
    }
    return out;
  }

  async function expectProblemOrFile(bytes: Buffer): Promise<void> {
    const problem = await problemOf(bytes);
    if (problem !== 'read') expect(problem).toBeInstanceOf(Pkcs12Problem);
  }

  it('is read or refused, when the file is changed', async () => {
    await fc.assert(
      fc.asyncProperty(mutations, (changes) => expectProblemOrFile(mutated(file, changes))),
      { numRuns: 1_500 },
    );
  });

  it('is read or refused, when it is changed below a MAC that is right', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => expectProblemOrFile(await withMac(mutated(safe, changes)))),
      { numRuns: 1_500 },
    );
  });

  it('is read or refused, when it is anything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => expectProblemOrFile(Buffer.from(bytes))),
      { numRuns: 500 },
    );
    let nested: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 20_000; depth++) nested = der.sequence(nested);
    await expectProblemOrFile(nested);
    await expectProblemOrFile(await withMac(nested.subarray(0)));
  });
});

describe('a password', () => {
  it('is written as PKCS #12 wants it, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const expected = Buffer.concat([Buffer.from(text, 'utf16le'), Buffer.alloc(2)]).swap16();
        expect(bmpPassphrase(Buffer.from(text))).toEqual(expected);
      }),
    );
  });

  it.each([
    ['elevenchars', 'shorter than 12'],
    ['abcabcabcabcabc', 'five different'],
    ['twelve\nchars', 'control characters'],
    ['twelve chars', undefined],
  ])('%j for a new file', (text, problem) => {
    const found = newPassphraseProblem(Buffer.from(text));
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(problem);
  });
});
