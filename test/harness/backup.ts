/** `parapet backup` as an operator runs it, and what is there to be found again after a restore. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Credentials, eventually, type Ran, run } from './clients.ts';
import { createUser, type Person } from './people.ts';
import { type Running, root } from './server.ts';
import { native } from './signed.ts';

export const PASSPHRASE = 'canary passphrase of the backup 7f3a';
const MINUTES = 240_000;

export interface Operator {
  folder: string;
  passphraseFile: string;
}

export function operator(): Operator {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-backup-'));
  const passphraseFile = join(folder, 'passphrase');
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  return { folder, passphraseFile };
}

export function settings(server: Pick<Running, 'dataFolder' | 'databaseUrl'>): Record<string, string> {
  return {
    PARAPET_DATA: server.dataFolder,
    ...(server.databaseUrl !== undefined && { PARAPET_DATABASE: server.databaseUrl }),
  };
}

const PROGRAM = join(root, 'dist/bin/parapet.js');

export function backup(who: Operator, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const all = { PARAPET_BACKUP_PASSPHRASE_FILE: who.passphraseFile, ...env };
  return run(process.execPath, [PROGRAM, 'backup', ...args], all, MINUTES);
}

/** Kills it with -9 after a time; answers whether it was ended by that. */
export function backupKilled(who: Operator, args: string[], env: Record<string, string>, ms: number): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, 'backup', ...args], {
    env: { PATH: process.env.PATH ?? '', PARAPET_BACKUP_PASSPHRASE_FILE: who.passphraseFile, ...env },
    stdio: 'ignore',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  return new Promise((done) =>
    child.once('exit', (_code, signal) => {
      clearTimeout(timer);
      done(signal === 'SIGKILL');
    }),
  );
}

