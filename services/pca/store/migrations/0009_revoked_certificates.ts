/**
 * What became of a certificate stands in its own row too, under the MAC of that row: a row of revocation that somebody
 * removes or puts back does not make the certificate good. Of certificates that were never revoked all three are null.
 */
import type { Migration } from '../../../../platform/store/index.ts';

export const revokedCertificates: Migration = {
  name: '0009_revoked_certificates',
  async up(db) {
    await db.schema.alterTable('certificate').addColumn('revocation_state', 'text').execute();
    await db.schema.alterTable('certificate').addColumn('revocation_reason', 'integer').execute();
    await db.schema.alterTable('certificate').addColumn('revoked_at', 'integer').execute();
  },
};
