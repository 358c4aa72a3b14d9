/** Lists in a folder and in an object store, one of which goes away. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderStore } from '../../../../platform/objects/folder.ts';
import { S3Store } from '../../../../platform/objects/s3.ts';
import { type S3Server, startS3 } from '../../../../platform/objects/testing/s3-server.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, refused, Workplace } from '../../testing/hierarchy.ts';
import { fetchList, issueLeaf, makeDueLists } from '../../testing/revocation.ts';
import { deliverLists } from './deliver-lists.ts';

let pca: PcaHarness;
let admin: PcaClient;
let s3: S3Server;
let broken: Server;
const folder = mkdtempSync(join(tmpdir(), 'pca-lists-'));
const openssl = new Workplace();
const clock = { now: () => Date.now() };

beforeAll(async () => {
  s3 = await startS3();
  // A store that keeps other bytes than it was given.
  broken = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(request.method === 'GET' ? 'something else' : ''));
  });
  await new Promise<void>((done) => broken.listen(0, '127.0.0.1', done));
  const { port } = broken.address() as AddressInfo;
  const { url, region, credentials } = s3;
  pca = await PcaHarness.open({
    stores: new Map([
      ['folder', { kind: 'folder', folder: join(folder, 'public') }],
      ['bucket', { kind: 's3', url, region, credentials }],
      ['broken', { kind: 's3', url: `http://127.0.0.1:${port}/bucket`, region, credentials }],
    ]),
  });
  // Signatures carry the time, and the store has a clock of its own.
  pca.kms.advance(Date.now() - pca.kms.now);
  admin = pca.user('admin');
}, 60_000);
afterAll(async () => {
  openssl.close();
  await pca.close();
  await s3.stop();
  broken.close();
  rmSync(folder, { recursive: true, force: true });
});

async function publishing(S3BucketName: string, CrlType: 'COMPLETE' | 'PARTITIONED' = 'COMPLETE') {
  const CertificateAuthorityArn = await makeRoot(admin, `at ${S3BucketName}`);
  const CrlConfiguration = { Enabled: true, S3BucketName, CrlType, S3ObjectAcl: 'PUBLIC_READ' as const };
  await admin.UpdateCertificateAuthority({ CertificateAuthorityArn, RevocationConfiguration: { CrlConfiguration } });
  await makeDueLists(pca);
  return CertificateAuthorityArn;
}
const lists = async (CertificateAuthorityArn: string) =>
  (await admin.ListRevocationLists({ CertificateAuthorityArn })).RevocationLists;
const deliver = () => deliverLists.run(pca.deps);
const pathOf = (uri: string) => new URL(uri).pathname.slice(1);
const metric = async (name: string) =>
  (await pca.deps.metrics.registry.getSingleMetricAsString(name)).split(' ').at(-1);

describe('a folder', () => {
  it('has every list whole, for everybody to read, and nothing else', async () => {
    const authority = await publishing('folder', 'PARTITIONED');
    await deliver();
    for (const { Uri, Number: number, StoredNumber } of await lists(authority)) {
      const path = join(folder, 'public', pathOf(Uri));
      expect(readFileSync(path)).toEqual(await fetchList(pca, Uri));
      expect(statSync(path).mode & 0o777).toBe(0o644);
      expect(StoredNumber).toBe(number);
    }
    const files = readdirSync(join(folder, 'public', 'crl', authority.split('/')[1]!));
    expect(files.sort()).toEqual(['1.crl', '2.crl', '3.crl', '4.crl', 'authorities.crl']);
  });

  it('that cannot be used costs nothing but time', async () => {
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, 'a file');
    await expect(new FolderStore(blocked, 'everybody').put('a/b.crl', Buffer.from('x'), {})).rejects.toMatchObject(
      refused('Unavailable', 'cannot be used'),
    );
    chmodSync(blocked, 0o600);
    await expect(new FolderStore(folder, 'everybody').put('../../x.crl', Buffer.from('x'), {})).rejects.toMatchObject(
      refused('Internal', 'leaves the folder'),
    );
  });
});

describe('an object store', () => {
  it('gets lists by signed requests, with their media type, and is read back', async () => {
    const authority = await publishing('bucket');
    await deliver();
    const [list] = await lists(authority);
    expect(list!.StoredNumber).toBe(list!.Number);
    const store = new S3Store({ ...s3, clock });
    expect(await store.get(pathOf(list!.Uri))).toEqual({
      bytes: await fetchList(pca, list!.Uri),
      mediaType: 'application/pkix-crl',
    });
    expect(await store.get('crl/none.crl')).toBeUndefined();
    const object = ['--bucket', 'lists', '--key', pathOf(list!.Uri)];
    expect(s3.aws('s3api', 'head-object', ...object).CacheControl).toBe('public, max-age=3600');
    const { Grants } = s3.aws('s3api', 'get-object-acl', ...object);
    expect(JSON.stringify(Grants)).toContain('AllUsers');
  });

  it('takes nothing that is signed with another key', async () => {
    const credentials = { ...s3.credentials, secretAccessKey: 'another' };
    const store = new S3Store({ ...s3, credentials, clock });
    await expect(
      store.put('crl/a.crl', Buffer.from('x'), { mediaType: 'text/plain', freshSeconds: 1 }),
    ).rejects.toMatchObject(refused('Unavailable', '403'));
  });

  it('that answers other bytes than it was given has published nothing', async () => {
    const authority = await publishing('broken');
    await deliver();
    const [list] = await lists(authority);
    expect(list).not.toHaveProperty('StoredNumber');
    expect(list!.Problem).toContain('not the list that was stored');
    expect(Number(await metric('parapet_crl_unpublished_seconds'))).toBeGreaterThanOrEqual(0);
    await admin.UpdateCertificateAuthority({
      CertificateAuthorityArn: authority,
      RevocationConfiguration: { CrlConfiguration: { Enabled: true } },
    });
  });

  it('that is down gets the newest list when it is back', async () => {
    const authority = await publishing('bucket');
    await deliver();
    const { port } = s3;
    await s3.stop();
    const leaf = await issueLeaf(admin, openssl, authority);
    const reason = 'SUPERSEDED' as const;
    await admin.RevokeCertificate({
      CertificateAuthorityArn: authority,
      CertificateSerial: leaf.serial,
      RevocationReason: reason,
    });
    pca.kms.advance(5_000);
    await makeDueLists(pca);
    for (let tries = 0; tries < 3; tries++) {
      pca.kms.advance(60_000);
      await deliver();
    }
    const [waiting] = await lists(authority);
    expect(waiting!.StoredNumber).toBeLessThan(waiting!.Number!);
    expect(waiting!.Problem).toContain('cannot be reached');
    expect(Number(await metric('parapet_crl_unpublished_seconds'))).toBeGreaterThanOrEqual(180);
    expect(waiting!.Entries).toBe(1);
    // Another one takes its place, at the same address.
    const back = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method === 'PUT') kept.set(request.url!, Buffer.concat(chunks));
        response.writeHead(200, { 'content-type': 'application/pkix-crl' });
        response.end(request.method === 'GET' ? kept.get(request.url!) : '');
      });
    });
    const kept = new Map<string, Buffer>();
    await new Promise<void>((done) => back.listen(port, '127.0.0.1', done));
    pca.kms.advance(60_000);
    await deliver();
    back.close();
    const [arrived] = await lists(authority);
    expect(arrived).toMatchObject({ StoredNumber: waiting!.Number });
    expect(arrived).not.toHaveProperty('Problem');
    expect([...kept.values()]).toContainEqual(await fetchList(pca, arrived!.Uri));
    expect(await metric('parapet_crl_unpublished_seconds')).toBe('0');
  });
});
