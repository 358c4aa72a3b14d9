/** Which index answers a question, and how the places in its order are written. */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { ListCertificates } from '../../api/search/list-certificates.ts';
import type { CertificateNameRow, CertificateRow } from '../../domain/rows.ts';
import { domainPrefix, keyOfText, keysCovering } from '../../domain/search/name-key.ts';
import type { Reader } from '../../store/authority-queries.ts';
import { readCertificates } from '../../store/certificate-queries.ts';
import {
  listExpiring,
  listNamed,
  listNamedBelow,
  listNewest,
  listWithSerial,
  type NamePlace,
  type Place,
} from '../../store/search/certificate-search.ts';

/** A candidate. */
export interface Found {
  /** Undefined: the index has it, the table does not. */
  row: CertificateRow | undefined;
  /** The key it was found under, when it was looked for by name. */
  name?: string;
  place: string;
}

/** Candidates after a place (empty: from the beginning), in order. */
type Next = (db: Reader, after: string, limit: number) => Promise<Found[]>;
export type Search =
  /** `prefix`: what the names begin with; a certificate may have several of them. */
  { ok: true; next: Next; prefix?: string } | { ok: false; problem: string };

interface Scope {
  accountId: string;
  authorityId: string | undefined;
}

export function searchOf(input: InputOf<typeof ListCertificates>, scope: Scope): Search {
  const { accountId, authorityId } = scope;
  if (input.Name === undefined && input.NameMatch !== undefined) return problem('NameMatch needs a Name');
  const { ExpiresAfter: from, ExpiresBefore: until, KeyHash: keyHash } = input;
  if (from !== undefined && until !== undefined && from >= until)
    return problem('ExpiresAfter is not before ExpiresBefore');
  if (input.Serial !== undefined)
    return bySerial(accountId, input.Serial.replaceAll(':', '').toLowerCase(), input.Name);
  if (input.Name !== undefined) return byName(accountId, input.Name, input.NameMatch ?? 'EXACT');
  if (keyHash === undefined && authorityId === undefined && (from !== undefined || until !== undefined)) {
    const window = { accountId, from: from ?? 0, until: until ?? Number.MAX_SAFE_INTEGER };
    return byPlace('not_after', (db, range) => listExpiring(db, window, range));
  }
  const of = keyHash !== undefined || authorityId === undefined ? { accountId, keyHash } : { authorityId };
  return byPlace('created_at', (db, range) => listNewest(db, of, range));
}

const problem = (text: string): Search => ({ ok: false, problem: text });

type Query = (db: Reader, range: { after: Place | undefined; limit: number }) => Promise<CertificateRow[]>;

function byPlace(at: 'created_at' | 'not_after', query: Query): Search {
  return {
    ok: true,
    async next(db, after, limit) {
      const rows = await query(db, { after: parsed<Place>(after), limit });
      return rows.map((row) => ({ row, place: JSON.stringify([row[at], row.serial]) }));
    },
  };
}

function bySerial(accountId: string, serial: string, name: string | undefined): Search {
  if (name !== undefined) return problem('a Serial needs no Name');
  return {
    ok: true,
    async next(db, after, limit) {
      if (after !== '') return [];
      return (await listWithSerial(db, accountId, serial))
        .slice(0, limit)
        .map((row) => ({ row, place: row.authority_id }));
    },
  };
}

function byName(accountId: string, name: string, match: 'EXACT' | 'SUFFIX' | 'HOST'): Search {
  if (match === 'SUFFIX') {
    const prefix = domainPrefix(name);
    if (prefix === undefined) return problem(`${name} is no domain`);
    const search = byNameRow(
      (db, after, limit) => listNamedBelow(db, { accountId, prefix }, { after: parsed<NamePlace>(after), limit }),
      (row) => [row.name, row.created_at, row.serial],
    );
    return { ...search, prefix };
  }
  const keys = match === 'HOST' ? keysCovering(name) : [keyOfText(name)];
  if (keys === undefined) return problem(`${name} is no host name`);
  return byNameRow(
    async (db, after, limit) => {
      const range = { after: parsed<Place>(after), limit };
      const lists = await Promise.all(keys.map((key) => listNamed(db, { accountId, name: key }, range)));
      const merged = lists.flat().sort(newestFirst);
      // One that has both names stands in both lists.
      return merged.filter(({ serial }, at) => serial !== merged[at - 1]?.serial).slice(0, limit);
    },
    (row) => [row.created_at, row.serial],
  );
}

function byNameRow(
  query: (db: Reader, after: string, limit: number) => Promise<CertificateNameRow[]>,
  place: (row: CertificateNameRow) => NamePlace | Place,
): Search & { ok: true } {
  return {
    ok: true,
    async next(db, after, limit) {
      const names = await query(db, after, limit);
      const rows = await readCertificates(db, names);
      return names.map((name, at) => ({ row: rows[at], name: name.name, place: JSON.stringify(place(name)) }));
    },
  };
}

function newestFirst(a: CertificateNameRow, b: CertificateNameRow): number {
  return b.created_at - a.created_at || (a.serial < b.serial ? 1 : -1);
}

const parsed = <P>(place: string) => (place === '' ? undefined : (JSON.parse(place) as P));
