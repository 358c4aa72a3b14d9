/**
 * Finds issued certificates, each question by one index of migration 0005, in its order. What is found is a candidate: its
 * row is to be verified, and other filters are asked of the row.
 */
import { type Expression, type SqlBool, sql } from 'kysely';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { prepareWrite } from '../../../../platform/store/prepared-query.ts';
import type { CertificateNameRow, CertificateRow } from '../../domain/rows.ts';
import { endOfPrefix } from '../../domain/search/name-key.ts';
import { own, type Reader } from '../authority-queries.ts';

/** A place in an order: the value it goes by, and the serial number among equal ones. */
export type Place = readonly [at: number, serial: string];
/** The same in the order of names. */
export type NamePlace = readonly [name: string, ...place: Place];

/** Literally: the planner must see that it is the condition of the index. */
const ISSUED = sql.lit('issued' as const);

export interface Range<P> {
  after: P | undefined;
  limit: number;
}

const issued = (db: Reader) => db.selectFrom('certificate').selectAll().where('state', '=', ISSUED);

/** Newest first: of an account, of one key in it, or of an authority. */
export function listNewest(
  db: Reader,
  of: { authorityId: string } | { accountId: string; keyHash?: string | undefined },
  { after, limit }: Range<Place>,
): Promise<CertificateRow[]> {
  let query = issued(db);
  if ('authorityId' in of) query = query.where('authority_id', '=', of.authorityId);
  else query = query.where('account_id', '=', of.accountId);
  if ('keyHash' in of && of.keyHash !== undefined) query = query.where('public_key_hash', '=', of.keyHash);
  if (after) query = query.where(before('created_at', 'serial', after));
  return query.orderBy('created_at', 'desc').orderBy('serial', 'desc').limit(limit).execute();
}

/** Those of an account that expire from `from` on and before `until`, the soonest first. */
export function listExpiring(
  db: Reader,
  { accountId, from, until }: { accountId: string; from: number; until: number },
  { after, limit }: Range<Place>,
): Promise<CertificateRow[]> {
  let query = issued(db).where('account_id', '=', accountId).where('not_after', '<', until);
  query = after
    ? query.where(sql<SqlBool>`(not_after, serial) > (${after[0]}, ${after[1]})`)
    : query.where('not_after', '>=', from);
  return query.orderBy('not_after').orderBy('serial').limit(limit).execute();
}

/** With that serial number, by whichever authority of the account. */
export function listWithSerial(db: Reader, accountId: string, serial: string): Promise<CertificateRow[]> {
  const authorities = db.selectFrom('authority').select('authority_id').where('account_id', '=', accountId);
  return issued(db).where('authority_id', 'in', authorities).where('serial', '=', serial).execute();
}

/** With exactly that name, newest first. */
export function listNamed(
  db: Reader,
  { accountId, name }: { accountId: string; name: string },
  { after, limit }: Range<Place>,
): Promise<CertificateNameRow[]> {
  let query = db
    .selectFrom('certificate_name')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name);
  if (after) query = query.where(before('created_at', 'serial', after));
  return query.orderBy('created_at', 'desc').orderBy('serial', 'desc').limit(limit).execute();
}

/** With names that begin like that, the last of them first, and the newest of each. */
export function listNamedBelow(
  db: Reader,
  { accountId, prefix }: { accountId: string; prefix: string },
  { after, limit }: Range<NamePlace>,
): Promise<CertificateNameRow[]> {
  let query = db
    .selectFrom('certificate_name')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '>=', prefix);
  query = after
    ? query.where(sql<SqlBool>`(name, created_at, serial) < (${after[0]}, ${after[1]}, ${after[2]})`)
    : query.where('name', '<', endOfPrefix(prefix));
  return query.orderBy('name', 'desc').orderBy('created_at', 'desc').orderBy('serial', 'desc').limit(limit).execute();
}

const before = (at: string, serial: string, place: Place): Expression<SqlBool> =>
  sql<SqlBool>`(${sql.ref(at)}, ${sql.ref(serial)}) < (${place[0]}, ${place[1]})`;

const insertName = prepareWrite<{ certificate_name: CertificateNameRow }, CertificateNameRow>((db, row) =>
  db.insertInto('certificate_name').values(row),
);

/** In the transaction that makes the certificate one that was issued. */
export async function insertNames(tx: AnyTransaction, row: CertificateRow, names: readonly string[]): Promise<void> {
  const { account_id, created_at, serial, authority_id } = row;
  for (const name of names) await insertName(own(tx) as never, { account_id, name, created_at, serial, authority_id });
}
