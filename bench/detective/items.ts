/** Items as services and collectors record them: half of a data centre's volumes, the rest users, keys and hosts. */
import type { Item, JsonObject } from '../../policies/baselines/rule.ts';

export const TYPES = [
  'ext:volume',
  'iam:user',
  'ext:volume',
  'kms:key',
  'ext:host',
  'ext:volume',
  'ext:bucket',
  'ext:volume',
  'iam:policy',
  'ext:volume',
  'organizations:account',
  'ext:database',
  'iam:root',
  'ext:certificate',
  'iam:group',
  'ext:backup',
] as const;

const DAY_MS = 86_400_000;
const BASE = 100_000_000_000;

export const keyArn = (account: number) => `arn:aws:kms:local-1:${BASE + account}:key/${account}`;

/** The item with the number `i`: the same on every machine. */
export function itemAt(i: number, now: number, accounts: number): Item {
  const type = TYPES[i % TYPES.length] as (typeof TYPES)[number];
  const account = i % accounts;
  const iso = (days: number) => new Date(now - days * DAY_MS).toISOString();
  return {
    arn: `arn:aws:test::${BASE + account}:${type}/${i}`,
    type,
    accountId: String(BASE + account),
    name: `item-${i}`,
    createdAt: now - (i % 700) * DAY_MS,
    confirmedAt: now - (i % 20) * 3_600_000,
    tags:
      i % 3 === 0 ? { owner: 'payments', env: 'prod' } : { owner: 'payments', env: 'test', 'data-class': 'internal' },
    configuration: configurationOf(type, i, account, iso),
  };
}

function configurationOf(type: string, i: number, account: number, iso: (days: number) => string): JsonObject {
  switch (type) {
    case 'iam:user':
      return {
        userId: `AIDA${i}`,
        name: `user-${i}`,
        consoleAccess: i % 2 === 0,
        mfaEnabled: i % 4 === 0,
        accessKeys: [{ id: `AKIA${i}`, status: 'Active', createdAt: iso(i % 200), lastUsedAt: iso(i % 60) }],
        groups: ['Developers', i % 50 === 0 ? 'Auditors' : 'Staff'],
        attachedPolicies: [],
        inlinePolicies: [],
      };
    case 'kms:key':
      return {
        state: 'Enabled',
        spec: 'SYMMETRIC_DEFAULT',
        origin: 'AWS_KMS',
        KeyRotationEnabled: i % 5 !== 0,
        RotationPeriodInDays: 365,
        policyAccounts: [String(BASE + account)],
        lastUsedAt: iso(i % 300),
      };
    case 'iam:policy':
      return { allowsEverything: i % 97 === 0, attachmentCount: i % 3 };
    case 'iam:group':
      return { name: `group-${i}`, attachedPolicies: ['arn:aws:iam::aws:policy/ReadOnlyAccess'], inlinePolicies: [] };
    case 'iam:root':
      return { loginEnabled: i % 2 === 0, mfaEnabled: i % 3 !== 0, accessKeys: [], lastUsedAt: iso(i % 400) };
    case 'organizations:account':
      return { guardrails: ['p-FullAWSAccess', 'p-12345678'], auditEnabled: true, roles: ['IncidentResponse'] };
    case 'ext:certificate':
      return { notAfter: iso(-(i % 400)), keyAlgorithm: 'RSA', keyBits: 2048, signatureAlgorithm: 'SHA256WITHRSA' };
    case 'ext:backup':
      return { completedAt: iso(i % 3) };
    case 'ext:host':
      return { image: 'debian-12', supportedUntil: iso(-(i % 900) + 100) };
    case 'ext:bucket':
      return { public: i % 40 === 0, encrypted: true, kmsKeyArn: keyArn(account) };
    default:
      return { encrypted: i % 10 !== 0, kmsKeyArn: keyArn(account), sizeGiB: i % 1_000 };
  }
}
