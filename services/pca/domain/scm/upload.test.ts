import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Workplace } from '../../testing/hierarchy.ts';
import { makeOutside } from '../../testing/outside.ts';
import { DAY_MS } from '../validity.ts';
import { readCertificate } from '../x509/certificate.ts';
import { isTold, THRESHOLDS } from './expiry.ts';
import { keyMismatch, openPrivateKey } from './private-key-file.ts';
import { checkUpload, type Rules } from './upload.ts';

const place = new Workplace();
afterAll(() => place.close());
const { root, issuing, leaf, key } = makeOutside(place);
const now = Date.now() + 60_000;
const rules: Rules = { now, allowExpired: false, dropRoot: false, isKeyOf: () => undefined };
const der = (pem: string) => new X509Certificate(pem).raw;

const check = (certificate: string | Buffer, chain?: string | Buffer, more: Partial<Rules> = {}) =>
  checkUpload(
    { certificate: Buffer.from(certificate), chain: chain === undefined ? undefined : Buffer.from(chain) },
    { ...rules, ...more },
  );
const subjects = (checked: ReturnType<typeof checkUpload>) =>
  checked.ok
    ? [checked.upload.certificate, ...checked.upload.chain].map(({ subject }) => subject.attributes[0]?.value)
    : checked.problem;
const warnings = (checked: ReturnType<typeof checkUpload>) =>
  checked.ok ? checked.upload.warnings.map(({ Code }) => Code) : checked.problem;

const WHOLE = ['www.example.net', 'Outside issuing', 'Outside root'];

describe('what is uploaded', () => {
  it.each<[string, () => ReturnType<typeof checkUpload>]>([
    ['a chain in order', () => check(leaf, issuing + root)],
    ['a chain out of order', () => check(leaf, root + issuing)],
    ['a chain that repeats itself', () => check(leaf, root + issuing + leaf + root)],
    ['one file in any order', () => check(root + leaf + issuing)],
    ['DER', () => check(der(leaf), Buffer.concat([der(root), der(issuing)]))],
    ['text between the blocks', () => check(`subject=x\n${leaf}`, `issuer=y\n${issuing}\n\n${root}`)],
  ])('is put in order: %s', (_what, checked) => {
    expect(subjects(checked())).toEqual(WHOLE);
    expect(warnings(checked())).toEqual([]);
  });

  it('leaves the root out when that is asked for', () => {
    const checked = check(leaf, issuing + root, { dropRoot: true });
    expect(subjects(checked)).toEqual(WHOLE.slice(0, 2));
    expect(warnings(checked)).toEqual([]);
  });

  it('is warned about when the chain is not whole', () => {
    expect(warnings(check(leaf))).toEqual(['INCOMPLETE_CHAIN']);
    expect(warnings(check(leaf, issuing))).toEqual(['INCOMPLETE_CHAIN']);
  });

  it('is refused when the chain is of others, or forged', () => {
    const other = makeOutside(place, { name: 'other.example.net' });
    expect(check(leaf, issuing + other.root)).toMatchObject({ ok: false });
    // The same names, other keys.
    expect(check(leaf, other.issuing + other.root)).toMatchObject({ ok: false });
  });

  it.each([0, 1, 2, 3])('is refused when a bit of it was changed, %i', (at) => {
    const bytes = Buffer.from(der(leaf));
    bytes[bytes.length - 8 - at] = bytes[bytes.length - 8 - at]! ^ 1;
    expect(check(bytes, issuing + root)).toMatchObject({ ok: false, problem: expect.stringContaining('signature') });
  });

  it('is refused after its end, unless that is asked for', () => {
    const later = now + 91 * DAY_MS;
    expect(check(leaf, issuing + root, { now: later })).toMatchObject({
      ok: false,
      problem: expect.stringContaining('has expired'),
    });
    expect(warnings(check(leaf, issuing + root, { now: later, allowExpired: true }))).toEqual(['EXPIRED']);
    expect(warnings(check(leaf, issuing + root, { now: now + 80 * DAY_MS }))).toEqual(['EXPIRES_SOON']);
    expect(warnings(check(leaf, issuing + root, { now: now - DAY_MS }))).toEqual(['NOT_YET_VALID']);
  });

  it('is warned about when it is weak', () => {
    const weak = makeOutside(place, { key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'] });
    expect(warnings(check(weak.leaf, weak.issuing + weak.root))).toEqual(['WEAK_KEY']);
    const out = place.file('');
    const args = ['-sha1', '-subj', '/CN=old', '-days', '90', '-out', out];
    place.openssl('req', '-x509', '-new', '-key', place.file(key), ...args);
    expect(warnings(check(readFileSync(out)))).toEqual(['WEAK_SIGNATURE']);
  });

  it('is anything: it is refused with a reason, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isDer) => {
        const file = isDer ? Buffer.concat([Buffer.of(0x30), bytes]) : Buffer.from(bytes);
        expect(checkUpload({ certificate: file, chain: file }, rules).ok).toBe(false);
      }),
    );
  });

  it('in any order and any number of times has one chain', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([issuing, root, leaf, issuing, root], { minLength: 5 }), (files) => {
        expect(subjects(check(leaf, files.join('')))).toEqual(WHOLE);
      }),
      { numRuns: 20 },
    );
  });
});

