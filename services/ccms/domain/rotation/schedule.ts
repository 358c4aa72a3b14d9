/** When a secret is rotated next: windows in UTC, in which the service picks its moment (spec ccms 3.6.9). */
import { Cron } from 'croner';
import type { Problem, Schedule } from './schedule-expression.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface RotationWindow {
  readonly startsAt: number;
  /** The NextRotationDate that callers see: rotated on or before. */
  readonly endsAt: number;
}

/** `3h`; from 1 to 24 hours. */
export function parseDuration(text: string): number | Problem {
  const match = /^(\d{1,2})h$/.exec(text);
  const hours = match === null ? 0 : Number(match[1]);
  return hours >= 1 && hours <= 24 ? hours * HOUR_MS : { problem: 'a duration is 1h to 24h' };
}

/** Why windows of that length do not fit: they end within their day and before the next one begins. */
export function durationProblem(schedule: Schedule, durationMs: number): Problem | undefined {
  const tooLong = { problem: 'the window reaches into the next one or into the next day' };
  if (schedule.kind === 'hours') return durationMs > Math.min(schedule.every, 24) * HOUR_MS ? tooLong : undefined;
  if (schedule.kind === 'days') return durationMs > DAY_MS ? tooLong : undefined;
  const { hours } = schedule;
  const ends = hours.map((hour, index) => (index + 1 < hours.length ? hours[index + 1]! : 24) - hour);
  return durationMs > Math.min(...ends) * HOUR_MS ? tooLong : undefined;
}

export interface ScheduleState {
  readonly schedule: Schedule;
  readonly durationMs?: number;
  /** When the schedule was set. */
  readonly setAt: number;
  /** The last rotation or new value, of whoever; undefined when there was none since the schedule was set. */
  readonly lastRotatedAt?: number;
}

/** The first window that has not ended at `now` and is not the one the last rotation was for. */
export function nextWindow(state: ScheduleState, now: number): RotationWindow | undefined {
  const since = Math.max(state.setAt, state.lastRotatedAt ?? state.setAt);
  for (const startsAt of starts(state, since)) {
    const window = { startsAt, endsAt: startsAt + lengthOf(state, startsAt) };
    if (window.endsAt > now) return window;
  }
  return undefined;
}

/** A moment in what is left of the window, so that a thousand secrets are not rotated in one second. */
export function momentIn(window: RotationWindow, now: number, random: number): number {
  const from = Math.max(window.startsAt, now);
  return from + Math.floor(Math.max(0, window.endsAt - from) * random);
}

function lengthOf({ schedule, durationMs }: ScheduleState, startsAt: number): number {
  if (durationMs !== undefined) return durationMs;
  const byTheHour = schedule.kind === 'hours' || (schedule.kind === 'cron' && schedule.hours.length > 1);
  return byTheHour ? HOUR_MS : midnight(startsAt) + DAY_MS - startsAt;
}

/** Starts after `since`, ascending. */
function* starts(state: ScheduleState, since: number): Generator<number> {
  const { schedule } = state;
  if (schedule.kind === 'days') {
    for (let at = midnight(since) + schedule.every * DAY_MS; ; at += schedule.every * DAY_MS) yield at;
  }
  if (schedule.kind === 'hours') {
    // A fixed grid from the midnight before it was set: gaps are equal also when the hours do not divide a day.
    const step = schedule.every * HOUR_MS;
    const origin = midnight(state.setAt);
    for (let at = origin + (Math.floor((since - origin) / step) + 1) * step; ; at += step) yield at;
  }
  if (schedule.kind === 'cron') {
    const cron = new Cron(`0 ${schedule.hours.join(',')} ${schedule.days}`, { timezone: 'UTC', paused: true });
    for (let at = cron.nextRun(new Date(since)); at !== null; at = cron.nextRun(at)) yield at.getTime();
  }
}

function midnight(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}
