/** The life of a revocation on PostgreSQL: what differs between engines is in its queries. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../platform/store/testing/postgres-server.ts';
import { DAY_MS } from '../../domain/validity.ts';
import { rotateResponders } from '../../jobs/revocation/rotate-responders.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { Workplace } from '../../testing/hierarchy.ts';
import { type Hierarchy, issueLeaf, judge, makeDueLists, makeRevocable } from '../../testing/revocation.ts';

let postgres: PostgresServer;
let pca: PcaHarness;
let admin: PcaClient;
let h: Hierarchy;
const openssl = new Workplace();

beforeAll(async () => {
  postgres = await startPostgres();
  pca = await PcaHarness.open({ url: await postgres.database() });
  admin = pca.user('admin');
  h = await makeRevocable(admin);
  await makeDueLists(pca);
}, 60_000);
afterAll(async () => {
  openssl.close();
  await pca.close();
  await postgres.stop();
});

it('goes from good over a hold to revoked, and openssl believes each', { timeout: 60_000 }, async () => {
  const leaf = await issueLeaf(admin, openssl, h.issuing);
  const of = { CertificateAuthorityArn: h.issuing, CertificateSerial: leaf.serial };
  const verdict = async () => {
    pca.kms.advance(5_000);
    await makeDueLists(pca);
    expect((await admin.GetRevocationStatus(of)).Listed).toBe(true);
    return judge(pca, admin, openssl, h, leaf);
  };
  expect(await verdict()).toBe('OK');
  await admin.HoldCertificate(of);
  expect(await verdict()).toContain('certificate revoked');
  await admin.ReleaseCertificateHold(of);
  expect(await verdict()).toBe('OK');
  await admin.HoldCertificate(of);
  expect(await verdict()).toContain('certificate revoked');
  await admin.RevokeCertificate({ ...of, RevocationReason: 'SUPERSEDED' });
  expect(await verdict()).toContain('certificate revoked');
  await admin.ReportKeyCompromise(of);
  expect(await verdict()).toContain('certificate revoked');
  expect((await admin.PreviewRevocation(of)).Certificates).toHaveLength(1);
});

it('has responders that are followed by others', async () => {
  pca.kms.advance(8 * DAY_MS);
  await rotateResponders.run(pca.deps);
  const metrics = await pca.deps.metrics.registry.metrics();
  expect(metrics).toContain('parapet_crl_overdue_seconds');
  expect(metrics).toContain('parapet_crl_unpublished_seconds 0');
});
