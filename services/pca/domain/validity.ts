/** When a certificate is valid (spec pca 3.3): whole seconds, the last one included, years and months by the calendar. */
export const VALIDITY_TYPES = ['END_DATE', 'ABSOLUTE', 'DAYS', 'MONTHS', 'YEARS'] as const;

export interface Validity {
  Type: (typeof VALIDITY_TYPES)[number];
  Value: number;
}

export const DAY_MS = 86_400_000;
const BACKDATED_MS = 3_600_000;
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59);

export type Period = { ok: true; notBefore: number; notAfter: number } | { ok: false; problem: string };

export function periodOf(
  wanted: { validity: Validity; notBefore?: Validity | undefined },
  now: number,
  issuerNotBefore = 0,
): Period {
  if (wanted.notBefore && wanted.notBefore.Type !== 'ABSOLUTE')
    return { ok: false, problem: 'the type of ValidityNotBefore is not ABSOLUTE' };
  // Clocks of clients are not exact; an authority that is younger than that is the earliest.
  const usual = Math.max(now - BACKDATED_MS, issuerNotBefore);
  const notBefore = wholeSecond(wanted.notBefore ? wanted.notBefore.Value * 1000 : usual);
  const notAfter = endOf(wanted.validity, notBefore);
  if (notAfter === undefined) return { ok: false, problem: 'the end of the validity is no date' };
  if (!(notBefore >= 0 && notBefore <= LAST_MOMENT && notAfter >= 0 && notAfter <= LAST_MOMENT))
    return { ok: false, problem: 'the validity is outside the years 1970 to 9999' };
  return { ok: true, notBefore, notAfter };
}

function endOf({ Type, Value }: Validity, start: number): number | undefined {
  switch (Type) {
    case 'ABSOLUTE':
      return Value * 1000;
    case 'END_DATE':
      return dateOf(String(Value));
    case 'DAYS':
      return start + Value * DAY_MS - 1000;
    case 'MONTHS':
      return monthsLater(start, Value) - 1000;
    case 'YEARS':
      return monthsLater(start, Value * 12) - 1000;
  }
}

/** YYMMDDHHMMSS, from 50 on of the last century, or YYYYMMDDHHMMSS. */
function dateOf(digits: string): number | undefined {
  const short = digits.length < 13 ? digits.padStart(12, '0') : undefined;
  const text = short ? `${short < '5' ? '20' : '19'}${short}` : digits;
  const [, date, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  const iso = `${date}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const at = Date.parse(iso);
  return Number.isNaN(at) || new Date(at).toISOString() !== iso ? undefined : at;
}

/** The same day of a later month, or its last one. NaN beyond the calendar of the runtime. */
export function monthsLater(start: number, months: number): number {
  const date = new Date(start);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.getTime();
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
