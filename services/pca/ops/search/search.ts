/** Which index answers a question, and how the places in its order are written. */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { ListCertificates, NAME_MATCHES } from '../../api/search/list-certificates.ts';
import type { CertificateNameRow } from '../../domain/rows.ts';
import { domainPrefix, keyOfLabel, keyOfText, keysCovering } from '../../domain/search/name-key.ts';
import type { Reader } from '../../store/authority-queries.ts';
import {
  listExpiring,
  listNamed,
  listNamedBelow,
  listNewest,
  listWithSerial,
  type NamePlace,
  type Place,
  type Range,
} from '../../store/search/certificate-search.ts';
import { listKeptExpiring, listKeptNewest, listKeptWithSerial } from '../../store/search/kept-search.ts';
import { asIssued, asKept, idOf, type Listed, readListed } from '../../store/search/listed.ts';

/** A candidate. */
export interface Found {
  /** Undefined: the index has it, the table does not. */
  listed: Listed | undefined;
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
  if (authorityId !== undefined && (input.Source ?? 'ISSUED') !== 'ISSUED')
    return problem('an authority has issued all of its certificates: leave Source out');
  const { ExpiresAfter: from, ExpiresBefore: until, KeyHash: keyHash } = input;
  if (from !== undefined && until !== undefined && from >= until)
    return problem('ExpiresAfter is not before ExpiresBefore');
  if (input.Serial !== undefined)
    return bySerial(accountId, input.Serial.replaceAll(':', '').toLowerCase(), input.Name);
  if (input.Name !== undefined) return byName(accountId, input.Name, input.NameMatch ?? 'EXACT');
  const tables = tablesOf(input, authorityId);
  if (keyHash === undefined && authorityId === undefined && (from !== undefined || until !== undefined)) {
    const window = { accountId, from: from ?? 0, until: until ?? Number.MAX_SAFE_INTEGER };
    return byPlace('not_after', tables, {
      issued: (db, range) => listExpiring(db, window, range),
      kept: (db, range) => listKeptExpiring(db, window, range),
    });
  }
  const of = keyHash !== undefined || authorityId === undefined ? { accountId, keyHash } : { authorityId };
  return byPlace('created_at', tables, {
    issued: (db, range) => listNewest(db, of, range),
    kept: (db, range) => listKeptNewest(db, { accountId, keyHash }, range),
  });
}

const problem = (text: string): Search => ({ ok: false, problem: text });

type Table = Listed['kind'];

function tablesOf({ Source }: InputOf<typeof ListCertificates>, authorityId: string | undefined): Table[] {
  if (authorityId !== undefined || Source === 'ISSUED') return ['issued'];
  return Source === undefined ? ['issued', 'kept'] : ['kept'];
}

type Queries = {
  [T in Table]: (db: Reader, range: Range<Place>) => Promise<Extract<Listed, { kind: T }>['row'][]>;
};

/** Both tables are read in the same order, and their rows put together in it. */
function byPlace(at: 'created_at' | 'not_after', tables: readonly Table[], queries: Queries): Search {
  const direction = at === 'created_at' ? -1 : 1;
  return {
    ok: true,
    async next(db, after, limit) {
      const range = { after: parsed<Place>(after), limit };
      const found: Listed[] = [];
      if (tables.includes('issued')) found.push(...(await queries.issued(db, range)).map(asIssued));
      if (tables.includes('kept')) found.push(...(await queries.kept(db, range)).map(asKept));
      if (tables.length > 1) found.sort((a, b) => direction * compare([a.row[at], idOf(a)], [b.row[at], idOf(b)]));
      return found.slice(0, limit).map((listed) => ({ listed, place: JSON.stringify([listed.row[at], idOf(listed)]) }));
    },
  };
}

function compare(a: Place, b: Place): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : 1);
}

function bySerial(accountId: string, serial: string, name: string | undefined): Search {
  if (name !== undefined) return problem('a Serial needs no Name');
  return {
    ok: true,
    async next(db, after, limit) {
      if (after !== '') return [];
      const issued = await listWithSerial(db, accountId, serial);
      const kept = await listKeptWithSerial(db, accountId, serial);
      return [...issued.map(asIssued), ...kept.map(asKept)]
        .slice(0, limit)
        .map((listed) => ({ listed, place: idOf(listed) }));
    },
  };
}

function byName(accountId: string, name: string, match: (typeof NAME_MATCHES)[number]): Search {
  if (match === 'SUFFIX') {
    const prefix = domainPrefix(name);
    if (prefix === undefined) return problem(`${name} is no domain`);
    const search = byNameRow(
      (db, after, limit) => listNamedBelow(db, { accountId, prefix }, { after: parsed<NamePlace>(after), limit }),
      (row) => [row.name, row.created_at, row.serial],
    );
    return { ...search, prefix };
  }
  const keys = match === 'HOST' ? keysCovering(name) : [match === 'LABEL' ? keyOfLabel(name) : keyOfText(name)];
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
      const rows = await readListed(db, names);
      return names.map((name, at) => ({ listed: rows[at], name: name.name, place: JSON.stringify(place(name)) }));
    },
  };
}

function newestFirst(a: CertificateNameRow, b: CertificateNameRow): number {
  return b.created_at - a.created_at || (a.serial < b.serial ? 1 : -1);
}

const parsed = <P>(place: string) => (place === '' ? undefined : (JSON.parse(place) as P));
