/** Every lint of lists, with a list that it lets pass and one that it does not. */
import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as der from '../../../../platform/contract/der.ts';
import { authority, NOW } from '../../testing/lint-subject.ts';
import { serialContent, writeEntry } from '../revocation/entries.ts';
import { type ListPlan, type ListScope, readListTbs, writeListTbs } from '../revocation/list.ts';
import { DAY_MS } from '../validity.ts';
import { keyUsage, writeExtension } from '../x509/extension.ts';
import { writeName } from '../x509/name.ts';
import { ATTRIBUTE } from '../x509/oids.ts';
import { LIST_LINTS, LIST_MEDIA_TYPE, type ListContext, lintList, lintPublished, MAX_SHARD_BYTES } from './lists.ts';

const ISSUER = authority();
const SCOPE: ListScope = { uris: ['http://pki.example.com/crl/a/1.crl'], only: 'users' };
const SERIALS = ['2a01', '2a02', '2a03'];
const entry = (serial: string, at = NOW - DAY_MS, reason = 4) => writeEntry(serialContent(serial), at, reason);
const entries = (...serials: string[]) => Buffer.concat(serials.map((serial) => entry(serial)));
const WEEK = 7 * DAY_MS;

const CLEAN: ListPlan = {
  algorithm: 'SHA256WITHECDSA',
  issuer: ISSUER.subject.bytes,
  keyId: ISSUER.keyId,
  number: 1000,
  thisUpdate: NOW,
  nextUpdate: NOW + WEEK - 1000,
  entries: entries(...SERIALS),
  scope: SCOPE,
};
const CONTEXT: ListContext = {
  issuer: ISSUER,
  scope: SCOPE,
  maxLifetime: WEEK,
  previous: { number: 999, thisUpdate: NOW - DAY_MS, entries: entries('2a00', '2a01', '2a02') },
  mayLeave: (serial) => serial === '2a00',
  mayJoin: (serial) => serial === '2a03',
  recorded: 3,
};

interface Spoiled {
  plan?: Partial<ListPlan>;
  context?: Partial<ListContext>;
  bytes?: (bytes: Buffer) => Buffer;
}
const findings = ({ plan, context, bytes = (same) => same }: Spoiled) =>
  lintList(bytes(writeListTbs({ ...CLEAN, ...plan })), { ...CONTEXT, ...context });

/** The same number of bytes, others. */
const swapped = (from: string, to: string) => (bytes: Buffer) => {
  const at = bytes.indexOf(Buffer.from(from, 'hex'));
  expect(at, `${from} is in the list`).toBeGreaterThan(0);
  const copy = Buffer.from(bytes);
  Buffer.from(to, 'hex').copy(copy, at);
  return copy;
};
const without = (context: Partial<ListContext>) => ({ previous: undefined, mayJoin: () => true, ...context });
const only = (...list: Buffer[]): Spoiled => ({
  plan: { entries: Buffer.concat(list) },
  context: without({ recorded: list.length }),
});
/** Extensions as no list of ours has them. */
const rawEntry = (extensions: Buffer) =>
  der.sequence(der.integer(Buffer.from('2a01', 'hex')), der.time(NOW), extensions);
const reason = (code: number, critical = false) =>
  der.sequence(
    der.sequence(der.oid('2.5.29.21'), ...(critical ? [der.boolean(true)] : []), der.octetString(der.enumerated(code))),
  );

const CASES: readonly [lint: number, title: string, bad: Spoiled, good?: Spoiled][] = [
  [35, 'version 1', { bytes: (bytes) => withoutVersion(bytes) }],
  [35, 'another algorithm', { bytes: swapped('06082a8648ce3d040302', '06082a8648ce3d040301') }],
  [35, 'another issuer', { plan: { issuer: writeName([{ oid: ATTRIBUTE.commonName, value: 'x' }]).bytes } }],
  [35, 'another key', { plan: { keyId: Buffer.alloc(20) } }],
  [
    35,
    'an authority that may not sign lists',
    { context: { issuer: { ...ISSUER, chain: [withUsage()] } } },
    { context: { issuer: { ...ISSUER, chain: [] } } },
  ],
  [36, 'the number of the list before', { plan: { number: 999 } }, { plan: { number: 1000 } }],
  [36, 'no number', { bytes: swapped('0603551d14', '0603551d7f') }],
  [
    36,
    'a date before the list before',
    { plan: { thisUpdate: NOW - DAY_MS - 1000 }, context: { maxLifetime: 2 * WEEK } },
    { plan: { thisUpdate: NOW - DAY_MS }, context: { maxLifetime: 2 * WEEK } },
  ],
  [36, 'an end before the beginning', { plan: { nextUpdate: NOW } }, { plan: { nextUpdate: NOW + 1000 } }],
  [36, 'a life that is too long', { plan: { nextUpdate: NOW + WEEK + 1000 } }, { plan: { nextUpdate: NOW + WEEK } }],
  [36, 'a GeneralizedTime before 2050', { bytes: (bytes) => withLongDate(bytes) }],
  [37, 'no scope', { plan: { scope: undefined } }, { plan: { scope: undefined }, context: { scope: undefined } }],
  [37, 'a scope on a complete list', { context: { scope: undefined } }],
  [37, 'another place', { plan: { scope: { ...SCOPE, uris: ['http://pki.example.com/crl/a/2.crl'] } } }],
  [37, 'a place that is missing', { context: { scope: { ...SCOPE, uris: [...SCOPE.uris, 'http://old/1.crl'] } } }],
  [37, 'the other kind', { plan: { scope: { ...SCOPE, only: 'authorities' } } }],
  [37, 'a scope that is not critical', { bytes: (bytes) => withoutCritical(bytes) }],
  [37, 'no kind', { bytes: swapped('8101ff', '8301ff') }],
  [38, 'an empty list of entries', { bytes: (bytes) => withEmptyEntries(bytes), ...without({}) }],
  [38, 'out of order', only(entry('2a02'), entry('2a01')), only(entry('2a01'), entry('2a02'))],
  [38, 'twice', only(entry('2a01'), entry('2a01'))],
  [38, 'a longer number first', only(entry('2a0100'), entry('2a02')), only(entry('2a02'), entry('2a0100'))],
  [38, 'a date after the list', only(entry('2a01', NOW + 1000)), only(entry('2a01', NOW))],
  [
    38,
    'a date in another century',
    only(entry('2a01', Date.UTC(2050, 1, 1))),
    only(entry('2a01', Date.UTC(1999, 1, 1))),
  ],
  [
    38,
    'a negative number',
    only(writeEntry(Buffer.from('8a01', 'hex'), NOW, 0)),
    only(writeEntry(Buffer.from('008a01', 'hex'), NOW, 0)),
  ],
  [38, 'the number zero', only(writeEntry(Buffer.of(0), NOW, 0))],
  [38, 'removeFromCRL', only(entry('2a01', NOW, 8)), only(entry('2a01', NOW, 6))],
  [38, 'reason 7', only(rawEntry(reason(7))), only(rawEntry(reason(1)))],
  [38, 'unspecified, written out', only(rawEntry(reason(0))), only(entry('2a01', NOW, 0))],
  [38, 'a critical reason', only(rawEntry(reason(1, true)))],
  [38, 'empty extensions', only(rawEntry(der.sequence()))],
  [38, 'an entry that breaks off', only(entry('2a01').subarray(0, 10))],
  [39, 'somebody left', { context: { mayLeave: () => false } }],
  [39, 'somebody came', { context: { mayJoin: () => false } }],
  [39, 'somebody is missing in the records', { context: { recorded: 2 } }, { context: { recorded: undefined } }],
];

