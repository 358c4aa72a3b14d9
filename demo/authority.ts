/** A private CA of two levels that publishes lists and answers OCSP, and the door through which certbot comes. */
import type { Administrator } from './landing-zone.ts';
import { ask, type Story } from './story.ts';

const LISTS = { CrlConfiguration: { Enabled: true }, OcspConfiguration: { Enabled: true } };

export interface Authority {
  arn: string;
  /** What clients trust. */
  rootPem: string;
  directoryUrl: string;
  /** Opens one account of ACME. */
  accountKey: { id: string; mac: string };
}

export async function setUpAuthority(story: Story, owner: Administrator, zone: string): Promise<Authority> {
  const pca = <Answer>(operation: string, input: object) =>
    ask<Answer>(story, owner.credentials, `pca/${operation}`, input);

  const authority = async (CertificateAuthorityType: 'ROOT' | 'SUBORDINATE', CommonName: string, above?: string) => {
    const { CertificateAuthorityArn } = await pca<{ CertificateAuthorityArn: string }>('create-certificate-authority', {
      CertificateAuthorityType,
      CertificateAuthorityConfiguration: {
        KeyAlgorithm: 'EC_prime256v1',
        SigningAlgorithm: 'SHA256WITHECDSA',
        Subject: { CommonName },
      },
      RevocationConfiguration: LISTS,
    });
    const about = { CertificateAuthorityArn };
    const issuer = { CertificateAuthorityArn: above ?? CertificateAuthorityArn };
    const { Csr } = await pca<{ Csr: string }>('get-certificate-authority-csr', about);
    const template = above === undefined ? 'RootCACertificate' : 'SubordinateCACertificate_PathLen0';
    const { CertificateArn } = await pca<{ CertificateArn: string }>('issue-certificate', {
      ...{ ...issuer, Csr: base64(Csr), SigningAlgorithm: 'SHA256WITHECDSA' },
      TemplateArn: `arn:aws:acm-pca:::template/${template}/V1`,
      Validity: { Type: 'YEARS', Value: above === undefined ? 10 : 5 },
    });
    const issued = await pca<{ Certificate: string; CertificateChain?: string }>('get-certificate', {
      ...{ ...issuer, CertificateArn },
    });
    await pca('import-certificate-authority-certificate', {
      ...{ ...about, Certificate: base64(issued.Certificate) },
      ...(issued.CertificateChain !== undefined && { CertificateChain: base64(issued.CertificateChain) }),
    });
    return { arn: CertificateAuthorityArn, pem: issued.Certificate };
  };

  const root = await authority('ROOT', 'Retail root');
  const { arn } = await authority('SUBORDINATE', 'Retail servers', root.arn);
  const { Directory } = await pca<{ Directory: { DirectoryId: string; Path: string } }>('create-acme-directory', {
    ...{ CertificateAuthorityArn: arn, Name: 'web', Zones: [zone], ValidationNetworks: ['127.0.0.0/8'] },
    ValidityDays: 30,
  });
  const { Key, MacKey } = await pca<{ Key: { ExternalAccountKeyId: string }; MacKey: string }>(
    'create-acme-external-account-key',
    { CertificateAuthorityArn: arn, DirectoryId: Directory.DirectoryId },
  );
  return {
    ...{ arn, rootPem: root.pem },
    directoryUrl: story.server.endpoint + Directory.Path,
    accountKey: { id: Key.ExternalAccountKeyId, mac: MacKey },
  };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
