import type { Kysely } from 'kysely';
import type { Engine } from '../engine.ts';
import { StoreError } from '../error.ts';
import { prepareQuery, prepareWrite } from '../prepared-query.ts';
import { type AnyTransaction, platform } from '../transaction.ts';
import type { ChangeLogTable, PlatformTables } from './schema.ts';

export interface Change {
  readonly v: number;
  readonly kind: string;
  readonly objectId: string;
  readonly accountId: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const countOn = prepareQuery((db: Kysely<PlatformTables>) =>
  db
    .updateTable('global_version')
    .set((eb) => ({ v: eb('v', '+', 1) }))
    .where('id', '=', 1)
    .returning('v'),
);
const insertChange = prepareWrite((db: Kysely<PlatformTables>, row: ChangeLogTable) =>
  db.insertInto('change_log').values(row),
);

/**
 * The feed of policy-affecting changes.
 *
 * INVARIANT: `v` is gapless and its order is commit order, because the row `global_version` stays locked from the
 * bump to the commit. So `bump` comes last in a transaction, and a reader that has seen v has seen everything to v.
 */
export class Changes {
  readonly #engine: Engine;
  readonly #now: () => number;

  constructor(engine: Engine, now: () => number) {
    this.#engine = engine;
    this.#now = now;
  }

  async bump(
    tx: AnyTransaction,
    change: { kind: string; objectId: string; accountId: string | null },
  ): Promise<number> {
    const db = platform(tx);
    const [counted] = await countOn(db);
    if (!counted) throw new StoreError('corrupt', 'the number of the last change is missing');
    const { v } = counted;
    const { kind, objectId: object_id, accountId: account_id } = change;
    await insertChange(db, { v, kind, object_id, account_id, at: this.#now() });
    return v;
  }

  async current(): Promise<number> {
    const row = await this.#engine.reader
      .selectFrom('global_version')
      .select('v')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    return row.v;
  }

  /**
   * Changes above `v`, oldest first. When the first one is not `v + 1` the feed was pruned in between: load a full
   * snapshot instead.
   */
  async since(v: number, limit: number): Promise<Change[]> {
    const rows = await this.#engine.reader
      .selectFrom('change_log')
      .selectAll()
      .where('v', '>', v)
      .orderBy('v')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      v: row.v,
      kind: row.kind,
      objectId: row.object_id,
      accountId: row.account_id,
      at: row.at,
    }));
  }

  /** Forgets changes up to and including `v`. */
  async prune(tx: AnyTransaction, v: number): Promise<void> {
    await platform(tx).deleteFrom('change_log').where('v', '<=', v).execute();
  }
}
