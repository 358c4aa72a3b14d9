/**
 * Lints 35 to 40: lists of revoked certificates. 35 to 39 look at the bytes that are about to be signed and at the list
 * before; what they find stops the list. 40 looks at what was published.
 */
import { hash } from 'node:crypto';
import { DateError, DerError } from '../der/reader.ts';
import type { Issuer } from '../issuing.ts';
import { compareSerials, EntryCursor, reasonExtensions } from '../revocation/entries.ts';
import { type ListFacts, type ListScope, listFacts, type ReadTbs, readListTbs } from '../revocation/list.ts';
import { LISTED_CODES } from '../revocation/reason.ts';
import { algorithmOf } from '../x509/algorithm.ts';
import { EXTENSION, LIST_EXTENSION } from '../x509/oids.ts';
import type { Say } from './lint.ts';
import type { Finding } from './run.ts';

export interface ListContext {
  issuer: Issuer;
  scope: ListScope | undefined;
  /** Milliseconds from this update to the next, at most. */
  maxLifetime: number;
  /** The list before, of the same scope. */
  previous: { number: number; thisUpdate: number; entries: Buffer } | undefined;
  /** Whether the records say so of a serial number, in hexadecimal. */
  mayLeave(serial: string): boolean;
  mayJoin(serial: string): boolean;
  /** How many the records have; undefined: they are known to differ. */
  recorded: number | undefined;
}

interface Subject {
  tbs: ReadTbs;
  facts: ListFacts;
}

interface ListLint {
  id: number;
  name: string;
  check(subject: Subject, context: ListContext, say: Say): void;
}

const isCritical = ({ extensions }: ReadTbs, id: string) =>
  extensions.some(({ oid, critical }) => oid === id && critical);

const MAX_NUMBER_OCTETS = 20;
/** As entries have them: the only extensions of an entry, and their forms. */
const EXTENSIONS_OF_ENTRIES = [...LISTED_CODES].map(reasonExtensions);

export const LIST_LINTS: readonly ListLint[] = [
  {
    id: 35,
    name: 'list-issuer',
    check({ tbs, facts }, { issuer }, say) {
      if (tbs.version !== 2) say.error(`the version of the list is ${tbs.version}, not 2`);
      if (!algorithmOf(tbs.algorithm)) say.error('the signature algorithm is none of ours, or has other parameters');
      if (!tbs.issuer.equals(issuer.subject.bytes))
        say.error('the issuer of the list is not the subject of the authority, byte for byte');
      if (!facts.keyId?.equals(issuer.keyId) || isCritical(tbs, EXTENSION.authorityKeyIdentifier))
        say.error('the authority key identifier is not that of the authority');
      const usage = issuer.chain[0]?.facts.keyUsage;
      if (usage && !usage.includes('CRLSign')) say.error('the key of the authority may not sign lists');
    },
  },
  {
    id: 36,
    name: 'list-number-and-dates',
    check({ tbs, facts }, { previous, maxLifetime }, say) {
      if (facts.number === undefined || isCritical(tbs, LIST_EXTENSION.number))
        say.error('the number of the list is missing or critical');
      else if (facts.number < 0n || (facts.numberOctets ?? 0) > MAX_NUMBER_OCTETS)
        say.error('the number of the list has more than 20 octets');
      else if (previous && facts.number <= BigInt(previous.number))
        say.error('the number of the list is not above that of the list before');
      if (previous && tbs.thisUpdate < previous.thisUpdate) say.error('the list is dated before the one before it');
      if (tbs.nextUpdate === undefined || tbs.nextUpdate <= tbs.thisUpdate)
        say.error('the list does not say when the next one comes');
      else if (tbs.nextUpdate - tbs.thisUpdate > maxLifetime) say.error('the list is valid for too long');
    },
  },
  {
    id: 37,
    name: 'list-scope',
    check({ tbs, facts }, { scope }, say) {
      const said = facts.scope;
      if (!scope) {
        if (said) say.error('a complete list has a scope');
        return;
      }
      if (!said || !isCritical(tbs, LIST_EXTENSION.issuingDistributionPoint))
        return say.error('the scope of the list is missing or not critical');
      if (said.uris.join(' ') !== scope.uris.join(' '))
        say.error('the places in the scope are not those that certificates name');
      if (said.users === said.authorities) say.error('the scope is not one kind of certificates');
      if (said.users !== (scope.only === 'users')) say.error('the scope is the other kind of certificates');
      if (said.more) say.error('the scope is limited to some reasons, or indirect');
    },
  },
  {
    id: 38,
    name: 'list-entries',
    check({ tbs }, _context, say) {
      if (tbs.hasEmptyEntries) say.error('the list of entries is there, and empty');
      const wrong = wrongEntry(tbs);
      if (wrong) say.error(wrong);
    },
  },
  {
    id: 39,
    name: 'list-difference',
    check({ tbs }, context, say) {
      const { added, removed, count } = difference(context.previous?.entries ?? Buffer.alloc(0), tbs.entries);
      const left = removed.find((serial) => !context.mayLeave(serial));
      if (left !== undefined) say.error(`certificate ${left} left the list, but is neither expired nor released`);
      const came = added.find((serial) => !context.mayJoin(serial));
      if (came !== undefined) say.error(`certificate ${came} came to the list, but is not revoked or not of this list`);
      if (context.recorded !== undefined && count !== context.recorded)
        say.error(`the list has ${count} entries, the records ${context.recorded}`);
    },
  },
];

