/** What every certificate that is issued asks of the database, with the texts made once: see `prepared-query.ts`. */
import { prepareQuery, prepareWrite } from '../../../platform/store/prepared-query.ts';
import type { RevocationRow } from '../domain/revocation/rows.ts';
import type { AuthorityRow, CertificateRow } from '../domain/rows.ts';
import type { PcaTables } from './tables.ts';

export const authorityById = prepareQuery<PcaTables, [authorityId: string], AuthorityRow>((db, authorityId) =>
  db.selectFrom('authority').selectAll().where('authority_id', '=', authorityId),
);

export const authoritiesWithKey = prepareQuery<
  PcaTables,
  [publicKeyHash: string],
  Pick<AuthorityRow, 'authority_id' | 'subject_hash'>
>((db, publicKeyHash) =>
  db
    .selectFrom('authority')
    .select(['authority_id', 'subject_hash'])
    .where('public_key_hash', '=', publicKeyHash)
    .limit(2),
);

export const versionOf = prepareQuery<PcaTables, [authorityId: string], Pick<AuthorityRow, 'version'>>(
  (db, authorityId) => db.selectFrom('authority').select('version').where('authority_id', '=', authorityId),
);

export const blockedKey = prepareQuery<PcaTables, [accountId: string, hash: string], PcaTables['blocked_key']>(
  (db, accountId, hash) =>
    db.selectFrom('blocked_key').selectAll().where('account_id', '=', accountId).where('public_key_hash', '=', hash),
);

export const revocationsOfHash = prepareQuery<PcaTables, [certificateHash: string], RevocationRow>(
  (db, certificateHash) =>
    db
      .selectFrom('revocation')
      .selectAll()
      .where('certificate_hash', '=', certificateHash)
      .where('state', '!=', 'released'),
);

export const certificateBySerial = prepareQuery<PcaTables, [authorityId: string, serial: string], CertificateRow>(
  (db, authorityId, serial) =>
    db.selectFrom('certificate').selectAll().where('authority_id', '=', authorityId).where('serial', '=', serial),
);

export const insertReserved = prepareWrite<PcaTables, CertificateRow>((db, row) =>
  db
    .insertInto('certificate')
    .values(row)
    .onConflict((conflict) => conflict.columns(['authority_id', 'serial']).doNothing()),
);

export const updateReserved = prepareWrite<
  PcaTables,
  Pick<CertificateRow, 'authority_id' | 'serial' | 'state' | 'certificate' | 'row_mac'>
>((db, { authority_id, serial, ...ended }) =>
  db
    .updateTable('certificate')
    .set(ended)
    .where('authority_id', '=', authority_id)
    .where('serial', '=', serial)
    .where('state', '=', 'reserved'),
);
