/**
 * The grants that may count for a caller, in memory as long as the key is: they are kept beside the key record, and a
 * change of a grant is announced as a change of its key, so both leave the memory of every node together. Guarantees
 * that only rows that verify count, and that a grant which this process saw end does not come back.
 */
import { LRUCache } from 'lru-cache';
import { grantingSet } from '../../../platform/authz/grantees.ts';
import type { Store } from '../../../platform/store/index.ts';
import type { RowGuard } from '../../../platform/store/row-guard.ts';
import { joinPolicySets, type PolicySet } from '../../../policies/engine/index.ts';
import { covers, type GrantQuestion, type GrantRow, type GrantTerms, isGrantable, termsOf } from '../domain/grant.ts';
import { grantsFor, guardedGrant } from './grant-queries.ts';
import type { KeyRecord } from './key-record.ts';
import type { KmsTables } from './tables.ts';

/** Callers remembered per key; most keys have few, so no room is kept for them. */
const MAX_CALLERS = 1_000;
const MAX_ENDED = 200_000;

interface KnownGrant {
  terms: GrantTerms;
  set: PolicySet;
}

export class Grants {
  private readonly known = new WeakMap<KeyRecord, Map<string, Promise<readonly KnownGrant[]>>>();
  private readonly ended = new LRUCache<string, true>({ max: MAX_ENDED });
  private readonly store: Store<KmsTables>;
  private readonly guard: RowGuard;

  constructor(options: { store: Store<KmsTables>; guard: RowGuard }) {
    this.store = options.store;
    this.guard = options.guard;
  }

  /** What grants of the key say for one of these ids about a request; undefined: nothing. */
  async layer(
    record: KeyRecord,
    granteeIds: readonly string[],
    question: GrantQuestion,
  ): Promise<PolicySet | undefined> {
    if (!isGrantable(question.action)) return undefined;
    const covering = (await this.of(record, granteeIds)).filter(({ terms }) => covers(terms, question));
    return covering.length === 0 ? undefined : joinPolicySets(covering.map(({ set }) => set));
  }

  /** Costs what looking for grants costs, and answers nothing. */
  async probe(keyId: string, granteeIds: readonly string[]): Promise<void> {
    await grantsFor(this.store.read, keyId, granteeIds);
  }

  /** Verifies rows; throws for one that was changed, or that this process knows to have ended. */
  async verify(rows: readonly GrantRow[]): Promise<void> {
    await this.guard.verify(rows.map(guardedGrant));
    const back = rows.find((row) => this.ended.has(row.grant_id));
    if (back) throw this.guard.refuse(`grant ${back.grant_id}`, 'it was ended before');
  }

  noteEnd(grantId: string): void {
    this.ended.set(grantId, true);
  }

  private of(record: KeyRecord, granteeIds: readonly string[]): Promise<readonly KnownGrant[]> {
    const callers = this.known.get(record) ?? new Map<string, Promise<readonly KnownGrant[]>>();
    this.known.set(record, callers);
    const caller = granteeIds.join(' ');
    const found = callers.get(caller);
    if (found) return found;
    if (callers.size >= MAX_CALLERS) callers.clear();
    const loading = this.load(record, granteeIds);
    callers.set(caller, loading);
    // What failed is tried again by the next request.
    loading.catch(() => callers.delete(caller));
    return loading;
  }

  private async load(record: KeyRecord, granteeIds: readonly string[]): Promise<readonly KnownGrant[]> {
    const rows = await grantsFor(this.store.read, record.row.key_id, granteeIds);
    await this.verify(rows);
    return rows
      .filter((row) => row.account_id === record.accountId)
      .map((row) => {
        const terms = termsOf(row);
        return { terms, set: allowing(record.arn, row, terms.operations, [[row.grantee, row.grantee_id]]) };
      });
  }
}

/** Statements that allow principals operations on a key; what they are named by is the grant. */
export function allowing(
  keyArn: string,
  grant: Pick<GrantRow, 'grant_id'>,
  operations: readonly string[],
  principals: readonly (readonly [arn: string, id: string | null])[],
): PolicySet {
  const Statement = principals.map(([arn]) => ({
    Effect: 'Allow',
    Principal: { AWS: arn },
    Action: operations.map((operation) => `kms:${operation}`),
    Resource: '*',
  }));
  const document = JSON.stringify({ Version: '2012-10-17', Statement });
  return grantingSet(document, { arn: `${keyArn}/grant/${grant.grant_id}`, id: grant.grant_id }, principals);
}
