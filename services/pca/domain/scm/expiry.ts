/**
 * When somebody is reminded that a certificate expires. A threshold counts for a certificate that was there when it passed;
 * of several that have passed since anybody looked, only the nearest one is told.
 */
import { DAY_MS } from '../validity.ts';

/** Days before the expiry, the longest first. */
export const THRESHOLDS = [60, 30, 7, 1] as const;
export type Threshold = (typeof THRESHOLDS)[number];

export interface Expiring {
  notAfter: number;
  /** Since when it is there. */
  since: number;
}

/** Certificates that expire up to this moment have passed the threshold. */
export function passedUntil(days: number, now: number): number {
  return now + days * DAY_MS;
}

/** Whether the walk of this threshold is the one that tells of the certificate, at this moment. */
export function isTold(days: Threshold, { notAfter, since }: Expiring, now: number): boolean {
  const passed = (threshold: number) => notAfter <= passedUntil(threshold, now);
  if (!passed(days) || since + days * DAY_MS > notAfter) return false;
  return !THRESHOLDS.some((nearer) => nearer < days && passed(nearer));
}
