/** Rules of MFA devices: how far clocks may differ, and what wrong codes lead to. */
import { lengthPrefixed } from './access-key-format.ts';

/** Clocks may differ by one step; for enabling and resynchronising by half an hour. */
export const WINDOW_STEPS = 1;
export const RESYNC_STEPS = 60;

const FAILURES_ALLOWED = 5;
const LOCK_MS = 15 * 60_000;

export interface Attempts {
  failures: number;
  locked_until: number;
}

/**
 * An attempt counts as wrong until its code has proved right. Five wrong ones in a row lock the device for a quarter of
 * an hour, and each further one again: about a hundred guesses a day at three codes in a million.
 */
export function afterAttempt(before: Attempts, now: number): Attempts {
  const failures = before.failures + 1;
  return { failures, locked_until: failures >= FAILURES_ALLOWED ? now + LOCK_MS : 0 };
}

export const NO_ATTEMPTS: Attempts = { failures: 0, locked_until: 0 };

/** What a sealed seed is bound to: it cannot be moved to another device or account. */
export function seedBinding(accountId: string, serial: string): Buffer {
  return lengthPrefixed('parapet/iam/mfa-seed/v1', accountId, serial);
}
