/** What orders, and authorizations that are asked for before any, have in common: how they are proven, and stored. */
import { randomBytes } from 'node:crypto';
import type { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { type Identifier, isPreapproved } from '../../domain/acme/identifier.ts';
import {
  challengesFor,
  ORDER_MS,
  type Order,
  type Proven,
  statusColumn,
  takenOver,
  type Wanted,
} from '../../domain/acme/order.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import type { OrderRow } from '../../domain/acme/rows.ts';
import {
  guardedOrder,
  insertOrder,
  listPreauthorizations,
  lockAccount,
  readReplacement,
} from '../../store/acme/account-queries.ts';
import type { Directory } from './directory-access.ts';
import { requireRoom } from './order-limits.ts';
import { dueAt, readBody, sealedOrder } from './order-rows.ts';
import { recordIn } from './record.ts';
import { doing, type FromAccount } from './request.ts';

const TOKEN_BYTES = 32;
const MOST_PREAUTHORIZATIONS = 1_000;

export function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** How an identifier that the directory takes is proven; throws when it cannot be. */
export function wantedOf(identifier: Identifier, rules: Directory['rules'], proven?: Proven): Wanted {
  const needsProof = !isPreapproved(identifier, rules);
  const challenges = challengesFor(identifier, rules.networks.length > 0);
  if (needsProof && challenges.length === 0)
    throw new AcmeProblem('rejectedIdentifier', `the directory cannot validate ${identifier.value}`);
  return { identifier, needsProof, challenges, proven: needsProof ? proven : undefined };
}

/** What the account has proven without an order, by the value of the identifier; of a wildcard nothing. */
export async function provenBefore(
  deps: PcaDeps,
  { account, call }: FromAccount,
  identifiers: readonly Identifier[],
): Promise<ReadonlyMap<string, Proven>> {
  const since = call.now - ORDER_MS;
  const rows = await listPreauthorizations(deps.store.read, account, since, MOST_PREAUTHORIZATIONS);
  await deps.guard.verify(rows.map(guardedOrder));
  const proven = new Map<string, Proven>();
  // INVARIANT: rows of this account only, whatever index they were found by.
  for (const row of rows.filter(({ acme_account_id }) => acme_account_id === account.acme_account_id)) {
    const found = takenOver(readBody(row), call.now);
    const { type, value } = found?.authorization.identifier ?? {};
    const isWanted = identifiers.some((one) => one.type === type && one.value === value);
    if (found && value !== undefined && isWanted && !proven.has(value)) proven.set(value, found);
  }
  return proven;
}

export async function storeOrder(
  deps: PcaDeps,
  request: FromAccount,
  order: Order,
  operation: (typeof AcmeRecords)[keyof typeof AcmeRecords],
  replaces: string | null = null,
): Promise<OrderRow> {
  const { directory, account, call } = request;
  const { directory_id, account_id } = directory.row;
  const { acme_account_id } = account;
  const order_id = deps.ids.uuidv7();
  const row = await sealedOrder(deps, {
    ...{ order_id, acme_account_id, directory_id, account_id },
    status: statusColumn(order),
    body: JSON.stringify(order),
    ...{ replaces, serial: null },
    created_at: call.now,
    due_at: dueAt(order, call.now),
    version: 1,
  });
  await deps.store.transaction(async (tx) => {
    if (!(await lockAccount(tx, account)))
      throw new AcmeProblem('serverInternal', 'the account is being changed', { status: 503, retryAfterSeconds: 1 });
    await requireRoom(tx, account, order, call.now);
    if (replaces !== null && (await readReplacement(tx, directory_id, replaces)))
      throw new AcmeProblem('alreadyReplaced', 'another order replaces the certificate');
    await insertOrder(tx, row);
    await recordIn(deps, tx, doing(request), operation, {
      OrderId: order_id,
      Identifiers: order.authorizations.map(({ identifier: { type, value } }) => `${type}:${value}`),
    });
  });
  return row;
}
