/** One inventory out of two tables: certificates that were issued here, and those from elsewhere. */
import type { CertificateNameRow, CertificateRow } from '../../domain/rows.ts';
import type { KeptCertificateRow } from '../../domain/scm/rows.ts';
import type { Reader } from '../authority-queries.ts';
import { readCertificateRow } from '../certificate-queries.ts';
import { KEPT, readKept } from '../scm/kept-queries.ts';

export type Listed = { kind: 'issued'; row: CertificateRow } | { kind: 'kept'; row: KeptCertificateRow };

export const asIssued = (row: CertificateRow): Listed => ({ kind: 'issued', row });
export const asKept = (row: KeptCertificateRow): Listed => ({ kind: 'kept', row });

/** What stands beside the moment in every order: the serial number of an issued one, the id of one from elsewhere. */
export function idOf(listed: Listed): string {
  return listed.kind === 'issued' ? listed.row.serial : listed.row.certificate_id;
}

/** In the order of what was asked for. */
export async function readListed(
  db: Reader,
  wanted: readonly Pick<CertificateNameRow, 'authority_id' | 'serial'>[],
): Promise<(Listed | undefined)[]> {
  const found: (Listed | undefined)[] = [];
  for (const { authority_id, serial } of wanted) {
    if (authority_id === KEPT) {
      const row = await readKept(db, serial);
      found.push(row && asKept(row));
    } else {
      const row = await readCertificateRow(db, authority_id, serial);
      found.push(row && asIssued(row));
    }
  }
  return found;
}
