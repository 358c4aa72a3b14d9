/**
 * Kill -9 while lists of revoked certificates are made: the number of a list never goes back nor stands for two contents,
 * nothing that a list showed is ever missing from it, and within a minute of the next start all lists show whatever was
 * acknowledged as revoked. The number of kills: PARAPET_KILLS.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EntryCursor } from '../../services/pca/domain/revocation/entries.ts';
import { listFacts, readList } from '../../services/pca/domain/revocation/list.ts';
import { eventually } from '../harness/clients.ts';
import { type Running, type Shape, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

/** The next maker waits for the leases of the dead one, so each kill takes half a minute. */
const KILLS = Math.ceil(Number(process.env.PARAPET_KILLS ?? 50) / 20);
const AUTHORITIES = 4;
const WORKERS = 4;
/** What users wait for at most until a list says what was revoked. */
const PUBLISHED_MS = 60_000;

describe.each<[Shape, 'sqlite' | 'postgres']>([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
])('kill -9 of the maker of lists, %s on %s', (shape, engine) => {
  let server: Running;
  let authorities: string[];
  let uris: string[];
  const csr = execFileSync(
    'openssl',
    ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-'].concat([
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ]),
    { stdio: ['ignore', 'pipe', 'ignore'] },
  ).toString();
  const Csr = Buffer.from(csr.slice(csr.indexOf('-----BEGIN CERTIFICATE REQUEST'))).toString('base64');

  async function ask<Answer = Record<string, unknown>>(operation: string, input: object): Promise<Answer> {
    const answer = await native(server, `/v1/pca/${operation}`, input);
    if (answer.status !== 200) throw new Error(`${operation} answered ${answer.text}`);
    return (answer.text === '' ? {} : answer.json()) as Answer;
  }
  const order = { SigningAlgorithm: 'SHA256WITHECDSA' };
  async function issue(CertificateAuthorityArn: string, more: object): Promise<string> {
    const wanted = { CertificateAuthorityArn, ...order, Validity: { Type: 'YEARS', Value: 1 }, ...more };
    return (await ask<{ CertificateArn: string }>('issue-certificate', wanted)).CertificateArn;
  }
  async function makeRoot(at: number): Promise<string> {
    const { CertificateAuthorityArn } = await ask<{ CertificateAuthorityArn: string }>('create-certificate-authority', {
      CertificateAuthorityType: 'ROOT',
      CertificateAuthorityConfiguration: {
        KeyAlgorithm: 'EC_prime256v1',
        ...order,
        Subject: { CommonName: `crash ${at}` },
      },
      RevocationConfiguration: { CrlConfiguration: { Enabled: true, CrlType: 'PARTITIONED' } },
    });
    const about = { CertificateAuthorityArn };
    const own = await ask<{ Csr: string }>('get-certificate-authority-csr', about);
    const CertificateArn = await issue(CertificateAuthorityArn, {
      Csr: Buffer.from(own.Csr).toString('base64'),
      TemplateArn: 'arn:aws:acm-pca:::template/RootCACertificate/V1',
      Validity: { Type: 'YEARS', Value: 10 },
    });
    const { Certificate } = await ask<{ Certificate: string }>('get-certificate', { ...about, CertificateArn });
    await ask('import-certificate-authority-certificate', {
      ...about,
      Certificate: Buffer.from(Certificate).toString('base64'),
    });
    return CertificateAuthorityArn;
  }
  interface Shown {
    Uri: string;
    Number?: number;
    Problem?: string;
  }
  const lists = async () => {
    const all = authorities.map((CertificateAuthorityArn) =>
      ask<{ RevocationLists: Shown[] }>('list-revocation-lists', { CertificateAuthorityArn }),
    );
    return (await Promise.all(all)).flatMap(({ RevocationLists }) => RevocationLists);
  };

  beforeAll(async () => {
    server = await startParapet({ shape, engine });
    authorities = [];
    for (let at = 0; at < AUTHORITIES; at++) authorities.push(await makeRoot(at));
    await eventually(async () => (await lists()).every(({ Number: number }) => number !== undefined), PUBLISHED_MS);
    uris = (await lists()).map(({ Uri }) => Uri);
  }, 120_000);
  afterAll(() => server?.stop());

  /** What was seen of a list, by its place. */
  const seen = new Map<string, { number: bigint; sha256: string; serials: Set<string> }>();

  /** Looks at a list as clients do, and compares it with what was seen there before. */
  async function look(uri: string): Promise<ReadonlySet<string>> {
    const answer = await fetch(uri);
    expect(answer.status, uri).toBe(200);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const read = readList(bytes);
    const serials = new Set<string>();
    for (const cursor = new EntryCursor(read.entries); cursor.next(); ) serials.add(cursor.serialHex());
    const now = { number: listFacts(read).number!, sha256: createHash('sha256').update(bytes).digest('hex'), serials };
    const before = seen.get(uri);
    if (before) {
      expect(now.number >= before.number, `the number of ${uri} goes back`).toBe(true);
      if (now.number === before.number) expect(now.sha256, `number ${now.number} of ${uri}`).toBe(before.sha256);
      const lost = [...before.serials].filter((serial) => !serials.has(serial));
      expect(lost, `missing from ${uri}`).toEqual([]);
    }
    seen.set(uri, now);
    return serials;
  }
  const lookAtAll = async () => new Set((await Promise.all(uris.map(look))).flatMap((serials) => [...serials]));

  it(`loses nothing in ${KILLS} kills`, { timeout: 120_000 + KILLS * 90_000 }, async () => {
    const revoked: string[] = [];
    let isDead = false;
    const worker = async (at: number) => {
      for (let turn = at; !isDead; turn++) {
        const CertificateAuthorityArn = authorities[turn % AUTHORITIES]!;
        try {
          const serial = (await issue(CertificateAuthorityArn, { Csr })).split('/').at(-1)!;
          const of = { CertificateAuthorityArn, CertificateSerial: serial };
          await ask('revoke-certificate', { ...of, RevocationReason: 'SUPERSEDED' });
          revoked.push(serial);
        } catch {
          // Not acknowledged: the server is gone, or is about to be.
        }
      }
    };
    let isCut = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      isDead = false;
      const working = Promise.all(Array.from({ length: WORKERS }, (_, at) => worker(at)));
      const before = revoked.length;
      await eventually(async () => revoked.length > before + 20, 60_000);
      await lookAtAll();
      const leases = await Leases.of(server);
      await leases.untilTaken(PUBLISHED_MS);
      await new Promise((wait) => setTimeout(wait, Math.random() * 20));
      await server.kill();
      if ((await leases.taken()) > 0) isCut++;
      await leases.close();
      isDead = true;
      await working;
      await server.start();
      const from = Date.now();
      await lookAtAll();
      await eventually(async () => {
        const listed = await lookAtAll();
        return revoked.every((serial) => listed.has(serial));
      }, PUBLISHED_MS);
      console.log(
        `${shape}: kill ${kill + 1}, ${revoked.length} revoked, listed ${Date.now() - from} ms after the start`,
      );
    }
    console.log(`${shape}: ${isCut} of ${KILLS} kills while a list was made`);
    expect(isCut).toBeGreaterThan(0);
    for (const { Problem } of await lists()) expect(Problem).toBeUndefined();
  });
});

