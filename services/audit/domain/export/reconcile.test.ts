import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS } from '../../api/export/shapes.ts';
import { type Format, renderRecord } from './format.ts';
import { Reconciler } from './reconcile.ts';
import type { NumberedRecord } from './recorded.ts';

const ACCOUNT = '111122223333';

function record(sequence: number): NumberedRecord {
  const eventId = `e-${sequence}`;
  const text = JSON.stringify({ eventID: eventId, eventName: 'Decrypt', recipientAccountId: ACCOUNT });
  return { eventId, accountId: ACCOUNT, sequence, time: 0, text };
}

const all = [1, 2, 3].map(record);

function reconcile(format: Format, held: readonly string[]) {
  const reconciler = new Reconciler({ format, accountId: ACCOUNT });
  for (const json of held) reconciler.holds(json);
  // The third was not delivered yet.
  for (const one of all) reconciler.logged(one, one.sequence < 3);
  return reconciler.end();
}

const none = { expected: 2, missing: [], changed: [], extra: [], duplicates: [], others: 0, unreadable: 0 };

describe.each(EXPORT_FORMATS)('%s', (format) => {
  const [first = '', second = '', third = ''] = all.map((one) => renderRecord(format, one));
  const foreign = renderRecord(format, {
    ...{ ...record(9), accountId: '444455556666' },
    text: record(9).text.replace(ACCOUNT, '444455556666'),
  });

  it.each([
    ['everything', [first, second], {}],
    ['what is under way, too', [first, second, third], {}],
    ['members in another order', [first, reversed(second)], {}],
    ['one missing', [second], { missing: ['e-1'] }],
    ['one twice', [first, second, first], { duplicates: ['e-1'] }],
    ['one changed', [first.replace('Decrypt', 'Encrypt'), second], { changed: ['e-1'] }],
    [
      'one changed beside the right one',
      [first, first.replace('Decrypt', 'Encrypt'), second],
      { changed: ['e-1'], duplicates: ['e-1'] },
    ],
    ['one of nobody', [first, second, renderRecord(format, record(8))], { extra: ['e-8'] }],
    ['one of another account', [first, second, foreign], { others: 1 }],
    ['what is no record', [first, second, 'x', '{}'], { unreadable: 2 }],
    ['one named because it was too long', [pointer(first, 'e-1'), second], {}],
    ['one named with another hash', [pointer(second, 'e-1'), second], { changed: ['e-1'] }],
  ])('%s', (_, held, expected) => {
    expect(reconcile(format, held)).toEqual({ ...none, ...expected });
  });
});

function pointer(text: string, eventID: string): string {
  return JSON.stringify({ tooLong: true, eventID, length: text.length, sha256: hash('sha256', text) });
}

function reversed(json: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json)).reverse()));
}
