/** Whether another certificate was issued in the place of one: by ReissueCertificate, or by an ACME client that said so. */
import type { PcaDeps } from '../../deps.ts';
import type { CertificateRow } from '../../domain/rows.ts';
import { linksOf } from '../../ops/scm/reissues.ts';
import { guardedOrder, readReplacingOrder } from '../../store/acme/account-queries.ts';
import type { Listed } from '../../store/search/listed.ts';

export async function isReplaced(deps: PcaDeps, listed: Listed): Promise<boolean> {
  // One from elsewhere is replaced under its own ARN.
  if (listed.kind === 'kept') return false;
  return (await linksOf(deps, listed.row)).replacedBy !== undefined || isReplacedByOrder(deps, listed.row);
}

async function isReplacedByOrder(deps: PcaDeps, { authority_id, serial }: CertificateRow): Promise<boolean> {
  const order = await readReplacingOrder(deps.store.read, authority_id, serial);
  if (!order) return false;
  await deps.guard.verify([guardedOrder(order)]);
  return true;
}
