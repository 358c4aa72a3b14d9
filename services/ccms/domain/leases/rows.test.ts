import { describe, expect, it } from 'vitest';
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';
import { type LeaseRow, leaseBytes } from './rows.ts';

const values = ['l', 'a', 'r', 't', 'u', 'p', 'arn', 'e', null, 'q', 'ACTIVE', 1, 2, 3, 0, 4, null, null, 0, null, 1];
const [lease_id, account_id, role_id, target_id, username, principal_id, principal_arn, entity_id] = values as string[];
const row = {
  ...{ lease_id, account_id, role_id, target_id, username, principal_id, principal_arn, entity_id },
  ...{ session_id: null, request_id: 'q', state: 'ACTIVE', created_at: 1, expires_at: 2, max_expires_at: 3 },
  ...{ attempt: 0, next_attempt_at: 4, ended_by: null, failure: null, forgotten: 0, ended_at: null, version: 1 },
  asked: null,
} as Omit<LeaseRow, 'row_mac'>;

describe('what the MAC of a lease covers', () => {
  it('is for leases from before the question was kept what it was', () => {
    expect(leaseBytes(row)).toEqual(canonicalRow('lease', values));
  });

  it('is another when the question is there, is another one, or was taken away', () => {
    const forms = [null, '', '{}', '{"kind":"user"}'].map((asked) => leaseBytes({ ...row, asked }).toString('hex'));
    expect(new Set(forms).size).toBe(forms.length);
  });
});
