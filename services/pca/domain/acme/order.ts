/**
 * An order with its authorizations and challenges, and how it may change (RFC 8555 7.1.6). One value that only these
 * functions make: what it says about itself follows from its parts. Times are milliseconds.
 */
import { type Identifier, isWildcard } from './identifier.ts';
import type { ProblemDocument } from './problem.ts';

export type OrderStatus = 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
export type ChallengeStatus = 'pending' | 'processing' | 'valid' | 'invalid';
export type AuthorizationStatus = 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired';
export const CHALLENGE_TYPES = ['http-01', 'dns-01', 'tls-alpn-01'] as const;
export type ChallengeType = (typeof CHALLENGE_TYPES)[number];

export interface Challenge {
  type: ChallengeType;
  token: string;
  status: ChallengeStatus;
  validatedAt?: number;
  error?: ProblemDocument;
}

export interface Authorization {
  identifier: Identifier;
  status: AuthorizationStatus;
  /** Empty: the directory asks for no proof. */
  challenges: readonly Challenge[];
}

export interface Order {
  /** No order, but one authorization that was asked for before any (RFC 8555 7.4.1); orders of the account take it over. */
  preauthorization?: true;
  status: OrderStatus;
  expiresAt: number;
  authorizations: readonly Authorization[];
  /** DER, base64url: what is being signed, and since when. */
  csr?: string;
  processingAt?: number;
  /** Serial number. */
  certificate?: string;
  error?: ProblemDocument;
}

export const ORDER_MS = 24 * 3_600_000;
/** Nobody finishes an order within less. */
const SOON_MS = 10 * 60_000;

export interface Wanted {
  identifier: Identifier;
  needsProof: boolean;
  challenges: readonly ChallengeType[];
  /** What the account has proven before. */
  proven?: Proven | undefined;
}

export interface Proven {
  authorization: Authorization;
  expiresAt: number;
}

/** @param token a fresh one for every call */
export function newOrder(wanted: readonly Wanted[], now: number, token: () => string): Order {
  const authorizations = wanted.map(({ identifier, needsProof, challenges, proven }): Authorization => {
    if (proven) return proven.authorization;
    if (!needsProof) return { identifier, status: 'valid', challenges: [] };
    const offered = challenges.map((type): Challenge => ({ type, token: token(), status: 'pending' }));
    return { identifier, status: 'pending', challenges: offered };
  });
  // A proof is of no use for longer because an order took it over.
  const ends = wanted.flatMap(({ proven }) => (proven ? [proven.expiresAt] : []));
  return settled({ status: 'pending', expiresAt: Math.min(now + ORDER_MS, ...ends), authorizations });
}

export function newPreauthorization(wanted: Wanted, now: number, token: () => string): Order {
  return { ...newOrder([wanted], now, token), preauthorization: true };
}

/** As it is stored: what is no order is found by no question about orders. */
export function statusColumn({ preauthorization, status }: Order): string {
  return preauthorization ? `authorization-${status}` : status;
}

/** What an order that is made now can take over; undefined also for what ends soon. */
export function takenOver(order: Order, now: number): Proven | undefined {
  const [authorization] = order.authorizations;
  if (!order.preauthorization || authorization?.status !== 'valid' || now + SOON_MS >= order.expiresAt)
    return undefined;
  return { authorization, expiresAt: order.expiresAt };
}

/** Which challenges prove an identifier. Wildcards are proven by DNS, addresses never (RFC 8555 8.4, RFC 8738 4). */
export function challengesFor({ type, value }: Identifier, canConnect: boolean): ChallengeType[] {
  const byConnection: ChallengeType[] = canConnect ? ['http-01', 'tls-alpn-01'] : [];
  if (type === 'ip') return byConnection;
  return isWildcard(value) ? ['dns-01'] : [...byConnection, 'dns-01'];
}

/** As it is at a moment: what was not finished in time is invalid. */
export function atTime(order: Order, now: number): Order {
  if (now < order.expiresAt || order.status === 'valid' || order.status === 'invalid' || order.status === 'processing')
    return order;
  const authorizations = order.authorizations.map((one) =>
    one.status === 'pending' || one.status === 'valid' ? { ...one, status: 'expired' as const } : one,
  );
  return { ...order, status: 'invalid', authorizations, error: EXPIRED };
}

