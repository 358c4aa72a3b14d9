import type { Db, Tx } from './db.ts';

export interface RootClaim {
  account_id: string;
  digest: Buffer;
  expires_at: number;
}

export function rootClaimOf(db: Db, accountId: string): Promise<RootClaim | undefined> {
  return db.selectFrom('root_claim').selectAll().where('account_id', '=', accountId).executeTakeFirst();
}

/** Replaces an earlier claim of the account. */
export async function putRootClaim(tx: Tx, claim: RootClaim): Promise<void> {
  const { digest, expires_at } = claim;
  await tx
    .insertInto('root_claim')
    .values(claim)
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet({ digest, expires_at }))
    .execute();
}

/** False when the claim was used or replaced meanwhile. */
export async function takeRootClaim(tx: Tx, claim: RootClaim): Promise<boolean> {
  const result = await tx
    .deleteFrom('root_claim')
    .where('account_id', '=', claim.account_id)
    .where('digest', '=', claim.digest)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
