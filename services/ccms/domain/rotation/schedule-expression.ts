/**
 * Rotation schedules as AWS writes them (spec ccms 3.6.9): `rate(N hours|days)` and `cron(0 H Dom Mon Dow *)`, in UTC.
 * Lists, ranges and steps are written out here, so that the library that knows the calendar gets numbers only.
 */

export type Schedule =
  | { readonly kind: 'hours'; readonly every: number }
  | { readonly kind: 'days'; readonly every: number }
  /** @param days day of month, month and day of week, as croner reads them */
  | { readonly kind: 'cron'; readonly hours: readonly number[]; readonly days: string };

export interface Problem {
  readonly problem: string;
}

const LEAST_HOURS = 4;
const MOST_DAYS = 1000;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

export function parseSchedule(expression: string): Schedule | Problem {
  const rate = /^rate\((\d{1,5}) (hours?|days?)\)$/.exec(expression);
  if (rate !== null) return parseRate(Number(rate[1]), rate[2]!);
  const cron = /^cron\(([^()]{1,200})\)$/.exec(expression);
  if (cron !== null) return parseCron(cron[1]!.trim().split(/ +/));
  return { problem: 'a schedule is rate(N hours), rate(N days) or cron(0 hours day-of-month month day-of-week *)' };
}

function parseRate(every: number, unit: string): Schedule | Problem {
  if (unit.startsWith('day')) {
    if (every < 1 || every > MOST_DAYS) return { problem: `a rate in days is from 1 to ${MOST_DAYS}` };
    return { kind: 'days', every };
  }
  if (every < LEAST_HOURS) return { problem: `a rate is at least ${LEAST_HOURS} hours` };
  if (every > MOST_DAYS * 24) return { problem: `a rate is at most ${MOST_DAYS} days` };
  return { kind: 'hours', every };
}

function parseCron(fields: readonly string[]): Schedule | Problem {
  if (fields.length !== 6) return { problem: 'a cron expression has six fields' };
  const [minutes, hour, dom, month, dow, year] = fields as [string, string, string, string, string, string];
  if (minutes !== '0') return { problem: 'the minutes of a cron expression are 0' };
  if (year !== '*') return { problem: 'the year of a cron expression is *' };
  if ((dom === '?') === (dow === '?')) return { problem: 'either the day of month or the day of week is ?' };
  const hours = numbers(hour, 0, 23);
  if (hours === undefined) return { problem: 'hours are 0 to 23, with , - * /' };
  if (hours.some((h, index) => gapAfter(hours, index, h) < LEAST_HOURS))
    return { problem: `rotations are at least ${LEAST_HOURS} hours apart` };
  const months = numbers(month, 1, 12, MONTHS);
  if (months === undefined) return { problem: 'months are 1 to 12 or JAN to DEC, with , - * /' };
  const list = months.length === 12 ? '*' : months.join(',');

  if (dow === '?') {
    const named = /^([A-Z]{3})L$/.exec(dom);
    if (named !== null && WEEKDAYS.includes(named[1]!))
      return { kind: 'cron', hours, days: `* ${list} ${WEEKDAYS.indexOf(named[1]!)}#L` };
    const days = dom === 'L' ? 'L' : numbers(dom, 1, 31)?.join(',');
    if (days === undefined) return { problem: 'the day of month is 1 to 31 with , - * /, or L, or a weekday and L' };
    if (days !== 'L' && !months.some((m) => Number(days.split(',')[0]) <= longest(m)))
      return { problem: 'there is no such day in these months' };
    return { kind: 'cron', hours, days: `${days} ${list} *` };
  }
  const days = weekdays(dow);
  if (days === undefined) return { problem: 'the day of week is 1 to 7 or SUN to SAT, with , - * / # L' };
  return { kind: 'cron', hours, days: `* ${list} ${days}` };
}

function longest(month: number): number {
  if (month === 2) return 29;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function gapAfter(hours: readonly number[], index: number, hour: number): number {
  return index + 1 < hours.length ? hours[index + 1]! - hour : hours[0]! + 24 - hour;
}

function weekdays(field: string): string | undefined {
  if (field === 'L') return String(WEEKDAYS.length - 1);
  const special = /^(\d|[A-Z]{3})(?:#([1-5])|L)$/.exec(field);
  if (special === null) {
    const listed = numbers(field, 1, 7, WEEKDAYS);
    return listed?.map((day) => day - 1).join(',');
  }
  const day = value(special[1]!, 1, 7, WEEKDAYS);
  return day === undefined ? undefined : `${day - 1}#${special[2] ?? 'L'}`;
}

/** Every number a field names, ascending; undefined when it names something else. */
function numbers(field: string, low: number, high: number, names?: readonly string[]): number[] | undefined {
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [range, step, ...rest] = part.split('/');
    if (range === undefined || rest.length > 0) return undefined;
    const by = step === undefined ? 1 : value(step, 1, high);
    const bounds = rangeOf(range, low, high, step !== undefined, names);
    if (by === undefined || bounds === undefined || bounds[0] > bounds[1]) return undefined;
    for (let number = bounds[0]; number <= bounds[1]; number += by) found.add(number);
  }
  return [...found].sort((a, b) => a - b);
}

function rangeOf(
  text: string,
  low: number,
  high: number,
  stepped: boolean,
  names?: readonly string[],
): [number, number] | undefined {
  if (text === '*') return [low, high];
  const [first, last, ...rest] = text.split('-');
  const from = value(first ?? '', low, high, names);
  if (from === undefined || rest.length > 0) return undefined;
  // `2/10`: from 2 on.
  if (last === undefined) return [from, stepped ? high : from];
  const to = value(last, low, high, names);
  return to === undefined ? undefined : [from, to];
}

function value(text: string, low: number, high: number, names?: readonly string[]): number | undefined {
  const named = names?.indexOf(text) ?? -1;
  if (named >= 0) return named + 1;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= low && number <= high ? number : undefined;
}
