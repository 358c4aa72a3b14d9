/**
 * An order at an outside CA, and how it may change. One value that only these functions make; the job that carries it out
 * does what the state says, and asks the CA how far it is, so that it can be taken up at any point. Times are milliseconds.
 *
 * requested -> proving -> finalizing -> issued. INVARIANT: `finalizing` is on disk before the CA is asked to issue, so that
 * an order which is not there yet can be given up, or made again, without a certificate that nobody knows of.
 */
import type { KeyAlgorithm } from '../x509/algorithm.ts';
import { judge, OutsideFailure } from './failure.ts';

export type OutsideOrderStatus = 'requested' | 'proving' | 'finalizing' | 'issued' | 'failed' | 'cancelled';

export interface Proof {
  name: string;
  /** What the CA asks for at the web server of the name. */
  token: string;
}

export interface OutsideOrder {
  status: OutsideOrderStatus;
  names: readonly string[];
  keyAlgorithm: KeyAlgorithm;
  /** DER, base64url: of the key that is sealed beside. */
  csr: string;
  /** Of the certificate that it follows (RFC 9773 5). */
  replaces?: string;
  /** Nothing is tried after it. */
  deadline: number;
  /** When it is looked at next. */
  nextAt: number;
  /** In a row. */
  failures: number;
  /** Addresses at the CA. */
  url?: string;
  proofs: readonly Proof[];
  /** The last thing that went wrong, and what to do about it. */
  problem?: { message: string; next: string };
}

export const ORDER_TRIED_MS = 3 * 86_400_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
const MOST_FAILURES = 100;

export type NewOrder = Pick<OutsideOrder, 'names' | 'keyAlgorithm' | 'csr'> & { replaces?: string | undefined };

export function newOutsideOrder({ names, keyAlgorithm, csr, replaces }: NewOrder, now: number): OutsideOrder {
  return {
    status: 'requested',
    ...{ names, keyAlgorithm, csr },
    ...(replaces !== undefined && { replaces }),
    deadline: now + ORDER_TRIED_MS,
    nextAt: now,
    failures: 0,
    proofs: [],
  };
}

export function isOver({ status }: Pick<OutsideOrder, 'status'>): boolean {
  return status === 'issued' || status === 'failed' || status === 'cancelled';
}

/** The CA has it. */
export function placed(order: OutsideOrder, url: string, now: number): OutsideOrder {
  require(order, 'requested');
  return settled({ ...order, status: 'proving', url, nextAt: now });
}

/** The CA lost it before it was asked to issue: it is made again. */
export function lost(order: OutsideOrder, failure: OutsideFailure, now: number): OutsideOrder {
  if (order.status !== 'proving') return failedAttempt(order, failure, now);
  const { url: _, ...rest } = order;
  const again = failedAttempt({ ...rest, proofs: [] }, new OutsideFailure('unreachable', failure.message), now);
  return isOver(again) ? again : { ...again, status: 'requested' };
}

/** What the CA asks for is answered from now on. */
export function answering(order: OutsideOrder, proofs: readonly Proof[], now: number): OutsideOrder {
  require(order, 'proving');
  return settled({ ...order, proofs, nextAt: now });
}

/** The names are proven: from now on there may be a certificate. */
export function finalizing(order: OutsideOrder, now: number): OutsideOrder {
  require(order, 'proving');
  return settled({ ...order, status: 'finalizing', nextAt: now });
}

/** The CA needs time. */
export function waiting(order: OutsideOrder, pauseMs: number, now: number): OutsideOrder {
  require(order, 'proving', 'finalizing');
  if (now >= order.deadline)
    return failed(order, { message: 'the CA did not come to an end', next: 'request again, or ask the CA' });
  return settled({ ...order, nextAt: Math.min(now + pauseMs, order.deadline) });
}

export function issued(order: OutsideOrder): OutsideOrder {
  require(order, 'finalizing');
  return settled({ ...order, status: 'issued', proofs: [] });
}

/** Undefined: the CA may have issued already. */
export function cancelled(order: OutsideOrder): OutsideOrder | undefined {
  if (order.status !== 'requested' && order.status !== 'proving') return undefined;
  return { ...order, status: 'cancelled', proofs: [] };
}

/** Something went wrong: it is tried again later, longer after each time, unless that is of no use. */
export function failedAttempt(order: OutsideOrder, failure: OutsideFailure, now: number): OutsideOrder {
  if (isOver(order)) throw new RangeError(`an order that is ${order.status} fails no more`);
  const { isFinal, next } = judge(failure);
  const failures = order.failures + 1;
  const problem = { message: failure.message, next };
  const nextAt = now + Math.max(pause(failures), failure.facts.retryAfterMs ?? 0);
  if (isFinal) return failed(order, problem);
  if (nextAt > order.deadline || failures > MOST_FAILURES)
    return failed(order, { ...problem, next: 'it was tried long enough: see what is wrong, and request again' });
  return { ...order, failures, nextAt, problem };
}

export function pause(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE_MS);
}

function failed(order: OutsideOrder, problem: { message: string; next: string }): OutsideOrder {
  return { ...order, status: 'failed', failures: order.failures + 1, problem, proofs: [] };
}

function settled(order: OutsideOrder): OutsideOrder {
  const { problem: _, ...rest } = order;
  return { ...rest, failures: 0 };
}

function require({ status }: OutsideOrder, ...permitted: readonly OutsideOrderStatus[]): void {
  if (!permitted.includes(status)) throw new RangeError(`an order that is ${status} cannot become that`);
}
