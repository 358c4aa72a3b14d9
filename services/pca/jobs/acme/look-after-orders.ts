/**
 * Goes on with what a process began and did not finish, ends orders whose time is over, and forgets nonces that nobody
 * could use again.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { Job } from '../../../../platform/runtime/service.ts';
import { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { abandon, atTime } from '../../domain/acme/order.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import type { OrderRow } from '../../domain/acme/rows.ts';
import { accountById } from '../../ops/acme/account-rows.ts';
import { directoryById } from '../../ops/acme/directory-access.ts';
import { issueOrder } from '../../ops/acme/finalize.ts';
import { changeOrder, type Doing, readBody, sealedOrder, verifiedOrder } from '../../ops/acme/order-rows.ts';
import { forgetNonces, listDueOrders, replaceOrder } from '../../store/acme/account-queries.ts';

const BATCH = 100;
/** INVARIANT: shorter than IssueCertificate remembers its tokens, so that nothing is issued a second time. */
const REPEATABLE_MS = 4 * 60_000;

export const lookAfterOrders: Job<PcaDeps> = {
  name: 'pca-acme-orders',
  everyMs: 15_000,
  async run(deps) {
    const now = deps.clock.now();
    for (let after = ''; ; ) {
      const rows = await listDueOrders(deps.store.read, now, after, BATCH);
      for (const { order_id } of rows) await lookAfter(deps, order_id, now);
      after = rows.at(-1)?.order_id ?? '';
      if (rows.length < BATCH) break;
    }
    await deps.store.transaction((tx) => forgetNonces(tx, now));
  },
};

async function lookAfter(deps: PcaDeps, orderId: string, now: number): Promise<void> {
  try {
    const row = await verifiedOrder(deps, orderId);
    if (!row) return;
    const directory = await directoryById(deps, row.directory_id);
    const account = directory && (await accountById(deps, row.directory_id, row.acme_account_id));
    if (directory && account) await goOn(deps, { directory, account }, row, now);
    else await forget(deps, row);
  } catch (error) {
    // An order that was reopened is told to its client; a row that does not verify stays, for the investigation.
    if (error instanceof AcmeProblem) return;
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ orderId, err: error.message }, 'ACME order is not looked after');
  }
}

async function goOn(deps: PcaDeps, doing: Doing, row: OrderRow, now: number): Promise<void> {
  const order = readBody(row);
  if (order.status === 'processing') return goOnIssuing(deps, doing, row, now);
  if (atTime(order, now) !== order) {
    await changeOrder(deps, doing, row.order_id, {
      operation: order.preauthorization ? AcmeRecords.authorizationEnded : AcmeRecords.orderEnded,
      next: (found) => {
        const ended = atTime(found, now);
        return ended === found ? undefined : ended;
      },
    });
    return;
  }
  for (const [authorization, { challenges }] of order.authorizations.entries())
    for (const [challenge, { status }] of challenges.entries())
      if (status === 'processing')
        await deps.acme.validator.validate(deps, doing, row.order_id, { authorization, challenge });
}

async function goOnIssuing(deps: PcaDeps, doing: Doing, row: OrderRow, now: number): Promise<void> {
  if (now < (readBody(row).processingAt ?? 0) + REPEATABLE_MS) {
    await issueOrder(deps, doing, row);
    return;
  }
  const lost = new AcmeProblem('serverInternal', 'it is not known what was issued: order again').document();
  await changeOrder(deps, doing, row.order_id, {
    operation: AcmeRecords.orderEnded,
    next: (order) => abandon(order, lost),
  });
}

/** Its directory was deleted: nobody asks for it any more. */
async function forget(deps: PcaDeps, { row_mac, ...row }: OrderRow): Promise<void> {
  const resting = await sealedOrder(deps, { ...row, due_at: null, version: row.version + 1 });
  await deps.store.transaction((tx) => replaceOrder(tx, resting));
}
