/** Finds certificates from elsewhere, in the orders of issued ones: each question by one index of migration 0009. */
import { type SqlBool, sql } from 'kysely';
import type { KeptCertificateRow } from '../../domain/scm/rows.ts';
import type { Reader } from '../authority-queries.ts';
import type { Place, Range } from './certificate-search.ts';

/** Newest first: of an account, or of one key in it. */
export function listKeptNewest(
  db: Reader,
  { accountId, keyHash }: { accountId: string; keyHash?: string | undefined },
  { after, limit }: Range<Place>,
): Promise<KeptCertificateRow[]> {
  let query = db.selectFrom('kept_certificate').selectAll().where('account_id', '=', accountId);
  if (keyHash !== undefined) query = query.where('public_key_hash', '=', keyHash);
  if (after) query = query.where(sql<SqlBool>`(created_at, certificate_id) < (${after[0]}, ${after[1]})`);
  return query.orderBy('created_at', 'desc').orderBy('certificate_id', 'desc').limit(limit).execute();
}

/** Those of an account that expire from `from` on and before `until`, the soonest first. */
export function listKeptExpiring(
  db: Reader,
  { accountId, from, until }: { accountId: string; from: number; until: number },
  { after, limit }: Range<Place>,
): Promise<KeptCertificateRow[]> {
  let query = db
    .selectFrom('kept_certificate')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('not_after', '<', until);
  query = after
    ? query.where(sql<SqlBool>`(not_after, certificate_id) > (${after[0]}, ${after[1]})`)
    : query.where('not_after', '>=', from);
  return query.orderBy('not_after').orderBy('certificate_id').limit(limit).execute();
}

export function listKeptWithSerial(db: Reader, accountId: string, serial: string): Promise<KeptCertificateRow[]> {
  return db
    .selectFrom('kept_certificate')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('serial', '=', serial)
    .orderBy('certificate_id')
    .limit(100)
    .execute();
}

/** Of all accounts, those that expire after `from` and not after `until`. */
export function listKeptExpiringOfAll(
  db: Reader,
  { from, until }: { from: number; until: number },
  { after, limit }: Range<Place>,
): Promise<KeptCertificateRow[]> {
  let query = db.selectFrom('kept_certificate').selectAll().where('not_after', '<=', until);
  query = after
    ? query.where(sql<SqlBool>`(not_after, certificate_id) > (${after[0]}, ${after[1]})`)
    : query.where('not_after', '>', from);
  return query.orderBy('not_after').orderBy('certificate_id').limit(limit).execute();
}
