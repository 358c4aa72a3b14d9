import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  aliasRowBytes,
  type KeyRow,
  keyRowBytes,
  materialBinding,
  materialRowBytes,
  policyHash,
  tenantBinding,
  tenantRowBytes,
} from './rows.ts';

const wrapped = { wrapped: Buffer.from('w'), binding: Buffer.from('b'), mac: Buffer.from('m'), root_version: 1 };
const key: KeyRow = {
  key_id: 'k',
  account_id: '1',
  partition: 'aws',
  region: 'r',
  state: 'Enabled',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  description: '',
  created_at: 1,
  deletion_date: null,
  pending_window_days: null,
  material_id: 'm',
  aliases: '[]',
  tags: '[]',
  policy: '{}',
  policy_principals: '[]',
  policy_hash: 'h',
  enterprise_project_id: '0',
  managed_by: null,
  version: 1,
  row_mac: Buffer.alloc(32),
};
const material = { key_id: 'k', material_id: 'm', account_id: '1', tenant_id: 't', ...wrapped, created_at: 1 };
const tenant = { account_id: '1', tenant_id: 't', ...wrapped, created_at: 1 };
const alias = { account_id: '1', name: 'alias/a', key_id: 'k', created_at: 1, updated_at: 2 };

const changed = (value: unknown) =>
  typeof value === 'number' ? value + 1 : Buffer.isBuffer(value) ? Buffer.concat([value, value]) : `${value ?? ''}x`;

// Whoever adds a column must decide here whether the MAC covers it.
const NOT_COVERED = new Set(['row_mac', 'policy', 'policy_principals']);

describe.each([
  ['key', key, keyRowBytes],
  ['material', material, materialRowBytes],
  ['tenant', tenant, tenantRowBytes],
  ['alias', alias, aliasRowBytes],
] as [string, Record<string, unknown>, (row: never) => Buffer][])('the MAC of a %s row', (_, row, bytes) => {
  it.each(Object.keys(row).filter((column) => !NOT_COVERED.has(column)))('covers %s', (column) => {
    const edited = { ...row, [column]: changed(row[column]) };
    expect(bytes(edited as never).equals(bytes(row as never))).toBe(false);
  });
});

it('of a key in the default project is the one it had before there were projects', () => {
  // Stored rows carry this MAC: what it covers cannot change.
  const digest = createHash('sha256').update(keyRowBytes(key)).digest('hex');
  expect(digest).toBe('5b23c87be989a71388c6e31f48953109ff7b885528a984806c20f2bd35137b38');
});

it('covers the policy and its principals through their hash', () => {
  const hashes = [
    policyHash('{}', '[]'),
    policyHash('{} ', '[]'),
    policyHash('{}', '[["a","b"]]'),
    policyHash('{}[', ']'),
  ];
  expect(new Set(hashes).size).toBe(4);
});

it('tells the kinds of rows apart although their values agree', () => {
  expect(tenantRowBytes(tenant).equals(materialRowBytes(material))).toBe(false);
});

describe('bindings', () => {
  const owner = {
    accountId: '1',
    tenantId: 't',
    keyId: 'k',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
  } as const;

  it('bind key material to account, tenant key, key, spec, usage and origin', () => {
    const all = [
      materialBinding(owner),
      ...Object.keys(owner).map((name) => materialBinding({ ...owner, [name]: 'other' } as never)),
    ].map((bytes) => bytes.toString('hex'));
    expect(new Set(all).size).toBe(7);
  });

  it('bind a tenant key to its account and its id', () => {
    const all = [
      ['1', 't'],
      ['2', 't'],
      ['1', 'u'],
      ['1t', ''],
    ].map(([accountId, tenantId]) => tenantBinding({ accountId: accountId!, tenantId: tenantId! }).toString('hex'));
    expect(new Set(all).size).toBe(4);
  });
});
