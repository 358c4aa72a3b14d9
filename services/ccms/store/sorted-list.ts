/** Secrets of an account in the orders that ListSecrets knows, from a position on. */
import { type ExpressionBuilder, sql } from 'kysely';
import type { ListedSecret } from '../domain/rows.ts';
import type { Reader } from './queries.ts';
import type { CcmsTables } from './tables.ts';

export type SortKey = 'created-date' | 'last-accessed-date' | 'last-changed-date' | 'name';

/** The last secret of a page: what it was sorted by, and its id. */
export type Position = readonly [value: string | number, secretId: string];
export type SortedSecret = ListedSecret & { sorted_by: string | number; last_day: number | null };

const COLUMNS = [
  'secret.secret_id',
  'secret.account_id',
  'secret.partition',
  'secret.region',
  'secret.name',
  'secret.suffix',
  'secret.description',
  'secret.kms_key_id',
  'secret.stages',
  'secret.tags',
  'secret.policy_hash',
  'secret.enterprise_project_id',
  'secret.created_at',
  'secret.changed_at',
  'secret.deletion_date',
  'secret.deleted_at',
  'secret.create_token',
  'secret.last_ordinal',
  'secret.version',
  'secret.row_mac',
] as const;

export interface ListRequest {
  accountId: string;
  sortBy: SortKey;
  descending: boolean;
  after: Position | undefined;
  limit: number;
  includeDeleted: boolean;
  projectId?: string;
}

export async function listSorted(db: Reader, request: ListRequest): Promise<SortedSecret[]> {
  const { accountId, sortBy, descending, after, limit, includeDeleted, projectId } = request;
  const direction = descending ? 'desc' : 'asc';
  const day = sql<number>`coalesce((select max(day) from version_access a where a.secret_id = secret.secret_id), 0)`;
  const by = {
    'created-date': sql<number>`secret.created_at`,
    'last-accessed-date': day,
    'last-changed-date': sql<number>`secret.changed_at`,
    name: sql<string>`secret.name`,
  }[sortBy];
  let query = db
    .selectFrom('secret')
    .select(COLUMNS)
    .select([sql<string | number>`${by}`.as('sorted_by'), day.as('last_day')])
    .where('secret.account_id', '=', accountId);
  if (!includeDeleted) query = query.where('secret.deletion_date', 'is', null);
  if (projectId !== undefined) query = query.where('secret.enterprise_project_id', '=', projectId);
  if (after) {
    const beyond = descending ? '<' : '>';
    query = query.where((eb: ExpressionBuilder<CcmsTables, 'secret'>) =>
      eb.or([
        eb(sql<string | number>`${by}`, beyond, after[0]),
        eb.and([eb(sql<string | number>`${by}`, '=', after[0]), eb('secret.secret_id', beyond, after[1])]),
      ]),
    );
  }
  return query.orderBy(sql`${by}`, direction).orderBy('secret.secret_id', direction).limit(limit).execute();
}
