import { createPublicKey, hash, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AUDIT_SIGN_KEY } from '../../../../hsm/port.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import { type ObjectStore, openObjectStore } from '../../../../platform/objects/index.ts';
import { type S3Server, startS3 } from '../../../../platform/objects/testing/s3-server.ts';
import { RESTORED } from '../../../../platform/runtime/restored-mark.ts';
import { rawPublicKey } from '../../../../tlog/note.ts';
import { verifyDigests } from '../../../../tlog/verify/digests.ts';
import { ACCOUNT, type Audit, auditor, OTHER_ACCOUNT, startAudit } from '../../testing/harness.ts';
import { sample } from '../../testing/records.ts';
import { ExportRunner } from './runner.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-11-27T10:30:00Z');

let folder: string;
let audit: Audit;
let runner: ExportRunner;
let now: number;
/** Objects that the store takes before it fails. */
let takes: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-archive-'));
  now = START;
  takes = Number.MAX_SAFE_INTEGER;
  const clock = { now: () => now };
  const open = openObjectStore({ kind: 'folder', folder }, { clock, readers: 'group' });
  const failing: ObjectStore = {
    async put(...args) {
      if (takes-- <= 0) throw new ServiceError('Unavailable', 'folder /somewhere cannot be used');
      await open.put(...args);
    },
    get: (path) => open.get(path),
  };
  audit = await startAudit({ clock, stores: new Map([['vault', failing]]) });
  runner = new ExportRunner(audit.deps);
});
afterEach(async () => {
  await runner.stop();
  await audit.close();
  rmSync(folder, { recursive: true, force: true });
});

const me = () => audit.as(auditor());
const create = (input: object = {}) =>
  me().CreateExport({ Name: 'trail', Format: 'cloudtrail', Destination: { Archive: { Store: 'vault' } }, ...input });
const ingest = async (count: number, accountId = ACCOUNT) => {
  const Records = Array.from({ length: count }, () => sample({ accountId, time: now }));
  await audit.internal.IngestRecords({ Records });
  return Records.map(({ EventId }) => EventId);
};
const files = (kind = 'CloudTrail') =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => path.includes(`/${kind}/`) && path.endsWith('.json.gz'))
    .sort();
const unpacked = (path: string) => gunzipSync(readFileSync(join(folder, path)));
const recordsOf = (path: string): { eventID: string }[] => JSON.parse(unpacked(path).toString()).Records;

