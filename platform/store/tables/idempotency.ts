import type { Kysely } from 'kysely';
import { StoreError } from '../error.ts';
import { prepareQuery, prepareWrite } from '../prepared-query.ts';
import { type AnyTransaction, platform } from '../transaction.ts';
import type { IdempotencyTable, PlatformTables } from './schema.ts';

export interface IdempotencyKey {
  readonly accountId: string;
  readonly principal: string;
  readonly operation: string;
  /** The client's token. */
  readonly token: string;
}

export interface IdempotencyClaim extends IdempotencyKey {
  /** Hash of the request without the token; another hash under the same token is a mismatch. */
  readonly requestHash: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export type ClaimResult =
  /** do the work, then `complete` in the same transaction */
  | { readonly kind: 'new' }
  /** answer as before: from the stored response, or rendered again from the resource */
  | { readonly kind: 'replay'; readonly response: Buffer | null; readonly resourceRef: string | null }
  /** the token was used for another request */
  | { readonly kind: 'mismatch' }
  /** a work of several transactions has not ended; the client may retry */
  | { readonly kind: 'in-progress' };

/**
 * One effect per (account, principal, operation, token). The claim is part of the transaction that has the effect:
 * it vanishes with a rollback, and a concurrent twin waits for the outcome. Responses must not contain secrets.
 */
export class Idempotency {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async claim(tx: AnyTransaction, claim: IdempotencyClaim): Promise<ClaimResult> {
    const db = platform(tx);
    const row = {
      account_id: claim.accountId,
      principal: claim.principal,
      operation: claim.operation,
      token: claim.token,
      request_hash: claim.requestHash,
      response: null,
      resource_ref: null,
      status: 'started' as const,
      expires_at: claim.expiresAt,
    };
    if ((await insertUnlessThere(db, row)) === 1) return { kind: 'new' };

    const found = await where(db.selectFrom('idempotency'), claim).selectAll().forUpdate().executeTakeFirst();
    // Swept or released between the two statements: the caller's retry will be new.
    if (found === undefined) return { kind: 'in-progress' };
    if (found.expires_at <= this.#now()) {
      await where(db.updateTable('idempotency'), claim).set(row).execute();
      return { kind: 'new' };
    }
    if (found.request_hash !== claim.requestHash) return { kind: 'mismatch' };
    if (found.status === 'started') return { kind: 'in-progress' };
    return { kind: 'replay', response: found.response, resourceRef: found.resource_ref };
  }

  /** What an earlier request under this token answered, as far as it has ended: `claim` without claiming. */
  async recall(db: Kysely<unknown>, claim: Omit<IdempotencyClaim, 'expiresAt'>): Promise<ClaimResult> {
    const { accountId, principal, operation, token } = claim;
    const [found] = await readClaim(db as Kysely<PlatformTables>, accountId, principal, operation, token);
    if (found === undefined || found.expires_at <= this.#now()) return { kind: 'new' };
    if (found.request_hash !== claim.requestHash) return { kind: 'mismatch' };
    if (found.status === 'started') return { kind: 'new' };
    return { kind: 'replay', response: found.response, resourceRef: found.resource_ref };
  }

  /** Stores the outcome. Throws `misuse` when the token was not claimed. */
  async complete(
    tx: AnyTransaction,
    key: IdempotencyKey,
    outcome: { readonly response?: Buffer; readonly resourceRef?: string; readonly expiresAt?: number },
  ): Promise<void> {
    const { accountId, principal, operation, token } = key;
    const completed = await endClaim(platform(tx), {
      accountId,
      principal,
      operation,
      token,
      response: outcome.response ?? null,
      resource_ref: outcome.resourceRef ?? null,
      ...(outcome.expiresAt !== undefined && { expires_at: outcome.expiresAt }),
    });
    if (completed !== 1) {
      throw new StoreError('misuse', `idempotency token of ${key.operation} was not claimed`);
    }
  }

  /** Gives a claim back after a work of several transactions failed without effect. */
  async release(tx: AnyTransaction, key: IdempotencyKey): Promise<void> {
    await where(platform(tx).deleteFrom('idempotency'), key).where('status', '=', 'started').execute();
  }

  /** Deletes expired rows, at most `limit`; returns how many. */
  async sweep(tx: AnyTransaction, limit: number): Promise<number> {
    const db = platform(tx);
    const expired = await db
      .selectFrom('idempotency')
      .select(['account_id', 'principal', 'operation', 'token'])
      .where('expires_at', '<=', this.#now())
      .orderBy('expires_at')
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const row of expired) {
      const key = { accountId: row.account_id, principal: row.principal, operation: row.operation, token: row.token };
      await where(db.deleteFrom('idempotency'), key).execute();
    }
    return expired.length;
  }
}

const insertUnlessThere = prepareWrite((db: Kysely<PlatformTables>, row: IdempotencyTable) =>
  db
    .insertInto('idempotency')
    .values(row)
    .onConflict((conflict) => conflict.doNothing()),
);

const readClaim = prepareQuery(
  (db: Kysely<PlatformTables>, accountId: string, principal: string, operation: string, token: string) =>
    where(db.selectFrom('idempotency'), { accountId, principal, operation, token }).selectAll(),
);

type Outcome = Pick<IdempotencyTable, 'response' | 'resource_ref'> & { expires_at?: number };

const endClaim = prepareWrite(
  (db: Kysely<PlatformTables>, { accountId, principal, operation, token, ...outcome }: IdempotencyKey & Outcome) =>
    where(db.updateTable('idempotency'), { accountId, principal, operation, token })
      .set({ status: 'done', ...outcome })
      .where('status', '=', 'started'),
);

interface Filterable {
  // biome-ignore lint/suspicious/noExplicitAny: the part of Kysely's builders that select, update and delete share
  where(column: any, operator: '=', value: any): any;
}

function where<Q extends Filterable>(query: Q, key: IdempotencyKey): Q {
  return query
    .where('account_id', '=', key.accountId)
    .where('principal', '=', key.principal)
    .where('operation', '=', key.operation)
    .where('token', '=', key.token) as Q;
}
