/**
 * Every query about authorities. Rows go in and out as they are; whether they are genuine is the business of `RowGuard`.
 * Writes take a transaction and answer whether they found the version they were made for.
 */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { AuthorityRow, TenantRow } from '../domain/rows.ts';
import { authoritiesWithKey, authorityById, versionOf } from './issuing-statements.ts';
import type { PcaTables } from './tables.ts';

export type Reader = Kysely<PcaTables>;
export const own = (tx: AnyTransaction) => tx as Transaction<PcaTables>;

export function readTenant(db: Reader, accountId: string): Promise<TenantRow | undefined> {
  return db.selectFrom('tenant_key').selectAll().where('account_id', '=', accountId).executeTakeFirst();
}

export async function insertTenant(tx: AnyTransaction, row: TenantRow): Promise<void> {
  await own(tx)
    .insertInto('tenant_key')
    .values(row)
    .onConflict((conflict) => conflict.column('account_id').doNothing())
    .execute();
}

/** The same tenant key in another form, where it still is what its MAC `from` says. */
export async function replaceTenant(tx: AnyTransaction, row: TenantRow, from: Buffer): Promise<void> {
  await own(tx)
    .updateTable('tenant_key')
    .set({ wrapped: row.wrapped, mac: row.mac, root_version: row.root_version, row_mac: row.row_mac })
    .where('account_id', '=', row.account_id)
    .where('row_mac', '=', from)
    .execute();
}

/** The key of an authority in another form, where the row still is what its MAC `from` says. */
export async function replaceAuthorityKey(tx: AnyTransaction, row: AuthorityRow, from: Buffer): Promise<void> {
  await own(tx)
    .updateTable('authority')
    .set({ key_mac: row.key_mac, root_version: row.root_version, version: row.version, row_mac: row.row_mac })
    .where('authority_id', '=', row.authority_id)
    .where('row_mac', '=', from)
    .execute();
}

export async function readAuthority(db: Reader, authorityId: string): Promise<AuthorityRow | undefined> {
  return (await authorityById(db, authorityId))[0];
}

export interface AuthorityPlace {
  accountId: string;
  after: string;
  limit: number;
  projectId?: string;
}

/** Of an account, or of one project of it, by id; destroyed ones are not among them. */
export function listAuthorities(db: Reader, { accountId, after, limit, projectId }: AuthorityPlace) {
  let query = db
    .selectFrom('authority')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('authority_id', '>', after)
    .where('state', '!=', 'DESTROYED');
  if (projectId !== undefined) query = query.where('enterprise_project_id', '=', projectId);
  return query.orderBy('authority_id').limit(limit).execute();
}

/** Of all accounts, by id. */
export async function listAuthorityIds(db: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('authority')
    .select('authority_id')
    .where('authority_id', '>', after)
    .orderBy('authority_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.authority_id);
}

/** Of the account, with this subject. */
export function listNamesakes(db: Reader, accountId: string, subjectHash: string): Promise<AuthorityRow[]> {
  return db
    .selectFrom('authority')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('subject_hash', '=', subjectHash)
    .where('state', '!=', 'DESTROYED')
    .orderBy('authority_id')
    .limit(100)
    .execute();
}

/** Of every account: the key of an authority is nobody else's. */
export function listAuthoritiesWithKey(
  db: Reader,
  publicKeyHash: string,
): Promise<readonly Pick<AuthorityRow, 'authority_id' | 'subject_hash'>[]> {
  return authoritiesWithKey(db, publicKeyHash);
}

/** Of the account. */
export function listAuthoritiesOfKey(db: Reader, accountId: string, publicKeyHash: string): Promise<AuthorityRow[]> {
  return db
    .selectFrom('authority')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('public_key_hash', '=', publicKeyHash)
    .where('state', '!=', 'DESTROYED')
    .orderBy('authority_id')
    .limit(100)
    .execute();
}

export async function countAuthorities(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('authority')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .where('state', '!=', 'DESTROYED')
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertAuthority(tx: AnyTransaction, row: AuthorityRow): Promise<void> {
  await own(tx).insertInto('authority').values(row).execute();
}

/** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceAuthority(tx: AnyTransaction, row: AuthorityRow): Promise<boolean> {
  const { authority_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('authority')
    .set(columns)
    .where('authority_id', '=', authority_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Whether the authority is as it was read. */
export async function isUnchanged(tx: AnyTransaction, row: AuthorityRow): Promise<boolean> {
  const [found] = await versionOf(own(tx), row.authority_id);
  return found?.version === row.version;
}

export interface DueAuthority {
  authority_id: string;
  restorable_until: number;
}

/** Whose time is over, in its order. */
export async function listDue(
  db: Reader,
  now: number,
  after: DueAuthority | undefined,
  limit: number,
): Promise<DueAuthority[]> {
  let query = db
    .selectFrom('authority')
    .select(['authority_id', 'restorable_until'])
    .where('restorable_until', '<=', now);
  if (after)
    query = query.where((eb) =>
      eb.or([
        eb('restorable_until', '>', after.restorable_until),
        eb.and([eb('restorable_until', '=', after.restorable_until), eb('authority_id', '>', after.authority_id)]),
      ]),
    );
  return (await query.orderBy('restorable_until').orderBy('authority_id').limit(limit).execute()) as DueAuthority[];
}
