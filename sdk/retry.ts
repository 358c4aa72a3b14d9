/**
 * When a request is sent again and after how long. Every operation may be repeated: reads change nothing, and a write
 * carries an Idempotency-Key under which the server remembers its answer, so a repeat never does the work twice.
 */
import { randomInt } from 'node:crypto';
import type { ParapetError } from './error.ts';

export interface RetryPolicy {
  /** Total number of times a request is sent; 1 turns repeats off. */
  maxAttempts: number;
  /** Longest wait between two attempts, milliseconds. */
  maxDelayMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 4, maxDelayMs: 20_000 };

const BASE_MS = 100;
const THROTTLED_BASE_MS = 500;

/**
 * Milliseconds to wait before attempt `attempt + 1` (`attempt` counts from 1), or undefined when the error is final:
 * it would come again, the attempts are used up, or the server asks for more patience than the policy has.
 * `random` gives an integer from 0 to its argument, both included.
 */
export function retryDelay(
  error: ParapetError,
  attempt: number,
  policy: RetryPolicy,
  random: (max: number) => number = (max) => randomInt(max + 1),
): number | undefined {
  if (attempt >= policy.maxAttempts || !isTransient(error)) return undefined;
  if (error.retryAfterMs !== undefined) {
    // A little jitter, so that all the clients that were sent away do not come back at once.
    const wait = error.retryAfterMs + random(BASE_MS);
    return wait > policy.maxDelayMs ? undefined : wait;
  }
  const base = error.status === 429 ? THROTTLED_BASE_MS : BASE_MS;
  return random(Math.min(policy.maxDelayMs, base * 2 ** (attempt - 1)));
}

function isTransient(error: ParapetError): boolean {
  return error.status === 429 || error.status === 503 || error.code === 'Unreachable' || error.code === 'Timeout';
}

/** Milliseconds of a Retry-After value (seconds or HTTP date); undefined when it is neither. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.ceil(seconds * 1000) : undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
