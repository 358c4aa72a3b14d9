/**
 * Somebody who writes to the database: every row that decides what is said about a certificate is taken away, altered, or
 * replaced by each older copy of itself. Never is a certificate good that is not, and lists keep what they show.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readList } from '../../domain/revocation/list.ts';
import { LISTED, type RevocationRow } from '../../domain/revocation/rows.ts';
import type { CertificateRow } from '../../domain/rows.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { issue, makeSubordinate, refused, Workplace } from '../../testing/hierarchy.ts';
import {
  allLists,
  askOcsp,
  COMPLETE,
  type Hierarchy,
  issueLeaf,
  makeDueLists,
  makeRevocable,
} from '../../testing/revocation.ts';

let pca: PcaHarness;
let admin: PcaClient;
let h: Hierarchy;
let issuingPem: string;
const openssl = new Workplace();
const about = () => ({ CertificateAuthorityArn: h.issuing });

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  h = await makeRevocable(admin, COMPLETE);
  issuingPem = (await admin.GetCertificateAuthorityCertificate(about())).Certificate;
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

interface Rows {
  certificate: CertificateRow | undefined;
  revocation: RevocationRow | undefined;
}

async function rowsOf(serial: string): Promise<Rows> {
  const db = pca.store.read;
  return {
    certificate: await db.selectFrom('certificate').selectAll().where('serial', '=', serial).executeTakeFirst(),
    revocation: await db.selectFrom('revocation').selectAll().where('serial', '=', serial).executeTakeFirst(),
  };
}

/** Puts rows in the place of what there is, as somebody could who has the database. */
const put = (serial: string, { certificate, revocation }: Rows) =>
  pca.tamper(async (db) => {
    await db.deleteFrom('certificate').where('serial', '=', serial).execute();
    await db.deleteFrom('revocation').where('serial', '=', serial).execute();
    if (certificate) await db.insertInto('certificate').values(certificate).execute();
    if (revocation) await db.insertInto('revocation').values(revocation).execute();
  });

const publish = async () => {
  pca.kms.advance(31_000);
  await pca.tamper((db) => db.updateTable('revocation_list').set({ due_at: pca.kms.now, leased_until: 0 }).execute());
  await makeDueLists(pca);
};
const isListed = async (serial: string) =>
  (await allLists(pca, admin, h.issuing)).some((list) => readList(list).entries.toString('hex').includes(serial));
const ocsp = async (serial: string) =>
  askOcsp(pca, openssl, { arn: h.issuing, pem: issuingPem }, serial).catch((error: { code?: string }) => error.code);

/** A certificate with a past: every state it was in, and the rows of each. */
async function withPast(last: 'held' | 'revoked') {
  const { serial } = await issueLeaf(admin, openssl, h.issuing);
  const of = { ...about(), CertificateSerial: serial };
  const past: Rows[] = [await rowsOf(serial)];
  const remember = async () => {
    past.push(await rowsOf(serial));
    pca.kms.advance(2_000);
  };
  await admin.HoldCertificate(of);
  await remember();
  await admin.ReleaseCertificateHold(of);
  await remember();
  await admin.HoldCertificate(of);
  await remember();
  if (last === 'revoked') {
    await admin.RevokeCertificate({ ...of, RevocationReason: 'SUPERSEDED' });
    await remember();
  }
  await publish();
  return { serial, of, past, now: await rowsOf(serial) };
}

/** What somebody makes of a row: takes it away, alters one column, puts an older copy or the row of another one there. */
function forgeries<Row extends object>(now: Row, past: readonly (Row | undefined)[], changes: Partial<Row>[]) {
  return [undefined, ...past, ...changes.map((change) => ({ ...now, ...change }))];
}

const last = ['held', 'revoked'] as const;

