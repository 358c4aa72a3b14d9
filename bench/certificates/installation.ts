/**
 * A private CA with many certificates, kept between runs outside of the repository: its database, and the token whose MACs
 * its rows have. Filling it can be interrupted at any time and goes on where it was.
 */
import { existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { connectHsm } from '../../hsm/agent/client.ts';
import { softHsm } from '../../hsm/softhsm/softhsm.ts';
import { type CertificateRow, certificateRowBytes, ROW_MAC_LABEL } from '../../services/pca/domain/rows.ts';
import { readCertificateRow } from '../../services/pca/store/certificate-queries.ts';
import { insertReserved } from '../../services/pca/store/issuing-statements.ts';
import { insertNames } from '../../services/pca/store/search/certificate-search.ts';
import { type PcaClient, PcaHarness } from '../../services/pca/testing/harness.ts';
import { makeRoot, makeSubordinate } from '../../services/pca/testing/hierarchy.ts';
import { certificateNumber, FIRST_MOMENT, issueSample, requireReadable, type Sample, sampleOf } from './samples.ts';

const BATCH = 2_000;
/** Of one certificate with its indexes, on disk; the journal comes on top. */
const BYTES_EACH = 2_600;

export const HOME =
  process.env.PARAPET_BENCH_CERTIFICATES_FOLDER ?? join(homedir(), '.cache', 'parapet-bench-certificates');

export interface Installation {
  pca: PcaHarness;
  admin: PcaClient;
  authority: string;
  sample: Sample;
  loaded: number;
  close(): Promise<void>;
}

export async function openInstallation(name: string): Promise<Installation> {
  const folder = join(HOME, name);
  for (const part of ['hsm', 'data']) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  const hsm = connectHsm(softHsm({ dataFolder: join(folder, 'hsm'), log: 'ignore' }));
  await hsm.ready();
  const pca = await PcaHarness.open({ hsm, folder: join(folder, 'data') });
  const admin = pca.user('admin');
  const { authority, serial } = await begun(admin, join(folder, 'begun.json'));
  const sample = sampleOf(await rowOf(pca, authority, serial));
  return {
    ...{ pca, admin, authority, sample },
    loaded: await countLoaded(pca, sample),
    async close() {
      await pca.close();
      await hsm.close();
    },
  };
}

/** The authorities and the first certificate are made once. */
async function begun(admin: PcaClient, file: string): Promise<{ authority: string; serial: string }> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as { authority: string; serial: string };
  const authority = await makeSubordinate(admin, await makeRoot(admin));
  const made = { authority, serial: await issueSample(admin, authority) };
  writeFileSync(file, JSON.stringify(made));
  return made;
}

async function rowOf(pca: PcaHarness, authority: string, serial: string): Promise<CertificateRow> {
  const row = await readCertificateRow(pca.store.read, authority.split('/').at(-1)!, serial);
  if (!row) throw new Error(`certificate ${serial} is gone: delete the folder of the benchmark`);
  return row;
}

/** Their moments follow each other without a gap, before those of certificates that were issued. */
async function countLoaded(pca: PcaHarness, { row }: Sample): Promise<number> {
  const newest = await pca.store.read
    .selectFrom('certificate')
    .select('created_at')
    .where('state', '=', 'issued')
    .where('account_id', '=', row.account_id)
    .where('created_at', '<', row.created_at - 1)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest ? newest.created_at - FIRST_MOMENT + 1 : 0;
}

/** Says first how much room it takes. */
export async function fill(installation: Installation, wanted: number): Promise<void> {
  const { pca, sample } = installation;
  const { hsm } = pca.deps;
  const missing = wanted - installation.loaded;
  if (missing <= 0) return;
  const { bavail, bsize } = statfsSync(HOME);
  const [need, free] = [missing * BYTES_EACH, bavail * bsize].map((bytes) => Math.ceil(bytes / 2 ** 30));
  say(`${missing} certificates are to be made: about ${need} GiB in ${HOME}, where ${free} GiB are free`);
  if (need! + 4 > free!) throw new Error('there is not enough room');
  requireReadable(sample, wanted - 1);
  const began = performance.now();
  const before = installation.loaded;
  let told = began;
  while (installation.loaded < wanted) {
    const count = Math.min(BATCH, wanted - installation.loaded);
    const made = Array.from({ length: count }, (_, at) => certificateNumber(sample, installation.loaded + at));
    const macs = await hsm.macMany(
      ROW_MAC_LABEL,
      made.map(({ row }) => certificateRowBytes(row)),
    );
    await pca.store.transaction(async (tx) => {
      for (const [at, { row, names }] of made.entries()) {
        const sealed = { ...row, row_mac: macs[at]! };
        await insertReserved(tx, sealed);
        await insertNames(tx, sealed, names);
      }
    });
    installation.loaded += count;
    if (performance.now() - told < 10_000 && installation.loaded < wanted) continue;
    told = performance.now();
    const rate = (installation.loaded - before) / ((told - began) / 1000);
    const left = Math.round((wanted - installation.loaded) / rate / 60);
    say(`${installation.loaded} of ${wanted}, ${Math.round(rate)}/s, about ${left} minutes left`);
  }
}

const say = (text: string) => process.stdout.write(`  ${text}\n`);
