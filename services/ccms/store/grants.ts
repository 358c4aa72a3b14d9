/**
 * The grants that count for somebody about a secret. Guarantees that only rows that verify and belong to the secret
 * count, that every request reads them anew (a grant that was revoked ends with the next request of every node), and
 * that what this process saw revoked does not come back. Compiled policies are remembered by the rows they come from.
 */
import { LRUCache } from 'lru-cache';
import { grantingSet } from '../../../platform/authz/grantees.ts';
import type { Store } from '../../../platform/store/index.ts';
import type { RowGuard } from '../../../platform/store/row-guard.ts';
import { joinPolicySets, type PolicySet } from '../../../policies/engine/index.ts';
import { type GrantRow, grantArn, grantDocument } from '../domain/grant.ts';
import { grantsInForce, guardedGrant } from './grant-queries.ts';
import type { SecretRecord } from './secret-record.ts';
import type { CcmsTables } from './tables.ts';

const MAX_COMPILED = 10_000;
const MAX_REVOKED = 200_000;

export interface KnownGrant {
  row: GrantRow;
  set: PolicySet;
}

export class Grants {
  private readonly compiled = new LRUCache<string, PolicySet>({ max: MAX_COMPILED });
  private readonly revoked = new LRUCache<string, true>({ max: MAX_REVOKED });
  private readonly store: Store<CcmsTables>;
  private readonly guard: RowGuard;

  constructor(store: Store<CcmsTables>, guard: RowGuard) {
    this.store = store;
    this.guard = guard;
  }

  /** Those of a secret that were not revoked. */
  async of(secret: SecretRecord, to: Parameters<typeof grantsInForce>[2]): Promise<KnownGrant[]> {
    const rows = await grantsInForce(this.store.read, secret.row.secret_id, to);
    await this.verify(rows);
    return rows.map((row) => {
      if (row.secret_id !== secret.row.secret_id || row.secret_arn !== secret.arn)
        throw this.guard.refuse(`grant ${row.grant_id}`, 'it belongs to another secret');
      return { row, set: this.compile(secret, row) };
    });
  }

  /** Costs what looking for grants costs, and answers nothing. */
  async probe(granteeIds: readonly string[]): Promise<void> {
    await grantsInForce(this.store.read, '', { granteeIds });
  }

  /** Verifies rows; throws for one that was changed, or that this process knows to have been revoked. */
  async verify(rows: readonly GrantRow[]): Promise<void> {
    await this.guard.verify(rows.map(guardedGrant));
    const back = rows.find((row) => row.revoked_at === null && this.revoked.has(row.grant_id));
    if (back) throw this.guard.refuse(`grant ${back.grant_id}`, 'it was revoked before');
  }

  noteRevoked(grantId: string): void {
    this.revoked.set(grantId, true);
  }

  /** Which versions hold the granted stages stands in the secret's row, so its MAC is part of the name. */
  private compile(secret: SecretRecord, row: GrantRow): PolicySet {
    const key = `${row.row_mac.toString('base64')}/${secret.row.row_mac.toString('base64')}`;
    const known = this.compiled.get(key);
    if (known) return known;
    const document = grantDocument(row, secret.stages);
    const set = grantingSet(document, { arn: grantArn(row), id: row.grant_id }, [[row.grantee, row.grantee_id]]);
    this.compiled.set(key, set);
    return set;
  }
}

/** As a target of authorization has them. */
export function grantsOfTarget(grants: readonly KnownGrant[]) {
  if (grants.length === 0) return {};
  return { grants: joinPolicySets(grants.map(({ set }) => set)), boundaryLimitsGrants: true };
}
