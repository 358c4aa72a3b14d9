/** Authorities and requests as tests need them, made through the API and by openssl. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { InputOf } from '../../../platform/contract/operation.ts';
import type { CreateCertificateAuthority } from '../api/authorities.ts';
import type { IssueCertificate } from '../api/certificates.ts';
import type { PcaClient } from './harness.ts';

type NewAuthority = InputOf<typeof CreateCertificateAuthority>;
type Configuration = NewAuthority['CertificateAuthorityConfiguration'];
type Order = InputOf<typeof IssueCertificate>;

export const template = (name: string) => `arn:aws:acm-pca:::template/${name}/V1`;

export const P256 = { KeyAlgorithm: 'EC_prime256v1', SigningAlgorithm: 'SHA256WITHECDSA' } as const;

export async function createAuthority(
  pca: PcaClient,
  CertificateAuthorityType: 'ROOT' | 'SUBORDINATE',
  CommonName: string,
  more: Partial<NewAuthority> = {},
  configuration: Partial<Configuration> = {},
): Promise<string> {
  const CertificateAuthorityConfiguration = {
    ...P256,
    Subject: { Organization: 'Example', CommonName },
    ...configuration,
  };
  const made = await pca.CreateCertificateAuthority({
    CertificateAuthorityType,
    CertificateAuthorityConfiguration,
    ...more,
  });
  return made.CertificateAuthorityArn;
}

/** A root that has issued its certificate to itself. */
export async function makeRoot(
  pca: PcaClient,
  name = 'root',
  configuration: Partial<Configuration> = {},
  order: Partial<Order> = {},
): Promise<string> {
  const arn = await createAuthority(pca, 'ROOT', name, {}, configuration);
  const { Csr } = await pca.GetCertificateAuthorityCsr({ CertificateAuthorityArn: arn });
  const { CertificateArn } = await pca.IssueCertificate({
    CertificateAuthorityArn: arn,
    Csr: Buffer.from(Csr),
    SigningAlgorithm: configuration.SigningAlgorithm ?? 'SHA256WITHECDSA',
    TemplateArn: template('RootCACertificate'),
    Validity: { Type: 'YEARS', Value: 10 },
    ...order,
  });
  const { Certificate } = await pca.GetCertificate({ CertificateAuthorityArn: arn, CertificateArn });
  await pca.ImportCertificateAuthorityCertificate({
    CertificateAuthorityArn: arn,
    Certificate: Buffer.from(Certificate),
  });
  return arn;
}

/** A subordinate authority below another one. */
export async function makeSubordinate(
  pca: PcaClient,
  above: string,
  name = 'issuing',
  order: Partial<Order> = {},
  more: Partial<NewAuthority> = {},
): Promise<string> {
  const arn = await createAuthority(pca, 'SUBORDINATE', name, more);
  const { Csr } = await pca.GetCertificateAuthorityCsr({ CertificateAuthorityArn: arn });
  const issued = await issue(pca, above, {
    Csr: Buffer.from(Csr),
    TemplateArn: template('SubordinateCACertificate_PathLen0'),
    Validity: { Type: 'YEARS', Value: 5 },
    ...order,
  });
  await pca.ImportCertificateAuthorityCertificate({
    CertificateAuthorityArn: arn,
    Certificate: Buffer.from(issued.Certificate),
    CertificateChain: Buffer.from(issued.CertificateChain ?? ''),
  });
  return arn;
}

export async function issue(pca: PcaClient, authority: string, order: Partial<Order> & Pick<Order, 'Csr'>) {
  const { CertificateArn } = await pca.IssueCertificate({
    CertificateAuthorityArn: authority,
    SigningAlgorithm: 'SHA256WITHECDSA',
    Validity: { Type: 'DAYS', Value: 90 },
    ...order,
  });
  return pca.GetCertificate({ CertificateAuthorityArn: authority, CertificateArn });
}

/** What a request is refused with. */
export const refused = (code: string, text = '') => ({ code, message: expect.stringContaining(text) });

/** A folder for openssl. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'pca-openssl-'));
  private files = 0;

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  file(content: string | Buffer): string {
    this.files++;
    const path = join(this.folder, `file-${this.files}`);
    writeFileSync(path, content);
    return path;
  }

  openssl(...args: string[]): string {
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** PEM. */
  key(kind: readonly string[] = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']): string {
    return this.openssl('genpkey', ...kind);
  }

  /** The block that openssl writes before a key: PEM. */
  ecParameters(): Buffer {
    return Buffer.from(this.openssl('ecparam', '-name', 'prime256v1'));
  }

  /** DER. */
  csr(subject: string, names?: string, options: { key?: string; args?: readonly string[] } = {}): Buffer {
    const out = this.file('');
    const key = this.file(options.key ?? this.key());
    const san = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
    this.openssl(
      'req',
      '-new',
      '-key',
      key,
      '-subj',
      subject,
      ...san,
      ...(options.args ?? []),
      '-outform',
      'DER',
      '-out',
      out,
    );
    return readFileSync(out);
  }

  /** Whether openssl builds a path from the certificate to the root; its words when it does not. `at`: seconds. */
  verify(certificate: string, chain: string, root: string, at: number, ...args: string[]): string {
    const untrusted = chain === '' ? [] : ['-untrusted', this.file(chain)];
    const when = ['-attime', String(at)];
    try {
      return this.openssl(
        'verify',
        '-x509_strict',
        ...when,
        ...args,
        '-CAfile',
        this.file(root),
        ...untrusted,
        this.file(certificate),
      )
        .trim()
        .replace(/^.*: /, '');
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  }
}
