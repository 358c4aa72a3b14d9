/** Every question about certificates on both engines: the right ones, in order, over pages, and by an index. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../../../platform/store/index.ts';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../../platform/store/testing/postgres-server.ts';
import { type CertificateNameRow, type CertificateRow, UNREVOKED } from '../../domain/rows.ts';
import { domainPrefix, keyOfText } from '../../domain/search/name-key.ts';
import { definePca } from '../../index.ts';
import type { Reader } from '../authority-queries.ts';
import { endReservation, isKeyOfAnother, listReserved, reserveSerial } from '../certificate-queries.ts';
import type { PcaTables } from '../tables.ts';
import {
  listExpiring,
  listNamed,
  listNamedBelow,
  listNewest,
  type NamePlace,
  type Place,
} from './certificate-search.ts';
import { listKeptExpiring, listKeptExpiringOfAll, listKeptNewest } from './kept-search.ts';

const ACCOUNTS = ['111111111111', '222222222222'];
const AUTHORITIES = ['a1', 'a2', 'b1'];
const KEYS = ['aa', 'bb', 'cc'];
const NAMES = ['example.com', 'www.example.com', '*.example.com', 'example.org', 'my-example.com', '10.0.0.1'];

interface Stored {
  row: CertificateRow;
  names: string[];
}

/** Many share their moment, so that serial numbers decide. */
function made(at: number): Stored {
  const authority = AUTHORITIES[at % 3]!;
  const row: CertificateRow = {
    authority_id: authority,
    serial: `${((at * 7919) % 1009).toString(16).padStart(4, '0')}`,
    account_id: ACCOUNTS[authority.startsWith('a') ? 0 : 1]!,
    state: 'issued',
    template: 'EndEntityCertificate',
    tbs: Buffer.of(1),
    certificate: Buffer.of(2),
    not_before: 0,
    not_after: 1_000 + (at % 13) * 100,
    subject_hash: `s${at % 2}`,
    public_key_hash: KEYS[(at >> 1) % 3]!,
    requested_by: 'arn:aws:iam::111111111111:user/ann',
    created_at: 100 + Math.floor(at / 5),
    ...UNREVOKED,
    row_mac: Buffer.of(3),
  };
  return { row, names: [...new Set([NAMES[at % 6]!, NAMES[(at * 5) % 6]!])].map(keyOfText) };
}

const all = Array.from({ length: 240 }, (_, at) => made(at));
const reserved = made(900).row;
const missing = postgresMissing();

