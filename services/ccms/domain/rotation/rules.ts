/** Rotation rules as AWS writes them, and what follows from them: the next window and the moment inside it. */
import { createHash } from 'node:crypto';
import { durationProblem, momentIn, nextWindow, parseDuration, type RotationWindow } from './schedule.ts';
import { type Problem, parseSchedule, type Schedule } from './schedule-expression.ts';

export interface RotationRules {
  readonly AutomaticallyAfterDays?: number | undefined;
  readonly Duration?: string | undefined;
  readonly ScheduleExpression?: string | undefined;
}

export interface ReadRules {
  readonly schedule: Schedule;
  readonly durationMs?: number;
}

/** Undefined: the rules name no time, so only requests rotate. */
export function readRules(rules: RotationRules): ReadRules | Problem | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration } = rules;
  if (days !== undefined && expression !== undefined)
    return { problem: 'give AutomaticallyAfterDays or ScheduleExpression, not both' };
  if (days === undefined && expression === undefined)
    return Duration === undefined ? undefined : { problem: 'a Duration needs a schedule' };
  const schedule: Schedule | Problem =
    expression === undefined ? { kind: 'days', every: days as number } : parseSchedule(expression);
  if ('problem' in schedule) return schedule;
  if (Duration === undefined) return { schedule };
  const durationMs = parseDuration(Duration);
  if (typeof durationMs !== 'number') return durationMs;
  return durationProblem(schedule, durationMs) ?? { schedule, durationMs };
}

export interface Clockwork {
  readonly secretId: string;
  /** The column: empty when there are none. */
  readonly rules: string;
  readonly setAt: number;
  /** The last rotation or new value, of whoever. */
  readonly lastAt: number | undefined;
}

/** The window in which the secret is rotated next; undefined without a schedule. */
export function windowAfter({ rules, setAt, lastAt }: Clockwork, now: number): RotationWindow | undefined {
  if (rules === '') return undefined;
  const read = readRules(JSON.parse(rules) as RotationRules);
  if (read === undefined || 'problem' in read) return undefined;
  return nextWindow({ ...read, setAt, ...(lastAt !== undefined && { lastRotatedAt: lastAt }) }, now);
}

/** The same moment on every node and at every look: drawn from the secret and the window, not from chance. */
export function momentOf({ secretId }: Clockwork, window: RotationWindow): number {
  const drawn = createHash('sha256').update(`${secretId}/${window.startsAt}`).digest().readUInt32BE();
  // The first half: what does not succeed at once is tried again before the window closes.
  return momentIn(window, window.startsAt, drawn / 2 ** 33);
}
