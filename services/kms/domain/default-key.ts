/**
 * Default keys: one per account and service, managed by the product. Everybody in the account may use it through that
 * service and nobody otherwise; nobody but the product may change it. Alias, policy and description are AWS's.
 */
import type { KeyUser } from '../api/on-behalf.ts';
import { RESERVED_PREFIX } from './alias-name.ts';

export interface DefaultKey {
  /** Name of the service as AWS clients know it. */
  service: string;
  alias: string;
  description: string;
  policy: string;
}

interface DefaultKeyFacts {
  /** `secretsmanager` */
  name: string;
  /** `secretsmanager.local-1.amazonaws.com` */
  regionalName: string;
  partition: string;
  accountId: string;
}

const TEXTS: Readonly<Record<KeyUser, { title: string; description: string }>> = {
  ccms: {
    title: 'Secrets Manager',
    description: 'Default key that protects my Secrets Manager data when no other key is defined',
  },
  pca: {
    title: 'Private CA',
    description: 'Default key that protects my Private CA data when no other key is defined',
  },
};

export function defaultKey(user: KeyUser, facts: DefaultKeyFacts): DefaultKey {
  const { title, description } = TEXTS[user];
  const { name } = facts;
  return { service: name, alias: `${RESERVED_PREFIX}${name}`, description, policy: policyOf(title, facts) };
}

function policyOf(title: string, { name, regionalName, partition, accountId }: DefaultKeyFacts): string {
  const throughService = {
    Sid: `Allow access through ${title} for all principals in the account that are authorized to use ${title}`,
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: [
      'kms:Encrypt',
      'kms:Decrypt',
      'kms:ReEncrypt*',
      'kms:GenerateDataKey*',
      'kms:CreateGrant',
      'kms:DescribeKey',
    ],
    Resource: '*',
    Condition: { StringEquals: { 'kms:CallerAccount': accountId, 'kms:ViaService': regionalName } },
  };
  const metadata = {
    Sid: 'Allow direct access to key metadata to the account',
    Effect: 'Allow',
    Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
    Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
    Resource: '*',
  };
  const document = { Version: '2012-10-17', Id: `auto-${name}-1`, Statement: [throughService, metadata] };
  return JSON.stringify(document, undefined, 2);
}