describe.each(CASES)('lint %i: %s', (id, _title, bad, good = {}) => {
  it('is found', () => expect(findings(bad).map(({ lint }) => lint)).toContain(id));
  it('is not found elsewhere', () => expect(findings(good)).toEqual([]));
});

it('every lint has a case', () => {
  expect(new Set(CASES.map(([id]) => id))).toEqual(new Set(LIST_LINTS.map(({ id }) => id)));
});

describe('lint 40: what was published', () => {
  const bytes = Buffer.from('a list');
  const expected = { sha256: hash('sha256', bytes, 'hex'), thisUpdate: NOW, nextUpdate: NOW + WEEK, isShard: true };
  const levels = (answer: Parameters<typeof lintPublished>[0], now = NOW, more = {}) =>
    lintPublished(answer, { ...expected, ...more }, now).map(({ level }) => level);

  it('is what was stored', () => {
    expect(levels({ bytes, mediaType: LIST_MEDIA_TYPE })).toEqual([]);
    expect(levels({ bytes, mediaType: undefined })).toEqual([]);
    expect(levels({ bytes: Buffer.from('another'), mediaType: LIST_MEDIA_TYPE })).toEqual(['error']);
    expect(levels({ bytes, mediaType: 'text/html' })).toEqual(['error']);
  });

  it('is not old, and not too large for a shard', () => {
    expect(levels({ bytes, mediaType: undefined }, NOW + WEEK / 2)).toEqual([]);
    expect(levels({ bytes, mediaType: undefined }, NOW + WEEK / 2 + 1)).toEqual(['warning']);
    const large = Buffer.alloc(MAX_SHARD_BYTES * 0.8 + 1);
    const sha256 = hash('sha256', large, 'hex');
    expect(levels({ bytes: large, mediaType: undefined }, NOW, { sha256 })).toEqual(['warning']);
    expect(levels({ bytes: large, mediaType: undefined }, NOW, { sha256, isShard: false })).toEqual([]);
  });
});

function withUsage() {
  const [own] = authority({ extensions: [keyUsage(['KeyCertSign'])] }).chain;
  return own!;
}

/** Each reads the parts of a list as far as it needs, and writes them again. */
function rewritten(bytes: Buffer, change: (parts: Buffer[]) => Buffer[]): Buffer {
  const size = bytes[1]! < 0x80 ? 2 : 2 + (bytes[1]! & 0x7f);
  const parts: Buffer[] = [];
  for (let at = size; at < bytes.length; ) {
    const first = bytes[at + 1]!;
    const header = first < 0x80 ? 2 : 2 + (first & 0x7f);
    const length = first < 0x80 ? first : bytes.readUIntBE(at + 2, first & 0x7f);
    parts.push(bytes.subarray(at, at + header + length));
    at += header + length;
  }
  return der.sequence(...change(parts));
}
const withoutVersion = (bytes: Buffer) => rewritten(bytes, (parts) => parts.slice(1));
const withLongDate = (bytes: Buffer) => rewritten(bytes, (parts) => parts.with(3, der.generalizedTime(NOW)));
const withoutCritical = (bytes: Buffer) => {
  const extensions = readListTbs(bytes).extensions.map((one) => writeExtension({ ...one, critical: false }));
  return rewritten(bytes, (parts) => parts.with(-1, der.contextConstructed(0, der.sequence(...extensions))));
};
const withEmptyEntries = (bytes: Buffer) => rewritten(bytes, (parts) => parts.with(5, der.sequence()));
