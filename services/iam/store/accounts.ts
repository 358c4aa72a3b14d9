import type { AccountRow, Db, Range, Tx } from './db.ts';

export function accountById(db: Db, accountId: string): Promise<AccountRow | undefined> {
  return db.selectFrom('account').selectAll().where('account_id', '=', accountId).executeTakeFirst();
}

export function managementAccount(db: Db): Promise<AccountRow | undefined> {
  return db.selectFrom('account').selectAll().where('kind', '=', 'management').executeTakeFirst();
}

export function listAccounts(db: Db, range: Range): Promise<AccountRow[]> {
  return db
    .selectFrom('account')
    .selectAll()
    .where('account_id', '>', range.after ?? '')
    .orderBy('account_id')
    .limit(range.limit)
    .execute();
}

/** Serialises whatever counts against the limits of an account. */
export async function lockAccount(tx: Tx, accountId: string): Promise<void> {
  await tx
    .selectFrom('account')
    .select('account_id')
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst();
}

export async function insertAccount(tx: Tx, row: AccountRow): Promise<void> {
  await tx.insertInto('account').values(row).execute();
}

export async function countAccounts(db: Db): Promise<number> {
  const row = await db
    .selectFrom('account')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Accounts by id or by address (letter case of addresses does not matter); at most `limit`. */
export function accountsByIdOrEmail(
  db: Db,
  accountIds: readonly string[],
  emails: readonly string[],
  limit: number,
): Promise<AccountRow[]> {
  return db
    .selectFrom('account')
    .selectAll()
    .where((eb) =>
      eb.or([
        ...(accountIds.length > 0 ? [eb('account_id', 'in', accountIds)] : []),
        ...(emails.length > 0
          ? [
              eb(
                eb.fn<string>('lower', ['email']),
                'in',
                emails.map((email) => email.toLowerCase()),
              ),
            ]
          : []),
      ]),
    )
    .orderBy('account_id')
    .limit(limit)
    .execute();
}
