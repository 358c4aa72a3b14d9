/** How long an export waits after a failed attempt. */
const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;
/** Attempts for one record that the receiver refuses, until the export goes on without it. */
export const MOST_REFUSALS = 20;

/**
 * Twice as long each time up to five minutes, half of it by chance, so that exports to one receiver do not come together;
 * not sooner than the receiver asks for, within the limit.
 *
 * @param attempts failed ones, from 1
 * @param chance from 0 to 1
 */
export function waitAfter(attempts: number, chance: number, askedMs = 0): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.max(Math.min(askedMs, LONGEST_MS), Math.round(most / 2 + (most / 2) * chance));
}