/** Who holds leases of lists, as the database has it. */
abstract class Leases {
  protected static readonly QUESTION = 'select count(*) as taken from revocation_list where leased_until > 0';

  static async of({ databaseUrl, dataFolder }: Running): Promise<Leases> {
    if (databaseUrl === undefined) return new SqliteLeases(join(dataFolder, 'pca.db'));
    const client = new pg.Client({ connectionString: databaseUrl, options: '-c search_path=pca' });
    await client.connect();
    return new PostgresLeases(client);
  }

  abstract taken(): Promise<number>;
  abstract close(): Promise<void>;

  async untilTaken(withinMs: number): Promise<void> {
    for (const until = Date.now() + withinMs; (await this.taken()) === 0; ) {
      if (Date.now() > until) throw new Error('no list was made');
      await new Promise((wait) => setTimeout(wait, 1));
    }
  }
}

class SqliteLeases extends Leases {
  private readonly db: Database.Database;

  constructor(path: string) {
    super();
    this.db = new Database(path, { readonly: true });
  }

  async taken(): Promise<number> {
    return (this.db.prepare(Leases.QUESTION).get() as { taken: number }).taken;
  }

  async close(): Promise<void> {
    this.db.close();
  }
}

class PostgresLeases extends Leases {
  private readonly client: pg.Client;

  constructor(client: pg.Client) {
    super();
    this.client = client;
  }

  async taken(): Promise<number> {
    return Number((await this.client.query<{ taken: string }>(Leases.QUESTION)).rows[0]!.taken);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
