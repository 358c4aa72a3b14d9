/**
 * How certificates are found among ten million. Certificates that were issued are indexed, reservations are not: an index
 * on a part of the table gets its entry in the commit that makes the certificate `issued`. Names stand in a table of their
 * own, in the form of `domain/search/name-key.ts`.
 */
import type { Migration } from '../../../../platform/store/index.ts';

export const certificateIndex: Migration = {
  name: '0005_certificate_index',
  async up(db) {
    const ofIssued = (name: string, columns: string[]) =>
      db.schema.createIndex(name).on('certificate').columns(columns).where('state', '=', 'issued').execute();
    await ofIssued('certificate_newest', ['account_id', 'created_at', 'serial']);
    await ofIssued('certificate_newest_of_authority', ['authority_id', 'created_at', 'serial']);
    await ofIssued('certificate_expiry', ['account_id', 'not_after', 'serial']);
    await ofIssued('certificate_newest_of_key', ['account_id', 'public_key_hash', 'created_at', 'serial']);
    // The one above serves its purpose too, with half the entry for each certificate.
    await db.schema.dropIndex('certificate_key').execute();
    // Reservations are few; an entry for each certificate there is would be most of the index.
    await db.schema.dropIndex('certificate_reserved').execute();
    await db.schema
      .createIndex('certificate_open')
      .on('certificate')
      .columns(['state', 'created_at'])
      .where('state', '=', 'reserved')
      .execute();

    await db.schema
      .createTable('certificate_name')
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('serial', 'text', (c) => c.notNull())
      .addColumn('authority_id', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('certificate_name_newest')
      .on('certificate_name')
      .columns(['account_id', 'name', 'created_at', 'serial'])
      .execute();
  },
};
