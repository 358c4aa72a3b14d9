/** How many orders an account and a directory may make, and have open; asked in the commit that makes another one. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { ORDER_MS, type Order } from '../../domain/acme/order.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import type { AcmeAccountRow } from '../../domain/acme/rows.ts';
import {
  MAX_ACME_ORDERS_PER_HOUR,
  MAX_ACME_ORDERS_PER_HOUR_AND_ACCOUNT,
  MAX_OPEN_ACME_ORDERS_PER_ACCOUNT,
  MAX_PENDING_ACME_AUTHORIZATIONS_PER_ACCOUNT,
} from '../../domain/limits.ts';
import { countOrdersSince, listOpenOrders } from '../../store/acme/account-queries.ts';
import { HOUR_MS } from './accounts.ts';
import { readBody } from './order-rows.ts';

const HOUR_SECONDS = HOUR_MS / 1000;

export async function requireRoom(
  tx: AnyTransaction,
  { acme_account_id: acmeAccountId, directory_id: directoryId }: AcmeAccountRow,
  wanted: Order,
  now: number,
): Promise<void> {
  const since = now - HOUR_MS;
  if ((await countOrdersSince(tx, { directoryId, acmeAccountId }, since)) >= MAX_ACME_ORDERS_PER_HOUR_AND_ACCOUNT)
    throw limited(`the account has made ${MAX_ACME_ORDERS_PER_HOUR_AND_ACCOUNT} orders within an hour`, HOUR_SECONDS);
  if ((await countOrdersSince(tx, { directoryId }, since)) >= MAX_ACME_ORDERS_PER_HOUR)
    throw limited(`the directory has taken ${MAX_ACME_ORDERS_PER_HOUR} orders within an hour`, HOUR_SECONDS);
  const open = await listOpenOrders(tx, acmeAccountId, now - ORDER_MS, MAX_OPEN_ACME_ORDERS_PER_ACCOUNT);
  const [oldest] = open;
  if (!oldest) return;
  // The oldest one ends by itself then, if nobody ends one before.
  const wait = Math.min(HOUR_SECONDS, Math.ceil((oldest.created_at + ORDER_MS - now) / 1000));
  if (open.length >= MAX_OPEN_ACME_ORDERS_PER_ACCOUNT)
    throw limited(`the account has ${open.length} open orders: finish them, or wait for their end`, wait);
  const pending = open.reduce((sum, row) => sum + pendingOf(readBody(row)), 0);
  if (pending + pendingOf(wanted) > MAX_PENDING_ACME_AUTHORIZATIONS_PER_ACCOUNT)
    throw limited(`the account has ${pending} names that are still to be proven: prove them, or give them up`, wait);
}

function pendingOf({ status, authorizations }: Order): number {
  return status === 'pending' ? authorizations.filter((one) => one.status === 'pending').length : 0;
}

const limited = (detail: string, retryAfterSeconds: number) =>
  new AcmeProblem('rateLimited', detail, { retryAfterSeconds });