export async function ask<T>(server: Running, path: string, input: object, credentials?: Credentials): Promise<T> {
  const answer = await native(server, `/v1/${path}`, input, credentials ? { credentials } : {});
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status} ${answer.text}`);
  return (answer.text === '' ? {} : answer.json()) as T;
}

export interface Kept {
  keyId: string;
  ciphertext: string;
  secret: string;
  person: Person;
  session: Credentials;
  authority: string;
  certificateArn: string;
  certificate: string;
}

export const SECRET_TEXT = 'canary secret value 51c0ffee';

/** A key, a secret, a user with a session, an authority with lists, and a certificate of it that is revoked. */
export async function keep(server: Running): Promise<Kept> {
  const { KeyMetadata } = await ask<{ KeyMetadata: { KeyId: string } }>(server, 'kms/create-key', {});
  const keyId = KeyMetadata.KeyId;
  const sealed = await ask<{ CiphertextBlob: string }>(server, 'kms/encrypt', { KeyId: keyId, Plaintext: 'eA==' });
  const secret = `kept-${keyId}`;
  await ask(server, 'ccms/create-secret', { Name: secret, SecretString: SECRET_TEXT });
  const person = await createUser(server);
  const { Credentials: of } = await ask<{ Credentials: Record<string, string> }>(
    server,
    'sts/get-session-token',
    {},
    person.credentials,
  );
  const session = {
    accessKeyId: of.AccessKeyId!,
    secretAccessKey: of.SecretAccessKey!,
    sessionToken: of.SessionToken!,
  };
  const authority = await makeAuthority(server);
  const { certificateArn, certificate } = await issue(server, authority);
  await revoke(server, authority, certificate);
  return { keyId, ciphertext: sealed.CiphertextBlob, secret, person, session, authority, certificateArn, certificate };
}

async function makeAuthority(server: Running): Promise<string> {
  const { CertificateAuthorityArn } = await ask<{ CertificateAuthorityArn: string }>(
    server,
    'pca/create-certificate-authority',
    {
      CertificateAuthorityType: 'ROOT',
      CertificateAuthorityConfiguration: {
        KeyAlgorithm: 'EC_prime256v1',
        SigningAlgorithm: 'SHA256WITHECDSA',
        Subject: { CommonName: 'Kept Root' },
      },
      RevocationConfiguration: {
        CrlConfiguration: { Enabled: true, ExpirationInDays: 7 },
        OcspConfiguration: { Enabled: true },
      },
    },
  );
  const about = { CertificateAuthorityArn };
  const { Csr } = await ask<{ Csr: string }>(server, 'pca/get-certificate-authority-csr', about);
  const { CertificateArn } = await ask<{ CertificateArn: string }>(server, 'pca/issue-certificate', {
    ...about,
    Csr: base64(Csr),
    SigningAlgorithm: 'SHA256WITHECDSA',
    TemplateArn: 'arn:aws:acm-pca:::template/RootCACertificate/V1',
    Validity: { Type: 'YEARS', Value: 5 },
  });
  const { Certificate } = await ask<{ Certificate: string }>(server, 'pca/get-certificate', {
    ...about,
    CertificateArn,
  });
  await ask(server, 'pca/import-certificate-authority-certificate', { ...about, Certificate: base64(Certificate) });
  return CertificateAuthorityArn;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

export async function issue(
  server: Running,
  authority: string,
): Promise<{ certificateArn: string; certificate: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-leaf-'));
  const key = join(folder, 'key');
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
  const csr = openssl('req', '-new', '-key', key, '-subj', '/CN=leaf', '-addext', 'subjectAltName=DNS:localhost');
  const about = { CertificateAuthorityArn: authority };
  const { CertificateArn } = await ask<{ CertificateArn: string }>(server, 'pca/issue-certificate', {
    ...about,
    Csr: base64(csr),
    SigningAlgorithm: 'SHA256WITHECDSA',
    Validity: { Type: 'DAYS', Value: 30 },
  });
  const { Certificate } = await ask<{ Certificate: string }>(server, 'pca/get-certificate', {
    ...about,
    CertificateArn,
  });
  return { certificateArn: CertificateArn, certificate: Certificate };
}

export function serialOf(certificate: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'parapet-serial-')), 'c.pem');
  writeFileSync(file, certificate);
  return openssl('x509', '-in', file, '-noout', '-serial').trim().replace('serial=', '').toLowerCase();
}

export async function verifies(server: Running, authority: string, certificate: string): Promise<string> {
  const about = { CertificateAuthorityArn: authority };
  const { Certificate } = await ask<{ Certificate: string }>(
    server,
    'pca/get-certificate-authority-certificate',
    about,
  );
  const folder = mkdtempSync(join(tmpdir(), 'parapet-verify-leaf-'));
  writeFileSync(join(folder, 'ca.pem'), Certificate);
  writeFileSync(join(folder, 'leaf.pem'), certificate);
  return openssl('verify', '-CAfile', join(folder, 'ca.pem'), join(folder, 'leaf.pem')).trim();
}

/** What openssl prints about the answer of the responder. */
export async function ocspSays(server: Running, authority: string, certificate: string): Promise<string> {
  const { Certificate } = await ask<{ Certificate: string }>(server, 'pca/get-certificate-authority-certificate', {
    CertificateAuthorityArn: authority,
  });
  const folder = mkdtempSync(join(tmpdir(), 'parapet-ocsp-'));
  const [issuer, leaf] = [join(folder, 'ca.pem'), join(folder, 'leaf.pem')];
  writeFileSync(issuer, Certificate);
  writeFileSync(leaf, certificate);
  const url = `${server.pkiUrl}/ocsp/${authority.split('/')[1]}`;
  const args = ['ocsp', '-issuer', issuer, '-CAfile', issuer, '-cert', leaf, '-url', url, '-no_nonce'];
  const { stdout, stderr } = await run('openssl', args, {});
  return stdout + stderr;
}

/** Waits until its list says so. */
export async function revoke(server: Running, authority: string, certificate: string): Promise<void> {
  const before = await listNumber(server, authority);
  await ask(server, 'pca/revoke-certificate', {
    CertificateAuthorityArn: authority,
    CertificateSerial: serialOf(certificate),
    RevocationReason: 'SUPERSEDED',
  });
  await eventually(async () => (await listNumber(server, authority)) > before, 30_000);
}

/** The highest number of the lists of an authority; 0: none is there. */
export async function listNumber(server: Running, authority: string): Promise<number> {
  const { RevocationLists } = await ask<{ RevocationLists: { Number?: number }[] }>(
    server,
    'pca/list-revocation-lists',
    {
      CertificateAuthorityArn: authority,
    },
  );
  return Math.max(0, ...RevocationLists.map(({ Number: number = 0 }) => number));
}

/** Whether everything that was kept is there and works. */
export async function opens(server: Running, kept: Kept): Promise<void> {
  const { Plaintext } = await ask<{ Plaintext: string }>(server, 'kms/decrypt', { CiphertextBlob: kept.ciphertext });
  if (Plaintext !== 'eA==') throw new Error('the ciphertext opens to something else');
  const { SecretString } = await ask<{ SecretString: string }>(server, 'ccms/get-secret-value', {
    SecretId: kept.secret,
  });
  if (SecretString !== SECRET_TEXT) throw new Error('the secret is another one');
  await ask(server, 'sts/get-caller-identity', {}, kept.person.credentials);
  const said = await verifies(server, kept.authority, kept.certificate);
  if (!said.endsWith(': OK')) throw new Error(said);
}
