/**
 * Instants of date conditions: the W3C profile of ISO 8601, or Unix epoch seconds; both on one scale (iam.md 1.7).
 * Exact: fractions of a second are kept as digits.
 */
import { compareText, trimZeros } from './decimal.ts';

export interface Instant {
  /** Whole seconds since 1970-01-01T00:00Z, rounded towards minus infinity. */
  readonly seconds: number;
  /** Decimal digits of the rest, without trailing zeros. */
  readonly fraction: string;
}

const CALENDAR =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,20}))?)?(?:Z|([+-])(\d{2}):(\d{2})))?)?)?$/;
/** Fifteen digits are far beyond any calendar and still exact in a double. */
const EPOCH = /^(-?\d{1,15})(?:\.(\d{1,20}))?$/;

let lastText = '';
let lastInstant: Instant | undefined;

/**
 * `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYY-MM-DDThh:mm[:ss[.s]]` with `Z` or an offset, or epoch seconds.
 * Exactly four digits are a year. Undefined for anything else.
 */
export function parseInstant(text: string): Instant | undefined {
  // One request compares the same current time many times; the memo cannot be observed.
  if (text === lastText) return lastInstant;
  lastInstant = parseCalendar(text) ?? parseEpoch(text);
  lastText = text;
  return lastInstant;
}

/** Negative, zero or positive. */
export function compareInstants(a: Instant, b: Instant): number {
  return a.seconds - b.seconds || compareText(a.fraction, b.fraction);
}

function parseCalendar(text: string): Instant | undefined {
  const match = CALENDAR.exec(text);
  if (!match) return undefined;
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = ''] = match;
  const [sign, offsetHour = '00', offsetMinute = '00'] = match.slice(8);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!exists) return undefined;
  const clock = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60 * (sign === '-' ? -1 : 1);
  return { seconds: date.getTime() / 1000 + clock - offset, fraction: trimZeros(fraction) };
}

/** A negative number with a fraction is refused: nothing writes it and its rounding is easily got wrong. */
function parseEpoch(text: string): Instant | undefined {
  const match = EPOCH.exec(text);
  if (!match) return undefined;
  const fraction = match[2] ?? '';
  if (fraction !== '' && text.startsWith('-')) return undefined;
  return { seconds: Number(match[1]) + 0, fraction: trimZeros(fraction) };
}
