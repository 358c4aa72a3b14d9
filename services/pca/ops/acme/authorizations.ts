/** Authorizations and their challenges (RFC 8555 7.5), of orders and before any (7.4.1), for the account that made them. */
import { z } from 'zod';
import { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { acceptedIdentifiers, baseName, isWildcard } from '../../domain/acme/identifier.ts';
import {
  type Authorization,
  atTime,
  beginChallenge,
  type Challenge,
  deactivate,
  newPreauthorization,
  type Order,
} from '../../domain/acme/order.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import type { OrderRow } from '../../domain/acme/rows.ts';
import { payloadOf } from './jws.ts';
import { randomToken, storeOrder, wantedOf } from './new-order.ts';
import { changeOrder, orderById, readBody } from './order-rows.ts';
import { type Reply, WAIT } from './reply.ts';
import { doing, type FromAccount } from './request.ts';

const NewAuthorization = z.object({
  identifier: z.object({ type: z.string().max(64), value: z.string().max(512) }),
});

/** An order of the account that is made while it is valid needs no proof of the name. */
export async function newAuthorization(deps: PcaDeps, request: FromAccount): Promise<Reply> {
  const { jws, directory, call, at } = request;
  const wanted = payloadOf(jws, NewAuthorization).identifier;
  if (isWildcard(wanted.value))
    throw new AcmeProblem('rejectedIdentifier', 'wildcards are authorized by orders only (RFC 8555 7.4.1)');
  const [identifier] = acceptedIdentifiers([wanted], directory.rules);
  if (!identifier) throw new AcmeProblem('malformed', 'there is no identifier');
  const order = newPreauthorization(wantedOf(identifier, directory.rules), call.now, randomToken);
  const { order_id } = await storeOrder(deps, request, order, AcmeRecords.authorizationCreated);
  const shown = order.authorizations[0] as Authorization;
  return {
    status: 201,
    headers: { location: at('authz', order_id, '0'), ...(shown.status === 'pending' && WAIT) },
    body: shownAuthorization(request, order_id, 0, order, shown),
  };
}

/** An order, or what was asked for before any. */
async function requireRow(deps: PcaDeps, { account }: FromAccount, orderId: string): Promise<OrderRow> {
  const row = await orderById(deps, account, orderId);
  if (!row) throw missing();
  return row;
}

const AuthorizationUpdate = z.object({ status: z.literal('deactivated') });

export async function authorization(
  deps: PcaDeps,
  request: FromAccount,
  orderId: string,
  index: string,
): Promise<Reply> {
  let row = await requireRow(deps, request, orderId);
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
  let row = await requireRow(deps, request, orderId);
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
