/** Every query about private keys of certificates. Whether rows are genuine is for `RowGuard` to say. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import { type CertificateKeyRow, certificateKeyRowBytes, type KeyName } from '../../domain/keys/rows.ts';
import { own, type Reader } from '../authority-queries.ts';

export function guardedKey(row: CertificateKeyRow): GuardedRow {
  const name = `private key of ${row.certificate_arn}, version ${row.version}`;
  return { name, data: certificateKeyRowBytes(row), mac: row.row_mac };
}

export function readKeyRow(db: Reader, name: KeyName): Promise<CertificateKeyRow | undefined> {
  return db
    .selectFrom('certificate_key')
    .selectAll()
    .where('certificate_arn', '=', name.certificateArn)
    .where('version', '=', name.version)
    .where('account_id', '=', name.accountId)
    .executeTakeFirst();
}

/** False when that version of the certificate has a key. */
export async function insertKey(tx: AnyTransaction, row: CertificateKeyRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('certificate_key')
    .values(row)
    .onConflict((conflict) => conflict.columns(['certificate_arn', 'version']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** False when there was none. */
export async function deleteKeyRow(tx: AnyTransaction, name: KeyName): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('certificate_key')
    .where('certificate_arn', '=', name.certificateArn)
    .where('version', '=', name.version)
    .where('account_id', '=', name.accountId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Those of all certificates that an authority issued. */
export async function deleteKeysOf(tx: AnyTransaction, authorityArn: string): Promise<void> {
  await own(tx)
    .deleteFrom('certificate_key')
    .where('certificate_arn', '>', `${authorityArn}/certificate/`)
    // The character after the slash: a range of the primary key.
    .where('certificate_arn', '<', `${authorityArn}/certificate0`)
    .execute();
}

/** Of all versions of the certificate. */
export async function deleteKeyVersions(
  tx: AnyTransaction,
  { certificateArn, accountId }: Pick<KeyName, 'certificateArn' | 'accountId'>,
): Promise<void> {
  await own(tx)
    .deleteFrom('certificate_key')
    .where('certificate_arn', '=', certificateArn)
    .where('account_id', '=', accountId)
    .execute();
}
