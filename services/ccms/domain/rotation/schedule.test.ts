import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationProblem, momentIn, nextWindow, parseDuration } from './schedule.ts';
import { parseSchedule, type Schedule } from './schedule-expression.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const HOUR = 3_600_000;

function parsed(expression: string): Schedule {
  const schedule = parseSchedule(expression);
  if ('problem' in schedule) throw new Error(schedule.problem);
  return schedule;
}

function windows(expression: string, from: string, count: number, durationMs?: number): string[] {
  const found: string[] = [];
  let lastRotatedAt = at(from);
  for (let index = 0; index < count; index += 1) {
    const state = { schedule: parsed(expression), setAt: at(from), lastRotatedAt, ...(durationMs && { durationMs }) };
    const window = nextWindow(state, lastRotatedAt)!;
    const show = (time: number) => new Date(time).toISOString().slice(0, 16);
    found.push(`${show(window.startsAt)}/${show(window.endsAt).slice(11)}`);
    lastRotatedAt = momentIn(window, 0, 0.5);
  }
  return found;
}

describe('schedules', () => {
  it.each([
    ['rate(4 hours)', '2026-02-28T21:30', ['2026-03-01T00:00/01:00', '2026-03-01T04:00/05:00']],
    [
      'rate(10 hours)',
      '2026-02-27T01:00',
      ['2026-02-27T10:00/11:00', '2026-02-27T20:00/21:00', '2026-02-28T06:00/07:00'],
    ],
    ['rate(1 day)', '2028-02-28T12:00', ['2028-02-29T00:00/00:00', '2028-03-01T00:00/00:00']],
    ['rate(30 days)', '2026-01-31T23:59', ['2026-03-02T00:00/00:00', '2026-04-01T00:00/00:00']],
    [
      'cron(0 2/10 * * ? *)',
      '2026-11-27T00:00',
      ['2026-11-27T02:00/03:00', '2026-11-27T12:00/13:00', '2026-11-27T22:00/23:00', '2026-11-28T02:00/03:00'],
    ],
    ['cron(0 16 1,15 * ? *)', '2026-11-27T00:00', ['2026-12-01T16:00/00:00', '2026-12-15T16:00/00:00']],
    ['cron(0 8 L * ? *)', '2028-01-31T20:00', ['2028-02-29T08:00/00:00', '2028-03-31T08:00/00:00']],
    ['cron(0 8 29 2 ? *)', '2026-01-01T00:00', ['2028-02-29T08:00/00:00', '2032-02-29T08:00/00:00']],
    ['cron(0 8 29 FEB ? *)', '2096-03-01T00:00', ['2104-02-29T08:00/00:00']],
    ['cron(0 1 ? * 1 *)', '2026-11-27T00:00', ['2026-11-29T01:00/00:00', '2026-12-06T01:00/00:00']],
    ['cron(0 1 ? * MON-FRI *)', '2026-11-27T12:00', ['2026-11-30T01:00/00:00', '2026-12-01T01:00/00:00']],
    ['cron(0 1 ? * 2#1 *)', '2026-11-27T00:00', ['2026-12-07T01:00/00:00', '2027-01-04T01:00/00:00']],
    ['cron(0 1 ? * 6L *)', '2026-11-01T00:00', ['2026-11-27T01:00/00:00', '2026-12-25T01:00/00:00']],
    ['cron(0 1 FRIL * ? *)', '2026-11-01T00:00', ['2026-11-27T01:00/00:00', '2026-12-25T01:00/00:00']],
    ['cron(0 0 1 1/3 ? *)', '2026-11-01T00:00', ['2027-01-01T00:00/00:00', '2027-04-01T00:00/00:00']],
  ])('%s after %s', (expression, from, expected) => {
    expect(windows(expression, from, expected.length)).toEqual(expected);
  });

  it.each([
    'rate(3 hours)',
    'rate(0 days)',
    'rate(1001 days)',
    'rate(5 minutes)',
    'rate(4hours)',
    'cron(5 8 * * ? *)',
    'cron(0 8 * * ? 2027)',
    'cron(0 8 * * * *)',
    'cron(0 8 ? * ? *)',
    'cron(0 24 * * ? *)',
    'cron(0 */3 * * ? *)',
    'cron(0 0,22 * * ? *)',
    'cron(0 8 32 * ? *)',
    'cron(0 8 31 2,4 ? *)',
    'cron(0 8 30 FEB ? *)',
    'cron(0 8 ? * 8 *)',
    'cron(0 8 ? * 0 *)',
    'cron(0 8 ? * MON#6 *)',
    'cron(0 8 XYZL * ? *)',
    'cron(0 5-2 * * ? *)',
    'cron(0 8 * 13 ? *)',
    'cron(0 1/0 * * ? *)',
    'cron(0 8 * * ?)',
    '',
  ])('refuses %s', (expression) => {
    expect(parseSchedule(expression)).toHaveProperty('problem');
  });

  it('answers anything with a schedule or a problem, and a schedule always has a next window', () => {
    const field = fc.stringMatching(/^[0-9A-Z*?,/#L-]{1,6}$/);
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constant('0'), field, field, field, field, fc.constant('*'))
        .map((fields) => `cron(${fields.join(' ')})`),
    );
    fc.assert(
      fc.property(text, (expression) => {
        const schedule = parseSchedule(expression);
        if ('problem' in schedule) return;
        const now = at('2026-11-27T03:00');
        const window = nextWindow({ schedule, setAt: now }, now);
        expect(window!.startsAt).toBeGreaterThan(now);
        expect(window!.endsAt).toBeGreaterThan(window!.startsAt);
      }),
      { numRuns: 3000 },
    );
  });

  it('ends windows within their day and before the next one', () => {
    expect(parseDuration('3h')).toBe(3 * HOUR);
    for (const text of ['0h', '25h', '3', '3m', '']) expect(parseDuration(text)).toHaveProperty('problem');
    expect(durationProblem(parsed('rate(4 hours)'), 4 * HOUR)).toBeUndefined();
    expect(durationProblem(parsed('rate(4 hours)'), 5 * HOUR)).toBeDefined();
    expect(durationProblem(parsed('rate(2 days)'), 24 * HOUR)).toBeUndefined();
    expect(durationProblem(parsed('cron(0 20 * * ? *)'), 4 * HOUR)).toBeUndefined();
    expect(durationProblem(parsed('cron(0 20 * * ? *)'), 5 * HOUR)).toBeDefined();
    expect(durationProblem(parsed('cron(0 8,14 * * ? *)'), 7 * HOUR)).toBeDefined();
    expect(windows('cron(0 8,14 * * ? *)', '2026-11-27T09:00', 1, 6 * HOUR)).toEqual(['2026-11-27T14:00/20:00']);
  });

  it('stays in a window that is open, and leaves one that was used', () => {
    const state = { schedule: parsed('cron(0 8 * * ? *)'), setAt: at('2026-11-26T12:00') };
    expect(nextWindow(state, at('2026-11-27T20:00'))!.startsAt).toBe(at('2026-11-27T08:00'));
    expect(nextWindow({ ...state, lastRotatedAt: at('2026-11-27T09:00') }, at('2026-11-27T20:00'))!.startsAt).toBe(
      at('2026-11-28T08:00'),
    );
    const window = nextWindow(state, at('2026-11-27T20:00'))!;
    for (const random of [0, 0.5, 0.999]) {
      const moment = momentIn(window, at('2026-11-27T20:00'), random);
      expect(moment >= at('2026-11-27T20:00') && moment < window.endsAt).toBe(true);
    }
  });
});
