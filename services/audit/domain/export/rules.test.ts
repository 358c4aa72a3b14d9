import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Destination, splitDestination } from './destination.ts';
import { passes } from './filter.ts';
import { waitAfter } from './retry.ts';
import { syslogFrame } from './syslog-message.ts';

describe('a destination', () => {
  const url = 'https://logs.example.com/in';
  it.each([
    ['nothing', {}],
    ['two kinds', { Archive: { Store: 'abc' }, Syslog: { Host: 'a' } }],
    ['a certificate without its key', { Syslog: { Host: 'a', ClientCertificate: 'c' } }],
    ['a key without its certificate', { Syslog: { Host: 'a', ClientKey: 'k' } }],
    ['credentials in the URL', { Otlp: { Url: 'https://me:hush@logs.example.com/' } }],
    ['a query in the URL', { Otlp: { Url: 'https://logs.example.com/?token=hush' } }],
    ['a header that is two', { Otlp: { Url: url, Authorization: 'Bearer a\r\nx: y' } }],
  ])('refuses %s, without repeating it', (_, given) => {
    const split = splitDestination(given);
    expect(split).toHaveProperty('wrong');
    expect(JSON.stringify(split)).not.toContain('hush');
  });

  it('keeps its secrets apart', () => {
    const given = { Webhook: { Url: url, ClientCertificate: 'c', ClientKey: 'k', HmacKey: 'h' } };
    expect(splitDestination(given)).toEqual({
      destination: { kind: 'Webhook', Url: url, ClientCertificate: 'c' } satisfies Destination,
      secrets: { ClientKey: 'k', HmacKey: 'h' },
    });
  });
});

describe('the wait after a failure', () => {
  it('grows to five minutes, and never is nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempts, chance) => {
          const wait = waitAfter(attempts, chance);
          expect(wait).toBeGreaterThanOrEqual(500);
          expect(wait).toBeLessThanOrEqual(300_000);
        },
      ),
    );
    expect([1, 2, 3, 9, 10, 40].map((attempts) => waitAfter(attempts, 1))).toEqual([
      ...[1_000, 2_000, 4_000, 256_000, 300_000, 300_000],
    ]);
  });

  it('is as long as the receiver asks, within the limit', () => {
    expect([60_000, 900_000, 1].map((asked) => waitAfter(1, 0, asked))).toEqual([60_000, 300_000, 500]);
  });
});

describe('a filter', () => {
  const record = { source: 'kms.amazonaws.com', name: 'Decrypt', readOnly: true };
  it.each([
    [{}, true],
    [{ EventNames: ['Encrypt', 'Decrypt'] }, true],
    [{ EventNames: ['Decrypt'], ReadOnly: false }, false],
    [{ EventSources: ['iam.amazonaws.com'] }, false],
  ])('%j lets it through: %s', (filter, expected) => {
    expect(passes(filter, record)).toBe(expected);
  });
});

describe('a message of syslog', () => {
  const record = {
    ...{ eventId: 'e-1', accountId: '111122223333', sequence: 7, time: Date.parse('2026-01-02T03:04:05.678Z') },
    ...{ name: 'Decrypt', outcome: 'failed' as const, text: '{"a":"é\u007f\u2028😀"}' },
  };
  const options = { hostname: 'parapet.example', maxBytes: 8_192 };

  it('has the form of RFC 5424 in a frame of RFC 5425', () => {
    expect(syslogFrame(record, options).toString('latin1')).toBe(
      '155 <108>1 2026-01-02T03:04:05.678Z parapet.example parapet - Decrypt [audit@32473 idx="7" id="e-1" acct="111122223333"] {"a":"\\u00e9\\u007f\\u2028\\ud83d\\ude00"}',
    );
  });

  it('is printable, as long as it says, and carries the same JSON whatever stands in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, name) => {
        const text = syslogFrame({ ...record, name, text: JSON.stringify(value) }, options).toString('latin1');
        const [, length = '', message = ''] = /^(\d+) (.*)$/.exec(text) ?? [];
        expect(message).toHaveLength(Number(length));
        expect(message).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(message.slice(message.indexOf('3333"] ') + 7))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('names a record that is too long', () => {
    const text = syslogFrame({ ...record, text: JSON.stringify('x'.repeat(9_000)) }, options).toString('latin1');
    expect(text.length).toBeLessThan(400);
    expect(JSON.parse(text.slice(text.indexOf('] ') + 2))).toMatchObject({
      tooLong: true,
      eventID: 'e-1',
      length: 9_002,
    });
  });
});
