import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { awsStrict, buildPolicySet, compilePolicy, evaluate, validatePolicy } from '../engine/index.ts';

const folder = new URL('./', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

const allows = (name: string, action: string) => {
  const policy = compilePolicy(read(`${name}.json`), { arn: `arn:aws:iam::aws:policy/${name}`, kind: 'identity' });
  const principal = { kind: 'user', arn: 'arn:aws:iam::111122223333:user/a', accountId: '111122223333' } as const;
  const request = { principal, action, resource: '*', context: new Map() };
  return evaluate(request, { identity: buildPolicySet([policy]) }).effect === 'allow';
};

/** Nobody who only looks or only administers may read what is kept secret, nor use a key. */
const USES = [
  'kms:Decrypt',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:Sign',
  'kms:ReEncryptFrom',
  'secretsmanager:GetSecretValue',
  'secretsmanager:BatchGetSecretValue',
  'acm-pca:IssueCertificate',
];
const CHANGES = [
  'iam:CreateUser',
  'iam:PutUserPolicy',
  'kms:ScheduleKeyDeletion',
  'kms:PutKeyPolicy',
  'secretsmanager:PutSecretValue',
  'organizations:AttachPolicy',
  'acm-pca:RevokeCertificate',
  'audit:PutSettings',
  'sts:AssumeRole',
];

describe('managed policies', () => {
  it('are the five that ship', () => {
    expect(names.toSorted()).toEqual([
      'AdministratorAccess.json',
      'IAMFullAccess.json',
      'KeyManagementPowerUser.json',
      'ReadOnlyAccess.json',
      'SecurityAudit.json',
    ]);
  });

  it.each(names)('%s has no unknown remark, also within the limits of AWS', (name) => {
    const codes = validatePolicy(read(name), { kind: 'identity', limits: awsStrict }).map(({ code }) => code);
    // Whoever administers all identities can pass every role: that is what this policy is.
    expect(codes).toEqual(name === 'IAMFullAccess.json' ? ['pass-role-star'] : []);
  });

  it.each([...USES, ...CHANGES])('AdministratorAccess allows %s', (action) => {
    expect(allows('AdministratorAccess', action)).toBe(true);
  });

  it.each([...USES, ...CHANGES])('ReadOnlyAccess and SecurityAudit do not allow %s', (action) => {
    expect(allows('ReadOnlyAccess', action)).toBe(false);
    expect(allows('SecurityAudit', action)).toBe(false);
  });

  it.each([
    'iam:ListUsers',
    'iam:GetPolicyVersion',
    'kms:DescribeKey',
    'secretsmanager:DescribeSecret',
    'audit:ListEvents',
  ])('ReadOnlyAccess and SecurityAudit allow %s', (action) => {
    expect(allows('ReadOnlyAccess', action)).toBe(true);
    expect(allows('SecurityAudit', action)).toBe(true);
  });

  it.each(USES)('KeyManagementPowerUser and IAMFullAccess do not allow %s', (action) => {
    expect(allows('KeyManagementPowerUser', action)).toBe(false);
    expect(allows('IAMFullAccess', action)).toBe(false);
  });

  it('KeyManagementPowerUser makes keys and aliases but neither deletes keys nor changes their policy', () => {
    expect(allows('KeyManagementPowerUser', 'kms:CreateKey')).toBe(true);
    expect(allows('KeyManagementPowerUser', 'kms:CreateAlias')).toBe(true);
    expect(allows('KeyManagementPowerUser', 'kms:ScheduleKeyDeletion')).toBe(false);
    expect(allows('KeyManagementPowerUser', 'kms:PutKeyPolicy')).toBe(false);
  });

  it('IAMFullAccess manages identities and nothing else', () => {
    expect(allows('IAMFullAccess', 'iam:CreateUser')).toBe(true);
    expect(allows('IAMFullAccess', 'kms:CreateKey')).toBe(false);
    expect(allows('IAMFullAccess', 'organizations:AttachPolicy')).toBe(false);
  });
});