describe.each(last)('a certificate that is %s', (state) => {
  it('is never good to OCSP, whatever is made of one of its rows', { timeout: 120_000 }, async () => {
    const { serial, past, now } = await withPast(state);
    const other = await withPast('revoked');
    const certificates = forgeries(
      now.certificate!,
      past.slice(0, -1).map((rows) => rows.certificate),
      [
        { revocation_state: null },
        { revocation_state: null, revocation_reason: null, revoked_at: null },
        { revocation_state: 'released' },
        { revoked_at: 1 },
        { state: 'failed' },
        { ...other.past[0]!.certificate!, serial },
      ],
    );
    const revocations = forgeries(
      now.revocation!,
      past.slice(0, -1).map((rows) => rows.revocation),
      [{ state: 'released' }, { reason: 0 }, { revoked_at: 1 }, { ...other.past[2]!.revocation!, serial }],
    );
    const answers = new Map<string, number>();
    const count = (answer = '') => answers.set(answer, (answers.get(answer) ?? 0) + 1);
    for (const certificate of certificates) {
      await put(serial, { ...now, certificate });
      count(await ocsp(serial));
    }
    for (const revocation of revocations) {
      await put(serial, { ...now, revocation });
      count(await ocsp(serial));
    }
    expect([...answers.keys()].sort()).toEqual(['Internal', 'revoked']);
    expect(answers.get('Internal')).toBeGreaterThan(5);
    expect(answers.get('revoked')).toBeGreaterThan(5);
    await put(serial, now);
    expect(await ocsp(serial)).toBe('revoked');
  });

  it('stays on its list, whatever is made of one of its rows', { timeout: 120_000 }, async () => {
    const { serial, past, now } = await withPast(state);
    for (const listed of Object.values(LISTED))
      for (const revocation of [undefined, ...past.map((rows) => rows.revocation)]) {
        await put(serial, { ...now, revocation: revocation && { ...revocation, listed } });
        await publish();
        expect(await isListed(serial)).toBe(true);
      }
    await put(serial, now);
    await publish();
    expect(await isListed(serial)).toBe(true);
  });

  it('is not changed any further while its rows do not agree', async () => {
    const { serial, of, past, now } = await withPast(state);
    for (const revocation of [undefined, ...past.slice(0, -1).map((rows) => rows.revocation)]) {
      await put(serial, { ...now, revocation });
      for (const attempt of [
        () => admin.ReleaseCertificateHold(of),
        () => admin.RevokeCertificate({ ...of, RevocationReason: 'UNSPECIFIED' }),
        () => admin.HoldCertificate(of),
      ])
        await expect(attempt()).rejects.toMatchObject(refused('Internal'));
    }
    await put(serial, now);
    const { Status } = await admin.GetRevocationStatus(of);
    expect(Status).toBe(state === 'held' ? 'HELD' : 'REVOKED');
  });
});

it('says so of the status, where a row is missing', async () => {
  const { serial, of, now } = await withPast('revoked');
  await put(serial, { ...now, revocation: undefined });
  expect(await admin.GetRevocationStatus(of)).toMatchObject({ Status: 'REVOKED', Reason: 'SUPERSEDED' });
  await put(serial, { ...now, certificate: undefined });
  await expect(admin.GetRevocationStatus(of)).rejects.toMatchObject(refused('NotFound'));
});

it('does not issue again below a revoked authority whose revocation was removed', async () => {
  const below = await makeSubordinate(admin, h.root, 'below');
  const { Certificate } = await admin.GetCertificateAuthorityCertificate({ CertificateAuthorityArn: below });
  const printed = openssl.openssl('x509', '-in', openssl.file(Certificate), '-noout', '-serial');
  const serial = printed.trim().replace('serial=', '').toLowerCase();
  const Csr = openssl.csr('/CN=www.example.com', 'DNS:www.example.com');
  await issue(admin, below, { Csr });
  await admin.RevokeCertificate({
    CertificateAuthorityArn: h.root,
    CertificateSerial: serial,
    RevocationReason: 'SUPERSEDED',
  });
  await expect(issue(admin, below, { Csr })).rejects.toMatchObject(refused('InvalidState'));
  await put(serial, { ...(await rowsOf(serial)), revocation: undefined });
  await expect(issue(admin, below, { Csr })).rejects.toMatchObject(refused('InvalidState'));
});
