/** Which actions exist: those the product declares, and those of the published APIs that it speaks. */
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import * as organizations from '@aws-sdk/client-organizations';
import * as sts from '@aws-sdk/client-sts';
import { operations } from '../../../derive/operations.ts';

const SECRETS =
  'BatchGetSecretValue CancelRotateSecret CreateSecret DeleteResourcePolicy DeleteSecret DescribeSecret ' +
  'GetRandomPassword GetResourcePolicy GetSecretValue ListSecretVersionIds ListSecrets PutResourcePolicy ' +
  'PutSecretValue RestoreSecret RotateSecret TagResource UntagResource UpdateSecret UpdateSecretVersionStage';
const CERTIFICATES =
  'CreateCertificateAuthority CreatePermission DeleteCertificateAuthority DeletePermission DeletePolicy ' +
  'DescribeCertificateAuthority GetCertificate GetPolicy ImportCertificateAuthorityCertificate IssueCertificate ' +
  'ListCertificateAuthorities PutPolicy RestoreCertificateAuthority RevokeCertificate UpdateCertificateAuthority';
/** Services that have no action yet to name: what is forbidden there is forbidden by verb. */
const BY_VERB = ['audit', 'authz'];

export function knownActions(): (pattern: string) => boolean {
  const names = new Set([
    ...Object.entries({ iam, kms, organizations, sts }).flatMap(([prefix, client]) => ofClient(prefix, client)),
    ...SECRETS.split(' ').map((name) => `secretsmanager:${name}`),
    ...CERTIFICATES.split(' ').map((name) => `acm-pca:${name}`),
    ...operations.flatMap(({ authz }) => (typeof authz === 'object' ? [authz.action] : [])),
  ]);
  return (pattern) => {
    if (pattern === '*' || names.has(pattern)) return true;
    const [prefix = '', name = ''] = pattern.split(':');
    if (!name.endsWith('*') && !name.includes('*')) return false;
    if (BY_VERB.includes(prefix)) return true;
    const [start = '', end = ''] = name.split('*');
    return [...names].some((known) => known.startsWith(`${prefix}:${start}`) && known.endsWith(end));
  };
}

function ofClient(prefix: string, client: Readonly<Record<string, unknown>>): string[] {
  const suffix = 'Command';
  return Object.keys(client)
    .filter((name) => name.endsWith(suffix) && name !== '$Command')
    .map((name) => `${prefix}:${name.slice(0, -suffix.length)}`);
}