describe('private keys', () => {
  const spki = readCertificate(der(leaf)).publicKey;
  const pass = Buffer.from('correct horse');
  const written = (...args: string[]) => {
    const out = place.file('');
    place.openssl(...args, '-in', place.file(key), '-out', out);
    return readFileSync(out);
  };
  it.each<[string, () => Buffer, Buffer | undefined]>([
    ['PKCS #8', () => Buffer.from(key), undefined],
    ['PKCS #8, DER', () => written('pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'), undefined],
    ['SEC 1', () => written('ec'), undefined],
    ['SEC 1, DER', () => written('ec', '-outform', 'DER'), undefined],
    ['SEC 1 behind its parameters', () => Buffer.concat([place.ecParameters(), written('ec')]), undefined],
    ['SEC 1, encrypted', () => written('ec', '-aes128', '-passout', `pass:${pass}`), pass],
    ['PKCS #8, encrypted', () => written('pkcs8', '-topk8', '-passout', `pass:${pass}`), pass],
    ['PKCS #8, encrypted, DER', () => written('pkcs8', '-topk8', '-outform', 'DER', '-passout', `pass:${pass}`), pass],
  ])('are opened: %s', async (_form, file, passphrase) => {
    const opened = await openPrivateKey(file(), passphrase);
    expect(opened).toMatchObject({ ok: true });
    expect(opened.ok && keyMismatch(opened.pkcs8, spki)).toBeUndefined();
    if (!passphrase) return;
    const without = await openPrivateKey(file(), undefined);
    expect(without).toMatchObject({ ok: false, problem: expect.stringContaining('give its Passphrase') });
    const wrong = await openPrivateKey(file(), Buffer.from('wrong horse'));
    expect(wrong).toMatchObject({ ok: false, problem: expect.stringContaining('not the one of') });
  });

  it('that ask for endless work are refused', async () => {
    const file = written('pkcs8', '-topk8', '-iter', '3000000', '-passout', `pass:${pass}`);
    const opened = await openPrivateKey(file, pass);
    expect(opened).toMatchObject({ ok: false, problem: expect.stringContaining('iterations') });
  });

  it('of others are told apart', () => {
    for (const type of ['ed25519', 'ec', 'rsa'] as const) {
      const made =
        type === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : type === 'ec'
            ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
            : generateKeyPairSync('ed25519');
      const pkcs8 = made.privateKey.export({ type: 'pkcs8', format: 'der' });
      expect(keyMismatch(pkcs8, spki)).toBe('the private key is not the one of the certificate');
      expect(keyMismatch(pkcs8, made.publicKey.export({ type: 'spki', format: 'der' }))).toBeUndefined();
    }
  });
});

describe('reminders', () => {
  it('tell of a certificate by one threshold: the nearest that has passed while it was there', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 70 }), fc.integer({ min: -5, max: 100 }), (left, age) => {
        const expiring = { notAfter: now + left * DAY_MS, since: now - age * DAY_MS };
        const told = THRESHOLDS.filter((days) => isTold(days, expiring, now));
        const passed = THRESHOLDS.filter((days) => left <= days);
        const nearest = passed.at(-1);
        const wasThere = nearest !== undefined && age + left >= nearest;
        expect(told).toEqual(wasThere ? [nearest] : []);
      }),
    );
  });
});
