/** The making of lists: numbers, expiry, leases, and a database that somebody has written to. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countEntries } from '../../domain/revocation/entries.ts';
import { listFacts, readList } from '../../domain/revocation/list.ts';
import { DAY_MS } from '../../domain/validity.ts';
import { endLease, extendLease, leaseList } from '../../store/revocation/list-queries.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, Workplace } from '../../testing/hierarchy.ts';
import { fetchList, issueLeaf, type Leaf, makeDueLists } from '../../testing/revocation.ts';

let pca: PcaHarness;
let admin: PcaClient;
let authority: string;
let made = 0;
const openssl = new Workplace();
const place = () => ({ CertificateAuthorityArn: authority });
const id = () => authority.split('/')[1]!;

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
});
beforeEach(async () => {
  authority = await makeRoot(admin, `root ${made++}`);
  await admin.UpdateCertificateAuthority({
    ...place(),
    RevocationConfiguration: { CrlConfiguration: { Enabled: true, ExpirationInDays: 2 } },
  });
  await makeDueLists(pca);
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

const shown = async () => (await admin.ListRevocationLists(place())).RevocationLists[0]!;
const current = async () => readList(await fetchList(pca, (await shown()).Uri));
const revoke = async (leaf: Leaf) => {
  await admin.RevokeCertificate({ ...place(), CertificateSerial: leaf.serial, RevocationReason: 'SUPERSEDED' });
};
const publish = async (afterMs = 5_000) => {
  pca.kms.advance(afterMs);
  return makeDueLists(pca);
};
const leaf = (days = 90) => issueLeaf(admin, openssl, authority, { Validity: { Type: 'DAYS', Value: days } });

describe('a list', () => {
  it('is made again on its schedule, before half of its life is over', async () => {
    const first = await shown();
    expect(first.NextUpdate! - first.ThisUpdate!).toBe(2 * DAY_MS - 1000);
    expect(first.DueAt! - first.ThisUpdate!).toBeLessThanOrEqual(DAY_MS);
    expect(await publish(first.DueAt! - pca.kms.now - 1)).toBe(0);
    expect(await publish(1)).toBe(1);
    expect((await shown()).Number).toBeGreaterThan(first.Number!);
  });

  it('comes within a minute of a revocation, and gathers those that come together', async () => {
    const [one, two] = [await leaf(), await leaf()];
    await revoke(one);
    pca.kms.advance(1_000);
    await revoke(two);
    expect(await publish(0)).toBe(0);
    expect(await publish(3_000)).toBe(1);
    expect(countEntries((await current()).entries)).toBe(2);
    expect(await publish(60_000)).toBe(0);
  });

  it('has a number above all before it, even when the row was put back', async () => {
    const numbers: bigint[] = [];
    for (let at = 0; at < 3; at++) {
      await revoke(await leaf());
      await publish();
      numbers.push(listFacts(await current()).number!);
    }
    await pca.tamper((db) =>
      db.updateTable('revocation_list').set({ number: 1 }).where('authority_id', '=', id()).execute(),
    );
    await revoke(await leaf());
    await publish();
    numbers.push(listFacts(await current()).number!);
    expect(numbers).toEqual([...numbers].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(numbers).size).toBe(4);
  });

  it('shows a certificate once after its end, and then not any more', async () => {
    const short = await leaf(1);
    await revoke(short);
    await publish();
    const entries = async () => countEntries((await current()).entries);
    expect(await entries()).toBe(1);
    await publish(DAY_MS);
    expect(await entries()).toBe(1);
    await publish((await shown()).DueAt! - pca.kms.now);
    expect(await entries()).toBe(0);
    expect((await admin.GetRevocationStatus({ ...place(), CertificateSerial: short.serial })).Status).toBe('REVOKED');
  });

  it('is recorded with its number and hash', async () => {
    const { Number: number, Sha256 } = await shown();
    const record = (await pca.records()).filter(({ eventName }) => eventName === 'PublishRevocationList').at(-1);
    expect(record?.requestParameters).toMatchObject({ CertificateAuthorityArn: authority, Number: number, Sha256 });
  });

  it('is not made by two at a time, and one that is given up is made by the next', async () => {
    await revoke(await leaf());
    pca.kms.advance(5_000);
    const { now } = pca.kms;
    const key = { authority_id: id(), shard: 1 };
    const lease = () => pca.store.transaction((tx) => leaseList(tx, key, { now: pca.kms.now, until: now + 60_000 }));
    const leased = await lease();
    expect(leased?.number).toBeGreaterThan((await shown()).Number!);
    expect(await lease()).toBeUndefined();
    expect(await makeDueLists(pca)).toBe(0);
    // Whoever still works on it keeps it, as long as nobody else has it.
    const extend = (until: number) => pca.store.transaction((tx) => extendLease(tx, leased!, until));
    expect(await extend(now + 70_000)).toBe(true);
    expect(await publish(60_001)).toBe(0);
    expect(await publish(10_000)).toBe(1);
    expect(await extend(pca.kms.now + 60_000)).toBe(false);
    const { Number: number } = await shown();
    expect(number).toBeGreaterThan(leased!.number);
    // Who was too slow stores nothing.
    const late = { list: Buffer.from('late'), list_number: leased!.number };
    expect(await pca.store.transaction((tx) => endLease(tx, leased!, late))).toBe(false);
    expect((await shown()).Number).toBe(number);
  });

  it('ends with the settings, and goes on with them', async () => {
    const off = { CrlConfiguration: { Enabled: false } };
    await admin.UpdateCertificateAuthority({ ...place(), RevocationConfiguration: off });
    const { Number: last } = await shown();
    await publish(10 * DAY_MS);
    expect(await shown()).not.toHaveProperty('DueAt');
    expect((await shown()).Number).toBe(last);
    const on = { CrlConfiguration: { Enabled: true } };
    await admin.UpdateCertificateAuthority({ ...place(), RevocationConfiguration: on });
    await publish(0);
    expect((await shown()).Number).toBeGreaterThan(last!);
  });
});

describe('somebody who writes to the database', () => {
  const listed = async (serial: string) => (await current()).entries.toString('hex').includes(serial);
  const rows = (serial: string) => ({ authority_id: id(), serial });

  it('does not take a certificate off the list', async () => {
    const one = await leaf();
    await revoke(one);
    await publish();
    await pca.tamper((db) => db.deleteFrom('revocation').where('serial', '=', one.serial).execute());
    await revoke(await leaf());
    await publish();
    expect(await listed(one.serial)).toBe(true);
  });

  it('does not put one on it', async () => {
    const { serial } = await leaf();
    const other = await leaf();
    await revoke(other);
    const row = await pca.store.read
      .selectFrom('revocation')
      .selectAll()
      .where('serial', '=', other.serial)
      .executeTakeFirstOrThrow();
    await pca.tamper((db) =>
      db
        .insertInto('revocation')
        .values({ ...row, ...rows(serial) })
        .execute(),
    );
    expect(await publish()).toBe(0);
    expect((await shown()).Problem).toContain('does not verify');
    expect(await listed(serial)).toBe(false);
  });

  it('does not hide an entry by an end that it does not have', async () => {
    const one = await leaf();
    await revoke(one);
    await publish();
    await pca.tamper((db) =>
      db.updateTable('revocation').set({ not_after: 1 }).where('serial', '=', one.serial).execute(),
    );
    await publish(DAY_MS);
    expect(await listed(one.serial)).toBe(true);
    expect((await shown()).Problem).toContain('does not verify');
  });

  it('does not hide an entry by another list: it is made again from the records', async () => {
    const one = await leaf();
    await revoke(one);
    const before = await fetchList(pca, (await shown()).Uri);
    await publish();
    const forged = Buffer.from(before);
    forged.writeUInt8(forged.at(-1)! ^ 1, forged.length - 1);
    for (const list of [forged, before]) {
      await pca.tamper((db) =>
        db.updateTable('revocation_list').set({ list }).where('authority_id', '=', id()).execute(),
      );
      await publish(DAY_MS);
      expect(await listed(one.serial)).toBe(true);
    }
  });
});