describe('an archive', () => {
  it('gets files in the layout of CloudTrail, when records have waited long enough', async () => {
    await create();
    const ids = await ingest(3);
    await runner.turns();
    expect(files()).toEqual([]);
    now += 60_000;
    await runner.turns();
    const [path, ...others] = files();
    expect(others).toEqual([]);
    expect(path).toMatch(
      /^AWSLogs\/111122223333\/CloudTrail\/local-1\/2026\/11\/27\/111122223333_CloudTrail_local-1_20261127T1030Z_[0-9A-F]{16}\.json\.gz$/,
    );
    expect(recordsOf(path!).map(({ eventID }) => eventID)).toEqual(ids);
    expect(statSync(join(folder, path!)).mode & 0o777).toBe(0o640);
  });

  it('that is full or gone gets the same file again, and nothing twice', async () => {
    await create();
    const ids = await ingest(2);
    now += 60_000;
    takes = 0;
    await runner.turns();
    const { Status } = (await me().DescribeExport({ Name: 'trail' })).Export;
    expect(Status).toMatchObject({ LastError: 'the archive cannot be written', LagRecords: 2 });
    const more = await ingest(3);
    now += 600_000;
    takes = Number.MAX_SAFE_INTEGER;
    await runner.turns();
    expect(files().map((path) => recordsOf(path).length)).toEqual(expect.arrayContaining([2, 3]));
    expect(
      files()
        .flatMap((path) => recordsOf(path).map(({ eventID }) => eventID))
        .sort(),
    ).toEqual([...ids, ...more].sort());
  });

  it('gets a digest every hour, also an empty one: signed, and each continues the one before', async () => {
    await create();
    await ingest(2);
    now += 60_000;
    await runner.turns();
    now = START + 2 * HOUR;
    await runner.turns();
    const digests = files('CloudTrail-Digest');
    expect(digests).toHaveLength(2);
    const key = await audit.deps.hsm.publicKey(AUDIT_SIGN_KEY);
    const publicKey = createPublicKey({ key: key.spki, format: 'der', type: 'spki' });
    let previous: { path: string; sha256: string; signature: string } | undefined;
    for (const path of digests) {
      const bytes = unpacked(path);
      const digest = JSON.parse(bytes.toString());
      const { signature } = JSON.parse(readFileSync(join(folder, `${path}.metadata.json`), 'utf8'));
      const sha256 = hash('sha256', bytes, 'hex');
      const signed = [digest.digestEndTime, `vault/${path}`, sha256, previous?.signature ?? 'null'].join('\n');
      expect(verify(null, Buffer.from(signed), publicKey, Buffer.from(signature, 'hex'))).toBe(true);
      expect(digest).toMatchObject({
        awsAccountId: ACCOUNT,
        digestS3Object: path,
        previousDigestS3Object: previous?.path ?? null,
        previousDigestHashValue: previous?.sha256 ?? null,
        previousDigestSignature: previous?.signature ?? null,
      });
      for (const { s3Object, hashValue } of digest.logFiles)
        expect(hash('sha256', unpacked(s3Object), 'hex')).toBe(hashValue);
      previous = { path, sha256, signature };
    }
    const listed = digests.map((path) => JSON.parse(unpacked(path).toString()).logFiles.length);
    expect(listed).toEqual([1, 0]);
    const proven = await verifyDigests({
      digests,
      read: async (path) => unpacked(path),
      signature: async (path) => JSON.parse(readFileSync(join(folder, `${path}.metadata.json`), 'utf8')).signature,
      keys: [rawPublicKey(key.spki)!],
      youngerThan: { ms: HOUR, now },
    });
    expect(proven).toMatchObject({ ok: true, exports: [{ digests: 2, files: 1, to: '2026-11-27T12:00:00Z' }] });
  });

  it('gets nothing of a restored installation until somebody declares it, and no digest is written over', async () => {
    await create();
    await ingest(2);
    await audit.deps.checkpointer.sign();
    await runner.turns();
    now = START + HOUR;
    await runner.turns();
    const before = [...files(), ...files('CloudTrail-Digest')];
    const mark = { restoreId: 'r', backupId: 'b', heldAt: 1, restoredAt: 2 };
    writeFileSync(join(audit.folder, RESTORED), JSON.stringify(mark));
    await ingest(1);
    now = START + 4 * HOUR;
    await runner.turns();
    expect([...files(), ...files('CloudTrail-Digest')]).toEqual(before);

    await me().DeclareRestore({ Reason: 'the disk was lost' });
    await runner.turns();
    expect(files('CloudTrail-Digest')).toHaveLength(1);
    now += HOUR;
    await runner.turns();
    const digests = files('CloudTrail-Digest').map((path) => JSON.parse(unpacked(path).toString()));
    expect(digests).toHaveLength(2);
    // Not one for each hour that the installation was away.
    expect(digests[1]).toMatchObject({
      digestStartTime: digests[0].digestEndTime,
      digestEndTime: '2026-11-27T15:00:00Z',
      previousDigestSignature: expect.stringMatching(/^[0-9a-f]{128}$/),
    });
  });

  it('of an organization has a folder for each member, and nobody else', async () => {
    await expect(create({ Scope: 'ORGANIZATION' })).rejects.toMatchObject({ code: 'NotManagementAccount' });
    audit.organization.create().account(ACCOUNT).account(OTHER_ACCOUNT).managedBy(ACCOUNT);
    now += 10_000;
    await expect.poll(async () => (await audit.deps.organization.snapshot()).managementAccountId).toBe(ACCOUNT);
    await create({ Scope: 'ORGANIZATION' });
    const mine = await ingest(2);
    const theirs = await ingest(3, OTHER_ACCOUNT);
    await ingest(4, '777788889999');
    now += 60_000;
    await runner.turns();
    const found = Object.fromEntries(files().map((path) => [path.split('/')[2] as string, recordsOf(path).length]));
    expect(found).toEqual({ [ACCOUNT]: mine.length, [OTHER_ACCOUNT]: theirs.length });
    expect(files().every((path) => path.startsWith('AWSLogs/o-'))).toBe(true);
  });

  it('is one that the installation names, in a form that CloudTrail knows', async () => {
    const refused = { code: 'InvalidDestination' };
    await expect(create({ Destination: { Archive: { Store: 'etc' } } })).rejects.toMatchObject(refused);
    await expect(create({ Format: 'ocsf' })).rejects.toMatchObject(refused);
  });
});

describe('a bucket', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3('trail');
  });
  afterAll(() => s3?.stop());

  it('gets files and digests by signed requests, the signature of a digest as its metadata', async () => {
    // The object store looks at the clock.
    now = Date.now();
    const clock = { now: () => now };
    const bucket = openObjectStore({ kind: 's3', ...s3 }, { clock, readers: 'group' });
    const exports = { ...audit.deps.exports, stores: new Map([['vault', bucket]]) };
    const other = new ExportRunner({ ...audit.deps, exports });
    await create({ Destination: { Archive: { Store: 'vault', DeliverSeconds: 1 } } });
    const ids = await ingest(2);
    now += 2_000;
    await other.turns();
    await audit.store.transaction((tx) => tx.updateTable('export_progress').set({ digest_at: now }).execute());
    await other.turns();
    await other.stop();
    const { Contents } = s3.aws('s3api', 'list-objects-v2', '--bucket', 'trail') as { Contents: { Key: string }[] };
    const keys = Contents.map(({ Key }) => Key).sort();
    expect(keys.map((key) => key.split('/')[2])).toEqual(['CloudTrail-Digest', 'CloudTrail']);
    const file = await bucket.get(keys[1]!);
    expect(JSON.parse(gunzipSync(file!.bytes).toString()).Records.map((r: { eventID: string }) => r.eventID)).toEqual(
      ids,
    );
    const { Metadata } = s3.aws('s3api', 'head-object', '--bucket', 'trail', '--key', keys[0]!) as {
      Metadata: Record<string, string>;
    };
    expect(Metadata.signature).toMatch(/^[0-9a-f]{128}$/);
  });
});