/** What is wrong with the first entry that is not as it should be. */
function wrongEntry({ entries, thisUpdate }: ReadTbs): string | undefined {
  const cursor = new EntryCursor(entries);
  const latest = timeDigits(thisUpdate);
  let lastAt = 0;
  let lastEnd = 0;
  while (cursor.next()) {
    const { serialAt, serialEnd } = cursor;
    const first = entries[serialAt] as number;
    if (first >= 0x80) return `serial number ${cursor.serialHex()} is not positive`;
    if (serialEnd - serialAt === 1 && first === 0) return 'a serial number is zero';
    if (lastEnd > 0 && compareSerials(entries, lastAt, lastEnd, entries, serialAt, serialEnd) >= 0)
      return `entry ${cursor.serialHex()} is out of order, or there twice`;
    if (isAfter(entries, serialEnd, latest)) return `entry ${cursor.serialHex()} is dated after the list`;
    if (cursor.extensionsAt !== cursor.end && !isReason(entries, cursor.extensionsAt, cursor.end))
      return `entry ${cursor.serialHex()} has extensions other than one of the reasons`;
    lastAt = serialAt;
    lastEnd = serialEnd;
  }
  return undefined;
}

function isReason(bytes: Buffer, at: number, end: number): boolean {
  return EXTENSIONS_OF_ENTRIES.some(
    (one) => one.length === end - at && bytes.compare(one, 0, one.length, at, end) === 0,
  );
}

/** Fourteen digits, as GeneralizedTime has them. */
function timeDigits(moment: number): Buffer {
  return Buffer.from(new Date(moment).toISOString().slice(0, 19).replaceAll(/[-T:]/g, ''), 'latin1');
}

/** Whether the time at a place is later; digit by digit, the century of a UTCTime by its first (RFC 5280 4.1.2.5.1). */
function isAfter(bytes: Buffer, at: number, digits: Buffer): boolean {
  const isShort = bytes[at] === 0x17;
  const text = at + 2;
  const century = isShort ? ((bytes[text] as number) >= 0x35 ? '19' : '20') : undefined;
  if (century !== undefined) {
    const wanted = digits.toString('latin1', 0, 2);
    if (century !== wanted) return century > wanted;
  }
  const skip = isShort ? 2 : 0;
  for (let digit = skip; digit < digits.length; digit++) {
    const difference = (bytes[text + digit - skip] as number) - (digits[digit] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

interface Difference {
  added: string[];
  removed: string[];
  count: number;
}

/** By serial numbers, of two sorted lists. */
function difference(before: Buffer, after: Buffer): Difference {
  const old = new EntryCursor(before);
  const now = new EntryCursor(after);
  const found: Difference = { added: [], removed: [], count: 0 };
  let hasOld = old.next();
  let hasNow = now.next();
  while (hasOld || hasNow) {
    const order = !hasOld
      ? 1
      : !hasNow
        ? -1
        : compareSerials(before, old.serialAt, old.serialEnd, after, now.serialAt, now.serialEnd);
    if (order < 0) found.removed.push(old.serialHex());
    if (order > 0) found.added.push(now.serialHex());
    if (order >= 0) {
      found.count++;
      hasNow = now.next();
    }
    if (order <= 0) hasOld = old.next();
  }
  return found;
}

/** All lints on what is about to be signed. */
export function lintList(bytes: Buffer, context: ListContext): Finding[] {
  let subject: Subject;
  try {
    const tbs = readListTbs(bytes);
    subject = { tbs, facts: listFacts(tbs) };
    new EntryCursor(tbs.entries).next();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const which =
      error instanceof DateError ? { lint: 36, name: 'list-number-and-dates' } : { lint: 38, name: 'list-entries' };
    return [{ ...which, level: 'error', message: error.message }];
  }
  const findings: Finding[] = [];
  for (const { id, name, check } of LIST_LINTS) {
    const add = (level: Finding['level']) => (message: string) => findings.push({ lint: id, name, level, message });
    try {
      check(subject, context, { error: add('error'), warn: add('warning') });
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      add('error')(error.message);
    }
  }
  return findings;
}

export const LIST_MEDIA_TYPE = 'application/pkix-crl';
/** Of one of several lists (AWS: of a partition). */
export const MAX_SHARD_BYTES = 1_000_000;

export interface Published {
  sha256: string;
  thisUpdate: number;
  nextUpdate: number;
  isShard: boolean;
}

/** Lint 40: what a place of publication answers is what was stored. An error: it was not published. */
export function lintPublished(
  answer: { bytes: Buffer; mediaType: string | undefined },
  { sha256, thisUpdate, nextUpdate, isShard }: Published,
  now: number,
): Finding[] {
  const of = (level: Finding['level'], message: string): Finding => ({
    lint: 40,
    name: 'published-list',
    level,
    message,
  });
  const { bytes, mediaType } = answer;
  return [
    ...(hash('sha256', bytes, 'hex') === sha256
      ? []
      : [of('error', 'what is answered is not the list that was stored')]),
    ...(mediaType === undefined || mediaType === LIST_MEDIA_TYPE
      ? []
      : [of('error', `the media type of the list is ${mediaType.slice(0, 100)}`)]),
    ...(now - thisUpdate > (nextUpdate - thisUpdate) / 2
      ? [of('warning', 'more than half of the life of the list is over')]
      : []),
    ...(isShard && bytes.length > MAX_SHARD_BYTES * 0.8
      ? [
          of(
            'warning',
            `the list has ${bytes.length} bytes; more than ${MAX_SHARD_BYTES} are too many for some clients`,
          ),
        ]
      : []),
  ];
}
