/** Orders and their authorizations (RFC 8555 7.4 and 7.5), for the account that made them. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import {
  acceptedIdentifiers,
  baseName,
  isPreapproved,
  isWildcard,
  MAX_IDENTIFIERS,
} from '../../domain/acme/identifier.ts';
import {
  type Authorization,
  atTime,
  beginChallenge,
  type Challenge,
  challengesFor,
  deactivate,
  newOrder,
  type Order,
} from '../../domain/acme/order.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import { readCertificateId } from '../../domain/acme/renewal-info.ts';
import type { OrderRow } from '../../domain/acme/rows.ts';
import { serialText } from '../../domain/x509/certificate.ts';
import {
  insertOrder,
  listOrders,
  lockAccount,
  readOrderOfCertificate,
  readReplacement,
} from '../../store/acme/account-queries.ts';
import { payloadOf } from './jws.ts';
import { requireRoom } from './order-limits.ts';
import { changeOrder, type Doing, dueAt, orderById, readBody, sealedOrder } from './order-rows.ts';
import { recordIn } from './record.ts';
import type { Reply } from './reply.ts';
import type { FromAccount } from './request.ts';

const TOKEN_BYTES = 32;
const WAIT_SECONDS = 2;
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

export const doing = ({ directory, account, call }: FromAccount): Doing => ({
  directory,
  account,
  origin: call.origin,
});

export async function createOrder(deps: PcaDeps, request: FromAccount): Promise<Reply> {
  const { jws, directory, account, call } = request;
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
  const offered = identifiers.map((identifier) => ({
    identifier,
    needsProof: !isPreapproved(identifier, rules),
    challenges: challengesFor(identifier, rules.networks.length > 0),
  }));
  const hopeless = offered.find(({ needsProof, challenges }) => needsProof && challenges.length === 0);
  if (hopeless)
    throw new AcmeProblem('rejectedIdentifier', `the directory cannot validate ${hopeless.identifier.value}`);
  const order = newOrder(offered, call.now, () => randomToken());
  const { directory_id, account_id } = directory.row;
  const { acme_account_id } = account;
  const order_id = deps.ids.uuidv7();
  const row = await sealedOrder(deps, {
    ...{ order_id, acme_account_id, directory_id, account_id },
    status: order.status,
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
    await recordIn(deps, tx, doing(request), AcmeRecords.orderCreated, {
      OrderId: order_id,
      Identifiers: identifiers.map(({ type, value }) => `${type}:${value}`),
    });
  });
  return { status: 201, headers: { location: request.at('order', order_id) }, body: shownOrder(request, row) };
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

function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

export async function requireOrder(deps: PcaDeps, { account }: FromAccount, orderId: string): Promise<OrderRow> {
  const row = await orderById(deps, account, orderId);
  if (!row) throw new AcmeProblem('malformed', 'there is no such order', { status: 404 });
  return row;
}

export async function readOrderResource(deps: PcaDeps, request: FromAccount, orderId: string): Promise<Reply> {
  const row = await requireOrder(deps, request, orderId);
  const { status } = atTime(readBody(row), request.call.now);
  const waits = status === 'pending' || status === 'processing';
  return { status: 200, ...(waits && { headers: WAIT }), body: shownOrder(request, row) };
}

const WAIT = { 'retry-after': String(WAIT_SECONDS) };

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

const AuthorizationUpdate = z.object({ status: z.literal('deactivated') });

export async function authorization(
  deps: PcaDeps,
  request: FromAccount,
  orderId: string,
  index: string,
): Promise<Reply> {
  let row = await requireOrder(deps, request, orderId);
  const at = Number(index);
  if (!readBody(row).authorizations[at]) throw missing();
  if (request.jws.payload.length > 0) {
    payloadOf(request.jws, AuthorizationUpdate);
    ({ row } = await changeOrder(deps, doing(request), orderId, {
      operation: AcmeRecords.authorizationClosed,
      next: (order) => deactivate(atTime(order, request.call.now), at),
      recorded: (order) => ({ Identifiers: [named(order, at)] }),
    }));
  }
  const order = atTime(readBody(row), request.call.now);
  const shown = order.authorizations[at] as Authorization;
  const waits = shown.status === 'pending';
  return { status: 200, ...(waits && { headers: WAIT }), body: shownAuthorization(request, orderId, at, order, shown) };
}

export async function challenge(
  deps: PcaDeps,
  request: FromAccount,
  orderId: string,
  index: string,
  type: string,
): Promise<Reply> {
  let row = await requireOrder(deps, request, orderId);
  const at = Number(index);
  const place = { authorization: at, challenge: placeOf(readBody(row), at, type) };
  if (place.challenge < 0) throw missing();
  if (request.jws.payload.length > 0) {
    payloadOf(request.jws, z.object({}));
    const begun = await changeOrder(deps, doing(request), orderId, {
      operation: AcmeRecords.challengeBegun,
      next: (order) => beginChallenge(atTime(order, request.call.now), place),
      recorded: (order) => ({ Challenge: type, Identifiers: [named(order, at)] }),
    });
    row = begun.row;
    // Answered before it is known: clients ask again. Should this process end, a job goes on.
    if (begun.changed) deps.acme.validator.begin(deps, { ...doing(request), origin: undefined }, orderId, place);
  }
  const order = atTime(readBody(row), request.call.now);
  const shown = order.authorizations[at]?.challenges[place.challenge] as Challenge;
  const up = `<${request.at('authz', orderId, index)}>;rel="up"`;
  return {
    status: 200,
    headers: { link: up, ...(shown.status === 'processing' && WAIT) },
    body: shownChallenge(request, orderId, at, shown),
  };
}

function placeOf(order: Order, at: number, type: string): number {
  return order.authorizations[at]?.challenges.findIndex((challenge) => challenge.type === type) ?? -1;
}

const missing = () => new AcmeProblem('malformed', 'there is no such resource', { status: 404 });

function named(order: Order, at: number): string {
  const { type, value } = (order.authorizations[at] as Authorization).identifier;
  return `${type}:${value}`;
}

function shownAuthorization(request: FromAccount, orderId: string, at: number, order: Order, shown: Authorization) {
  const { type, value } = shown.identifier;
  // Once one is decided, the others are of no interest (RFC 8555 7.1.4).
  const decided = shown.challenges.filter(({ status }) => status === 'valid' || status === 'invalid');
  const challenges = decided.length > 0 ? decided : shown.challenges;
  return {
    status: shown.status,
    expires: new Date(order.expiresAt).toISOString(),
    identifier: { type, value: baseName(value) },
    ...(isWildcard(value) && { wildcard: true }),
    challenges: challenges.map((one) => shownChallenge(request, orderId, at, one)),
  };
}

function shownChallenge({ at }: FromAccount, orderId: string, index: number, challenge: Challenge) {
  const { type, token, status, validatedAt, error } = challenge;
  return {
    ...{ type, token, status },
    url: at('chall', orderId, String(index), type),
    ...(validatedAt !== undefined && { validated: new Date(validatedAt).toISOString() }),
    ...(error && { error }),
  };
}
