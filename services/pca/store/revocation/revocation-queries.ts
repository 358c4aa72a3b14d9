/** Every query about revoked certificates. Rows go in and out as they are: whether they are genuine `RowGuard` says. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import { LISTED, ON_LIST, type RevocationRow, revocationRowBytes, TO_BE_LISTED } from '../../domain/revocation/rows.ts';
import type { CertificateRow } from '../../domain/rows.ts';
import { own, type Reader } from '../authority-queries.ts';
import { revocationsOfHash } from '../issuing-statements.ts';

const AT_ONCE = 400;

export function guardedRevocation(row: RevocationRow): GuardedRow {
  const name = `revocation of ${row.serial} of ${row.authority_id}`;
  return { name, data: revocationRowBytes(row), mac: row.row_mac };
}

export function readRevocation(db: Reader, authorityId: string, serial: string): Promise<RevocationRow | undefined> {
  return db
    .selectFrom('revocation')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('serial', '=', serial)
    .executeTakeFirst();
}

/** Those there are of certificates of an authority. */
export async function readRevocations(
  db: Reader,
  authorityId: string,
  serials: readonly string[],
): Promise<RevocationRow[]> {
  const found: RevocationRow[] = [];
  for (let from = 0; from < serials.length; from += AT_ONCE)
    found.push(
      ...(await db
        .selectFrom('revocation')
        .selectAll()
        .where('authority_id', '=', authorityId)
        .where('serial', 'in', serials.slice(from, from + AT_ONCE))
        .execute()),
    );
  return found;
}

/** Of many certificates, those that have one. */
export async function revocationsOf(
  db: Reader,
  certificates: readonly Pick<CertificateRow, 'authority_id' | 'serial'>[],
): Promise<RevocationRow[]> {
  const serials = new Map<string, string[]>();
  for (const { authority_id, serial } of certificates)
    serials.set(authority_id, [...(serials.get(authority_id) ?? []), serial]);
  const found: RevocationRow[] = [];
  for (const [authorityId, all] of serials) found.push(...(await readRevocations(db, authorityId, all)));
  return found;
}

/** The row in place of the one with the MAC `from`, or where there is none; false: somebody was faster. */
export async function writeRevocation(
  tx: AnyTransaction,
  row: RevocationRow,
  from: Buffer | undefined,
): Promise<boolean> {
  if (from === undefined) {
    const inserted = await own(tx)
      .insertInto('revocation')
      .values(row)
      .onConflict((conflict) => conflict.columns(['authority_id', 'serial']).doNothing())
      .executeTakeFirst();
    return inserted.numInsertedOrUpdatedRows === 1n;
  }
  const { authority_id, serial, listed: _, ...columns } = row;
  const updated = await own(tx)
    .updateTable('revocation')
    // A list may have been made since the row was read.
    .set((eb) => ({
      ...columns,
      listed: eb.case().when('listed', 'in', ON_LIST).then(eb.lit(LISTED.changed)).else(eb.lit(LISTED.pending)).end(),
    }))
    .where('authority_id', '=', authority_id)
    .where('serial', '=', serial)
    .where('row_mac', '=', from)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

/** What became of a certificate, in its own row; false: somebody has written it since it had the MAC `from`. */
export async function markCertificate(tx: AnyTransaction, row: CertificateRow, from: Buffer): Promise<boolean> {
  const { authority_id, serial, revocation_state, revocation_reason, revoked_at, row_mac } = row;
  const updated = await own(tx)
    .updateTable('certificate')
    .set({ revocation_state, revocation_reason, revoked_at, row_mac })
    .where('authority_id', '=', authority_id)
    .where('serial', '=', serial)
    .where('row_mac', '=', from)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

/** Those of the hashes whose certificate is not to be trusted. */
export async function revokedAmong(db: Reader, hashes: readonly string[]): Promise<RevocationRow[]> {
  const found: RevocationRow[] = [];
  for (const certificateHash of hashes) found.push(...(await revocationsOfHash(db, certificateHash)));
  return found;
}

interface ListOf {
  authorityId: string;
  shard: number;
}

/** What the list does not show yet, or not as it is. */
export function pendingRevocations(
  db: Reader,
  { authorityId, shard }: ListOf,
  limit: number,
): Promise<RevocationRow[]> {
  return db
    .selectFrom('revocation')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('shard', '=', shard)
    .where('listed', 'in', TO_BE_LISTED)
    .limit(limit)
    .execute();
}

/** What the list shows although its end came before `before`. */
export function expiredRevocations(
  db: Reader,
  { authorityId, shard }: ListOf,
  before: number,
): Promise<RevocationRow[]> {
  return db
    .selectFrom('revocation')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('shard', '=', shard)
    .where('listed', '=', LISTED.listed)
    .where('not_after', '<', before)
    .execute();
}

/** All that the list shows as it is. */
export function listedRevocations(db: Reader, { authorityId, shard }: ListOf): Promise<RevocationRow[]> {
  return db
    .selectFrom('revocation')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('shard', '=', shard)
    .where('listed', '=', LISTED.listed)
    .execute();
}

export async function countListed(db: Reader, { authorityId, shard }: ListOf): Promise<number> {
  const { count } = await db
    .selectFrom('revocation')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('authority_id', '=', authorityId)
    .where('shard', '=', shard)
    .where('listed', 'in', ON_LIST)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Rows that still are what they were when the list was made. */
export async function markListed(tx: AnyTransaction, rows: readonly RevocationRow[], listed: number): Promise<void> {
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = rows.slice(from, from + AT_ONCE);
    await own(tx)
      .updateTable('revocation')
      .set({ listed })
      .where('authority_id', '=', some[0]!.authority_id)
      .where(
        'serial',
        'in',
        some.map(({ serial }) => serial),
      )
      .where(
        'row_mac',
        'in',
        some.map(({ row_mac }) => row_mac),
      )
      .execute();
  }
}

/** Those from before the authority had lists. */
export function unassignedRevocations(db: Reader, authorityId: string): Promise<RevocationRow[]> {
  return db
    .selectFrom('revocation')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('shard', 'is', null)
    .execute();
}

export async function assignShard(tx: AnyTransaction, row: RevocationRow, shard: number): Promise<void> {
  await own(tx)
    .updateTable('revocation')
    .set({ shard })
    .where('authority_id', '=', row.authority_id)
    .where('serial', '=', row.serial)
    .execute();
}

/** Issued certificates of the account for a key, by authority and serial number. */
export function certificatesWithKey(
  db: Reader,
  key: { accountId: string; publicKeyHash: string },
  after: readonly [authorityId: string, serial: string],
  limit: number,
): Promise<Pick<CertificateRow, 'authority_id' | 'serial' | 'not_after' | 'template'>[]> {
  return db
    .selectFrom('certificate')
    .select(['authority_id', 'serial', 'not_after', 'template'])
    .where('account_id', '=', key.accountId)
    .where('public_key_hash', '=', key.publicKeyHash)
    .where('state', '=', 'issued')
    .where((eb) =>
      eb.or([
        eb('authority_id', '>', after[0]),
        eb.and([eb('authority_id', '=', after[0]), eb('serial', '>', after[1])]),
      ]),
    )
    .orderBy('authority_id')
    .orderBy('serial')
    .limit(limit)
    .execute();
}
