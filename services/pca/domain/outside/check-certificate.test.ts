import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificate } from '../x509/certificate.ts';
import { readPem } from '../x509/pem.ts';
import { anchoredBy, checkIssued, type Expected } from './check-certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'outside-chain-'));
const at = (name: string) => join(folder, name);
const pem = (name: string) => readFileSync(at(`${name}.pem`), 'utf8');
const read = (name: string) => readCertificate(readPem(pem(name), ['CERTIFICATE'])![0]!);
const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const AUTHORITY = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n';
const names = (...of: string[]) => `subjectAltName=${of.map((name) => `DNS:${name}`).join(',')}\n`;

function make(name: string, by: string | undefined, extensions: string): void {
  writeFileSync(at('ext'), `${extensions}authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n`);
  openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', at('csr'));
  const signer = by
    ? ['-CA', at(`${by}.pem`), '-CAkey', at(`${by}.key`), '-CAcreateserial']
    : ['-key', at(`${name}.key`)];
  const days = ['-days', '10', '-extfile', at('ext')];
  openssl('x509', '-req', '-in', at('csr'), ...signer, ...days, '-out', at(`${name}.pem`));
}

beforeAll(() => {
  make('root', undefined, AUTHORITY);
  make('other-root', undefined, AUTHORITY);
  make('middle', 'root', AUTHORITY);
  make('no-authority', 'root', 'basicConstraints=critical,CA:FALSE\n');
  make('leaf', 'middle', names('a.example', 'b.example'));
  make('below-leaf', 'no-authority', names('a.example', 'b.example'));
  make('authority', 'middle', AUTHORITY + names('a.example', 'b.example'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const expected = (leaf: string, more: Partial<Expected> = {}): Expected => ({
  names: ['b.example', 'a.example'],
  publicKey: read(leaf).publicKey,
  now: Date.now(),
  isAnchored: anchoredBy([read('root')]),
  ...more,
});

describe('what an outside CA issued', () => {
  it('is taken with the chain it came with, whether the root is in it or not', () => {
    const checked = checkIssued(pem('leaf') + pem('middle'), expected('leaf'));
    expect(checked).toMatchObject({ ok: true, chain: { above: [read('middle').bytes] } });
    if (checked.ok) expect(checked.chain.facts.renewalId).toMatch(/^[\w-]+\.[\w-]+$/);
    expect(checkIssued(pem('leaf') + pem('middle') + pem('root'), expected('leaf')).ok).toBe(true);
  });

  it.each([
    ['for another key', 'leaf middle', () => expected('middle'), 'another key'],
    ['for fewer names', 'leaf middle', () => expected('leaf', { names: ['a.example'] }), 'other names'],
    [
      'for more names',
      'leaf middle',
      () => expected('leaf', { names: ['a.example', 'b.example', 'c.example'] }),
      'other names',
    ],
    ['that is an authority', 'authority middle', () => expected('authority'), 'one of an authority'],
    ['that is over', 'leaf middle', () => expected('leaf', { now: Date.now() + 11 * 86_400_000 }), 'not valid now'],
    [
      'from far in the future',
      'leaf middle',
      () => expected('leaf', { now: Date.now() - 86_400_000 }),
      'not valid now',
    ],
    ['without its chain', 'leaf', () => expected('leaf'), 'does not lead'],
    ['with a chain of another', 'leaf other-root', () => expected('leaf'), 'not in order'],
    ['below what is no authority', 'below-leaf no-authority', () => expected('below-leaf'), 'not in order'],
    [
      'from a root that nobody trusts',
      'leaf middle root',
      () => expected('leaf', { isAnchored: anchoredBy([read('other-root')]) }),
      'does not lead',
    ],
  ])('is refused: %s', (_name, chain, wanted, problem) => {
    const checked = checkIssued(chain.split(' ').map(pem).join(''), wanted());
    expect(checked).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });

  it.each(['', 'no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'is refused when it is %j',
    (text) => {
      expect(checkIssued(text, expected('leaf')).ok).toBe(false);
    },
  );

  it('is refused when a bit of its signature is another one', () => {
    const { bytes } = read('leaf');
    const changed = Buffer.from(bytes);
    changed[changed.length - 3]! ^= 1;
    const text = `-----BEGIN CERTIFICATE-----\n${changed.toString('base64')}\n-----END CERTIFICATE-----\n`;
    expect(checkIssued(text + pem('middle'), expected('leaf'))).toMatchObject({ ok: false });
  });
});