const EXPIRED: ProblemDocument = {
  type: 'urn:ietf:params:acme:error:malformed',
  detail: 'the order was not finished in time',
  status: 400,
};

interface Place {
  authorization: number;
  challenge: number;
}

/** The client says that the challenge is there to be looked at. Undefined: there is nothing to look at any more. */
export function beginChallenge(order: Order, place: Place): Order | undefined {
  const authorization = order.authorizations[place.authorization];
  const challenge = authorization?.challenges[place.challenge];
  if (order.status !== 'pending' || authorization?.status !== 'pending' || challenge?.status !== 'pending')
    return undefined;
  return withChallenge(order, place, { ...challenge, status: 'processing' });
}

/** What came of looking. Undefined: nobody waits for it. */
export function endChallenge(
  order: Order,
  place: Place,
  result: { at: number; error?: ProblemDocument },
): Order | undefined {
  const authorization = order.authorizations[place.authorization];
  const challenge = authorization?.challenges[place.challenge];
  if (order.status !== 'pending' || authorization?.status !== 'pending' || challenge?.status !== 'processing')
    return undefined;
  const { error, at } = result;
  const ended: Challenge = error
    ? { ...challenge, status: 'invalid', error }
    : { ...challenge, status: 'valid', validatedAt: at };
  return withChallenge(order, place, ended, error ? 'invalid' : 'valid');
}

/** The client gives an authorization up. Undefined: it is not one that can be given up. */
export function deactivate(order: Order, at: number): Order | undefined {
  const authorization = order.authorizations[at];
  if (authorization?.status !== 'pending' && authorization?.status !== 'valid') return undefined;
  if (order.status !== 'pending' && order.status !== 'ready') return undefined;
  return withAuthorization(order, at, { ...authorization, status: 'deactivated' });
}

export function beginIssuing(order: Order, csr: string, now: number): Order | undefined {
  if (order.status !== 'ready' || order.preauthorization) return undefined;
  return { ...order, status: 'processing', csr, processingAt: now };
}

export function endIssuing(order: Order, certificate: string): Order | undefined {
  return order.status === 'processing' ? { ...order, status: 'valid', certificate } : undefined;
}

/** Nothing was issued: the client may ask again. */
export function undoIssuing({ csr, processingAt, ...order }: Order): Order | undefined {
  return order.status === 'processing' ? { ...order, status: 'ready' } : undefined;
}

/** It cannot be known any more what was issued. */
export function abandon(order: Order, error: ProblemDocument): Order | undefined {
  return order.status === 'processing' ? { ...order, status: 'invalid', error } : undefined;
}

function withChallenge(order: Order, place: Place, challenge: Challenge, status?: AuthorizationStatus): Order {
  const authorization = order.authorizations[place.authorization] as Authorization;
  const challenges = authorization.challenges.map((one, index) => (index === place.challenge ? challenge : one));
  const next = { ...authorization, challenges, ...(status && { status }) };
  return withAuthorization(order, place.authorization, next);
}

function withAuthorization(order: Order, at: number, authorization: Authorization): Order {
  const authorizations = order.authorizations.map((one, index) => (index === at ? authorization : one));
  return settled({ ...order, authorizations });
}

/** INVARIANT: an order is ready when every authorization is valid, and invalid as soon as one never will be. */
function settled(order: Order): Order {
  if (order.authorizations.every(({ status }) => status === 'valid')) return { ...order, status: 'ready' };
  const lost = order.authorizations.filter(({ status }) => status !== 'valid' && status !== 'pending');
  if (lost.length === 0) return { ...order, status: 'pending' };
  const subproblems = lost.map(({ identifier, status, challenges }): ProblemDocument => {
    const error = challenges.find((challenge) => challenge.error)?.error;
    const told = error ?? { ...NOT_AUTHORIZED, detail: `the authorization for ${identifier.value} is ${status}` };
    return { ...told, identifier };
  });
  const [first] = subproblems;
  return { ...order, status: 'invalid', error: { ...NOT_AUTHORIZED, detail: first?.detail ?? '', subproblems } };
}

const NOT_AUTHORIZED = { type: 'urn:ietf:params:acme:error:unauthorized', status: 403 } as const;
