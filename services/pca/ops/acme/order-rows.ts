/**
 * Orders as they are stored. A change starts from the version that was read; when somebody else was faster it is made
 * again from what that one left. The record of a change is in its commit, with the principal of the account.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { Origin } from '../../../../platform/runtime/call.ts';
import type { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { type Order, statusColumn } from '../../domain/acme/order.ts';
import { type AcmeAccountRow, type OrderRow, orderRowBytes } from '../../domain/acme/rows.ts';
import { guardedOrder, readOrder, replaceOrder } from '../../store/acme/account-queries.ts';
import type { Directory } from './directory-access.ts';
import { type Recorded, recordIn } from './record.ts';

/** How long the one who answers a request has before a job looks after what it began. */
export const RESUME_MS = 60_000;
const MOST_TRIES = 10;

export interface Doing {
  directory: Directory;
  account: AcmeAccountRow;
  /** Of the request; absent: a job does it. */
  origin?: Origin | undefined;
}

export function readBody({ body }: Pick<OrderRow, 'body'>): Order {
  return JSON.parse(body) as Order;
}

/** Undefined also for one of another account. */
export async function orderById(
  deps: PcaDeps,
  account: AcmeAccountRow,
  orderId: string,
): Promise<OrderRow | undefined> {
  const row = await verifiedOrder(deps, orderId);
  return row?.acme_account_id === account.acme_account_id && row.directory_id === account.directory_id
    ? row
    : undefined;
}

export async function verifiedOrder(deps: PcaDeps, orderId: string): Promise<OrderRow | undefined> {
  const row = await readOrder(deps.store.read, orderId);
  if (!row) return undefined;
  await deps.guard.verify([guardedOrder(row)]);
  if (row.order_id !== orderId) throw deps.guard.refuse(`ACME order ${orderId}`, 'the row is about another order');
  return row;
}

export async function sealedOrder(deps: PcaDeps, row: Omit<OrderRow, 'row_mac'>): Promise<OrderRow> {
  const [row_mac] = await deps.guard.seal([orderRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

export interface OrderStep {
  operation: (typeof AcmeRecords)[keyof typeof AcmeRecords];
  /** Undefined: there is nothing to change. */
  next(order: Order): Order | undefined;
  recorded?(order: Order): Partial<Recorded>;
}

/** The order after the step, or as it is when there was nothing to change. */
export async function changeOrder(
  deps: PcaDeps,
  doing: Doing,
  orderId: string,
  { operation, next, recorded }: OrderStep,
): Promise<{ row: OrderRow; changed: boolean }> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const row = await orderById(deps, doing.account, orderId);
    if (!row) break;
    const order = next(readBody(row));
    if (!order) return { row, changed: false };
    const changed = await editedOrder(deps, row, order);
    const done = await deps.store.transaction(async (tx) => {
      if (!(await replaceOrder(tx, changed))) return false;
      await recordIn(deps, tx, doing, operation, { OrderId: orderId, ...recorded?.(order) });
      return true;
    });
    if (done) return { row: changed, changed: true };
  }
  throw new ServiceError('Unavailable', `ACME order ${orderId} is changed by others all the time`, {
    details: { retryAfterSeconds: 1 },
  });
}

function editedOrder(deps: PcaDeps, { row_mac, ...row }: OrderRow, order: Order): Promise<OrderRow> {
  return sealedOrder(deps, {
    ...row,
    status: statusColumn(order),
    body: JSON.stringify(order),
    serial: order.certificate ?? null,
    due_at: dueAt(order, deps.clock.now()),
    version: row.version + 1,
  });
}

/** When a job has to look at it. */
export function dueAt(order: Order, now: number): number | null {
  if (order.status === 'valid' || order.status === 'invalid') return null;
  const isBusy =
    order.status === 'processing' ||
    order.authorizations.some(({ challenges }) => challenges.some(({ status }) => status === 'processing'));
  return isBusy ? Math.min(now + RESUME_MS, order.expiresAt) : order.expiresAt;
}
