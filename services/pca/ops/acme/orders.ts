/** Orders (RFC 8555 7.4), for the account that made them. */
import { z } from 'zod';
import { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { acceptedIdentifiers, MAX_IDENTIFIERS } from '../../domain/acme/identifier.ts';
import { atTime, newOrder } from '../../domain/acme/order.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import { readCertificateId } from '../../domain/acme/renewal-info.ts';
import type { OrderRow } from '../../domain/acme/rows.ts';
import { serialText } from '../../domain/x509/certificate.ts';
import { listOrders, readOrderOfCertificate } from '../../store/acme/account-queries.ts';
import { payloadOf } from './jws.ts';
import { provenBefore, randomToken, storeOrder, wantedOf } from './new-order.ts';
import { orderById, readBody } from './order-rows.ts';
import { type Reply, WAIT } from './reply.ts';
import type { FromAccount } from './request.ts';

const PAGE = 100;

const NewOrder = z.object({
  identifiers: z
    .array(z.object({ type: z.string().max(64), value: z.string().max(512) }))
    .min(1)
    .max(MAX_IDENTIFIERS),
  notBefore: z.unknown().optional(),
  notAfter: z.unknown().optional(),
  replaces: z.string().max(256).optional(),
  profile: z.string().max(64).optional(),
});

export async function createOrder(deps: PcaDeps, request: FromAccount): Promise<Reply> {
  const { jws, directory, call } = request;
  const wanted = payloadOf(jws, NewOrder);
  if (wanted.notBefore !== undefined || wanted.notAfter !== undefined)
    throw new AcmeProblem('malformed', 'the directory decides how long certificates are valid');
  // One directory is one profile.
  if (wanted.profile !== undefined)
    throw new AcmeProblem('malformed', 'the directory offers no profiles; another directory may have what is wanted');
  const { rules } = directory;
  const identifiers = acceptedIdentifiers(wanted.identifiers, rules);
  const replaces =
    wanted.replaces === undefined ? null : await replacedSerial(deps, request, wanted.replaces, identifiers);
  const proven = await provenBefore(deps, request, identifiers);
  const wantedOnes = identifiers.map((identifier) => wantedOf(identifier, rules, proven.get(identifier.value)));
  const order = newOrder(wantedOnes, call.now, randomToken);
  const row = await storeOrder(deps, request, order, AcmeRecords.orderCreated, replaces);
  return { status: 201, headers: { location: request.at('order', row.order_id) }, body: shownOrder(request, row) };
}

/** RFC 9773 5: a certificate of the same account, with a name in common. */
async function replacedSerial(
  deps: PcaDeps,
  { directory, account }: FromAccount,
  text: string,
  identifiers: readonly { value: string }[],
): Promise<string> {
  const id = readCertificateId(text);
  if (!id) throw new AcmeProblem('malformed', 'replaces is no certificate identifier');
  const serial = serialText(id.serial);
  const found = await readOrderOfCertificate(deps.store.read, directory.row.directory_id, serial);
  const before = found && (await orderById(deps, account, found.order_id));
  if (!before || !directory.authority.issuer.keyId.equals(id.keyId))
    throw new AcmeProblem('malformed', 'replaces names no certificate of the account');
  const names = readBody(before).authorizations.map(({ identifier }) => identifier.value);
  if (!identifiers.some(({ value }) => names.includes(value)))
    throw new AcmeProblem('malformed', 'the certificate to be replaced has none of the identifiers');
  return serial;
}

export async function requireOrder(deps: PcaDeps, { account }: FromAccount, orderId: string): Promise<OrderRow> {
  const row = await orderById(deps, account, orderId);
  if (!row || readBody(row).preauthorization)
    throw new AcmeProblem('malformed', 'there is no such order', { status: 404 });
  return row;
}

export async function readOrderResource(deps: PcaDeps, request: FromAccount, orderId: string): Promise<Reply> {
  const row = await requireOrder(deps, request, orderId);
  const { status } = atTime(readBody(row), request.call.now);
  const waits = status === 'pending' || status === 'processing';
  return { status: 200, ...(waits && { headers: WAIT }), body: shownOrder(request, row) };
}

/** By pages; the next one is in a Link header (RFC 8555 7.1.2.1). */
export async function ordersOfAccount(deps: PcaDeps, request: FromAccount, id: string, query: string): Promise<Reply> {
  const { account, directory, at } = request;
  if (id !== account.acme_account_id) throw new AcmeProblem('unauthorized', 'the account is not the one that signed');
  const after = query.startsWith('after=') ? query.slice('after='.length) : '';
  const of = { directoryId: directory.row.directory_id, acmeAccountId: account.acme_account_id };
  const rows = await listOrders(deps.store.read, of, { after, limit: PAGE });
  const page = rows.slice(0, PAGE);
  const next =
    rows.length > PAGE ? `<${at('account', id, 'orders')}?after=${page.at(-1)?.order_id}>;rel="next"` : undefined;
  return {
    status: 200,
    ...(next && { headers: { link: next } }),
    body: { orders: page.map(({ order_id }) => at('order', order_id)) },
  };
}

export function shownOrder({ at, call }: FromAccount, row: OrderRow) {
  const order = atTime(readBody(row), call.now);
  return {
    status: order.status,
    expires: new Date(order.expiresAt).toISOString(),
    identifiers: order.authorizations.map(({ identifier }) => identifier),
    authorizations: order.authorizations.map((_, index) => at('authz', row.order_id, String(index))),
    finalize: at('order', row.order_id, 'finalize'),
    ...(order.certificate !== undefined && { certificate: at('cert', order.certificate) }),
    ...(order.error && { error: order.error }),
    ...(row.replaces !== null && { replaces: row.replaces }),
  };
}