describe.each([
  ['sqlite', undefined],
  ['postgres', missing],
] as const)('certificates on %s', (engine, absent) => {
  let folder: string;
  let server: PostgresServer | undefined;
  let store: Store<PcaTables>;
  let db: Reader;

  beforeAll(async () => {
    if (absent) return;
    folder = mkdtempSync(join(tmpdir(), 'pca-search-'));
    if (engine === 'postgres') server = await startPostgres();
    const acme = { networks: [], resolvers: [], ports: { http: 80, tls: 443 } };
    const stores = new Map();
    const { migrations } = definePca({
      pkiUrl: 'http://pki.example.com',
      shards: 4,
      stores,
      reportStores: stores,
      acme,
      outsideNetworks: [],
    });
    store = await openStore<PcaTables>({
      service: 'pca',
      folder,
      url: server?.url,
      clock: { now: () => 1 },
      migrations,
    });
    db = store.read;
    for (const { row, names } of [...all, { row: reserved, names: [] }])
      await store.transaction(async (tx) => {
        await reserveSerial(tx, { ...row, state: 'reserved', certificate: null });
        if (row !== reserved) await endReservation(tx, row, names);
      });
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** All pages of a list, seven at a time. */
  async function pages<Row, P>(
    list: (range: { after: P | undefined; limit: number }) => Promise<Row[]>,
    place: (row: Row) => P,
  ) {
    const found: Row[] = [];
    for (let after: P | undefined; ; ) {
      const rows = await list({ after, limit: 7 });
      found.push(...rows);
      if (rows.length < 7) return found;
      after = place(rows.at(-1)!);
    }
  }
  const created = (row: CertificateRow | CertificateNameRow): Place => [row.created_at, row.serial];
  const expected = (wanted: (stored: Stored) => boolean, key: (row: CertificateRow) => Place, direction = -1) =>
    all
      .filter(wanted)
      .map(({ row }) => key(row))
      .sort((a, b) => direction * (a[0] - b[0] || (a[1] < b[1] ? -1 : 1)));
  const skipped = absent !== undefined;

  it.skipIf(skipped).each([
    ['an account', { accountId: ACCOUNTS[0]! }, ({ row }: Stored) => row.account_id === ACCOUNTS[0]],
    ['an authority', { authorityId: 'a2' }, ({ row }: Stored) => row.authority_id === 'a2'],
    [
      'a key of an account',
      { accountId: ACCOUNTS[0]!, keyHash: 'bb' },
      ({ row }: Stored) => row.account_id === ACCOUNTS[0] && row.public_key_hash === 'bb',
    ],
  ])('are found newest first by %s', async (_what, of, wanted) => {
    const found = await pages((range) => listNewest(db, of, range), created);
    expect(found.map(created)).toEqual(expected(wanted, created));
    expect(found.length).toBeGreaterThan(20);
  });

  it.skipIf(skipped)('are found by their expiry, the soonest first', async () => {
    const window = { accountId: ACCOUNTS[0]!, from: 1_200, until: 1_900 };
    const expiry = (row: CertificateRow): Place => [row.not_after, row.serial];
    const found = await pages((range) => listExpiring(db, window, range), expiry);
    const wanted = ({ row }: Stored) =>
      row.account_id === ACCOUNTS[0] && row.not_after >= 1_200 && row.not_after < 1_900;
    expect(found.map(expiry)).toEqual(expected(wanted, expiry, 1));
  });

  it.skipIf(skipped).each(NAMES)('are found by the name %s, newest first', async (name) => {
    const key = keyOfText(name);
    const found = await pages((range) => listNamed(db, { accountId: ACCOUNTS[0]!, name: key }, range), created);
    const wanted = ({ row, names }: Stored) => row.account_id === ACCOUNTS[0] && names.includes(key);
    expect(found.map(created)).toEqual(expected(wanted, created));
    expect(found.length).toBeGreaterThan(20);
  });

  it.skipIf(skipped)('are found by the domain of their names, and no names beside it', async () => {
    const prefix = domainPrefix('example.com')!;
    const place = (row: CertificateNameRow): NamePlace => [row.name, ...created(row)];
    const found = await pages((range) => listNamedBelow(db, { accountId: ACCOUNTS[0]!, prefix }, range), place);
    const inside = NAMES.slice(0, 3).map(keyOfText);
    const wanted = all.flatMap(({ row, names }) =>
      row.account_id === ACCOUNTS[0]
        ? names.filter((name) => inside.includes(name)).map((name) => [name, row.serial])
        : [],
    );
    expect(found.map(({ name, serial }) => [name, serial]).sort()).toEqual(wanted.sort());
    const names = found.map(({ name }) => name);
    expect(names).toEqual([...names].sort().reverse());
  });

  it.skipIf(skipped)('of a key are known to be for several subjects', async () => {
    const ask = (account_id: string, public_key_hash: string, subject_hash: string) =>
      isKeyOfAnother(db, { account_id, public_key_hash, subject_hash });
    expect(await ask(ACCOUNTS[0]!, 'bb', 's0')).toBe(true);
    expect(await ask(ACCOUNTS[0]!, 'dd', 's0')).toBe(false);
    expect(await ask('333333333333', 'bb', 's0')).toBe(false);
  });

  it.skipIf(skipped)('that were not signed are no certificates', async () => {
    expect((await listReserved(db, 10_000, 10)).map(({ serial }) => serial)).toEqual([reserved.serial]);
    expect(await listReserved(db, reserved.created_at, 10)).toEqual([]);
  });

  it.skipIf(skipped)('are found by an index in its order, without sorting', async () => {
    const after: Place = [500, '00'];
    const range = { after, limit: 10 };
    const names = { after: ['com.', ...after] as NamePlace, limit: 10 };
    const accountId = ACCOUNTS[0]!;
    const questions: [string, (db: Reader) => Promise<unknown>][] = [
      ['certificate_newest', (on) => listNewest(on, { accountId }, range)],
      ['certificate_newest_of_authority', (on) => listNewest(on, { authorityId: 'a1' }, range)],
      ['certificate_newest_of_key', (on) => listNewest(on, { accountId, keyHash: 'bb' }, range)],
      [
        'certificate_newest_of_key',
        (on) => isKeyOfAnother(on, { account_id: accountId, public_key_hash: 'bb', subject_hash: '' }),
      ],
      ['certificate_expiry', (on) => listExpiring(on, { accountId, from: 1, until: 9_999 }, range)],
      ['certificate_name_newest', (on) => listNamed(on, { accountId, name: 'com.' }, range)],
      ['certificate_name_newest', (on) => listNamedBelow(on, { accountId, prefix: 'com.' }, names)],
      ['certificate_open', (on) => listReserved(on, 1, 10)],
      ['kept_newest', (on) => listKeptNewest(on, { accountId }, range)],
      ['kept_newest_of_key', (on) => listKeptNewest(on, { accountId, keyHash: 'bb' }, range)],
      ['kept_expiry', (on) => listKeptExpiring(on, { accountId, from: 1, until: 9_999 }, range)],
      ['kept_expiry_of_all', (on) => listKeptExpiringOfAll(on, { from: 1, until: 9_999 }, range)],
    ];
    for (const [index, ask] of questions) {
      const plan = await planOf(ask);
      expect(plan, index).toMatch(new RegExp(String.raw`\b${index}\b`));
      expect(plan, index).not.toMatch(/TEMP B-TREE|\bSort\b|Seq Scan/);
    }
  });

  /** What the engine would do for a query. */
  async function planOf(ask: (db: Reader) => Promise<unknown>): Promise<string> {
    let compiled: CompiledQuery | undefined;
    const listening = db.withPlugin({
      transformQuery: ({ node }) => {
        compiled = db.getExecutor().compileQuery(node, { queryId: 'plan' } as never);
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    await ask(listening as Reader);
    const { sql: text, parameters } = compiled!;
    return store.transaction(async (tx) => {
      // Of a few hundred rows PostgreSQL would read all.
      if (engine === 'postgres') await sql`set local enable_seqscan = off`.execute(tx);
      if (engine === 'postgres') await sql`set local enable_sort = off`.execute(tx);
      if (engine === 'postgres') await sql`set local enable_bitmapscan = off`.execute(tx);
      const explain = engine === 'postgres' ? 'explain' : 'explain query plan';
      const { rows } = await tx.executeQuery({ ...compiled!, sql: `${explain} ${text}`, parameters } as CompiledQuery);
      return rows.map((row) => Object.values(row as object).join(' ')).join('\n');
    });
  }
});
