/**
 * Daily time windows (iam.md 3.6): `"00:00-04:00@Asia/Shanghai"`. Half-open: the first minute is inside, the last is
 * not. A window whose end is before its start wraps past midnight. The clock on the wall of the zone decides, so a
 * window follows daylight saving time.
 */
import type { Instant } from './instant.ts';

export interface TimeWindow {
  /** Seconds since local midnight. */
  readonly start: number;
  /** Seconds since local midnight, at most 86,400. */
  readonly end: number;
  readonly zone: WallClock;
}

const WINDOW =
  /^(\d{2}):(\d{2})(?::(\d{2}))?-(\d{2}):(\d{2})(?::(\d{2}))?@(UTC|[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)+)$/;
const DAY_SECONDS = 86_400;
/** Largest distance from the epoch that a Date can hold. */
const MAX_SECONDS = 8_640_000_000_000;
const clocks = new Map<string, WallClock>();

/** Undefined for anything but `HH:MM[:SS]-HH:MM[:SS]@Zone`; 24:00 may end a window; equal ends are refused. */
export function parseTimeWindow(text: string): TimeWindow | undefined {
  const match = WINDOW.exec(text);
  if (!match) return undefined;
  const start = secondsOfDay(match[1], match[2], match[3]);
  const end = secondsOfDay(match[4], match[5], match[6]);
  if (start === undefined || end === undefined || start === DAY_SECONDS || start === end) return undefined;
  const zone = wallClock(match[7]!);
  return zone && { start, end, zone };
}

/** True while the wall clock of the zone shows a time inside the window. */
export function isInside(window: TimeWindow, instant: Instant): boolean {
  const time = window.zone.secondsOfDay(instant.seconds);
  if (time === undefined) return false;
  return window.start < window.end
    ? time >= window.start && time < window.end
    : time >= window.start || time < window.end;
}

function secondsOfDay(hour = '', minute = '', second = '00'): number | undefined {
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  return Number(minute) > 59 || Number(second) > 59 || seconds > DAY_SECONDS ? undefined : seconds;
}

/** Zone names come from policies, so clocks of names that do not exist are not kept. */
function wallClock(zone: string): WallClock | undefined {
  const known = clocks.get(zone);
  if (known) return known;
  try {
    const clock = new WallClock(zone);
    clocks.set(zone, clock);
    return clock;
  } catch {
    return undefined;
  }
}

class WallClock {
  readonly #format: Intl.DateTimeFormat;
  #lastSecond = Number.NaN;
  #lastTime: number | undefined;

  constructor(timeZone: string) {
    const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
    this.#format = new Intl.DateTimeFormat('en-GB', { ...parts, hourCycle: 'h23', timeZone });
  }

  /** Seconds since local midnight; undefined beyond the range of dates. Formatting is slow, so a second is kept. */
  secondsOfDay(epochSeconds: number): number | undefined {
    if (epochSeconds === this.#lastSecond) return this.#lastTime;
    this.#lastSecond = epochSeconds;
    this.#lastTime = Math.abs(epochSeconds) > MAX_SECONDS ? undefined : this.#read(epochSeconds);
    return this.#lastTime;
  }

  #read(epochSeconds: number): number {
    const [hour, minute, second] = this.#format.format(epochSeconds * 1000).split(':');
    return (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  }
}
