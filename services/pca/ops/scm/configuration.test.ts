/** Certificates from elsewhere as other parts of the product see them: the detective engine, and enterprise projects. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_CONFIGURATION_TEXT } from '../../../../platform/contract/configuration.ts';
import { OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, refused, Workplace } from '../../testing/hierarchy.ts';
import { makeOutside } from '../../testing/outside.ts';
import { keptItem } from './configuration.ts';
import { keptById } from './kept-access.ts';

const ACCOUNT = '111122223333';
const place = new Workplace();
let pca: PcaHarness;
let admin: PcaClient;

beforeAll(async () => {
  pca = await PcaHarness.open();
  pca.kms.advance(Date.now() + 120_000 - pca.kms.now);
  admin = pca.user('admin');
});
afterAll(async () => {
  await pca?.close();
  place.close();
});

async function upload(name: string, more = {}) {
  const made = makeOutside(place, { name: `${name}.example.net` });
  const Certificate = Buffer.from(made.leaf);
  return (await admin.UploadCertificate({ Name: name, Certificate, ...more })).CertificateArn;
}
const described = async (arn: string) =>
  (await pca.internal().DescribeConfigurations({ Resources: [arn] })).Items.map(({ Configuration, ...item }) => ({
    ...item,
    ...(JSON.parse(Configuration) as Record<string, unknown>),
  }));

it('are seen by the detective engine, with what rules judge, until they are destroyed', async () => {
  const made = makeOutside(place, { name: 'seen.example.net' });
  const { CertificateArn: arn } = await admin.UploadCertificate({
    ...{ Name: 'seen', Certificate: Buffer.from(made.leaf), PrivateKey: Buffer.from(made.key) },
    Tags: [{ Key: 'app', Value: 'shop' }],
  });
  expect(await described(arn)).toMatchObject([
    {
      ...{ Arn: arn, Type: 'acm-pca:certificate', AccountId: ACCOUNT, Name: 'seen', Deleted: false },
      Tags: { app: 'shop' },
      ...{ source: 'UPLOADED', state: 'ACTIVE', version: 1, hasPrivateKey: true, hasChain: false },
      ...{ names: ['dns:seen.example.net'], keyAlgorithm: 'EC_prime256v1', signatureAlgorithm: 'SHA256WITHECDSA' },
      enterpriseProject: '0',
    },
  ]);
  expect(JSON.stringify(await described(arn))).not.toContain('PRIVATE');
  await admin.MarkCertificateRevoked({ CertificateArn: arn, RevocationReason: 'KEY_COMPROMISE' });
  expect(await described(arn)).toMatchObject([{ state: 'REVOKED', revocationReason: 'KEY_COMPROMISE' }]);
  const elsewhere = arn.replace(ACCOUNT, OTHER_ACCOUNT);
  expect(await described(elsewhere)).toMatchObject([{ AccountId: OTHER_ACCOUNT, Deleted: true, Tags: {} }]);
  const gone = arn.replace(/.{12}$/, '000000000000');
  expect(await described(gone)).toMatchObject([{ Arn: gone, Type: 'acm-pca:certificate', Deleted: true }]);
  await admin.UntagCertificate({ CertificateArn: arn, Tags: [{ Key: 'app' }] });
  await pca.tamper((db) =>
    db.updateTable('kept_certificate').set({ state: 'ACTIVE' }).where('name', '=', 'seen').execute(),
  );
  // The last configuration that was recorded grows old.
  expect(await described(arn)).toEqual([]);
});

it.each([1, 2, 3, 500])('are walked through behind the authorities, %i at a time, each once', async (Limit) => {
  if (Limit === 1) {
    await makeRoot(admin, 'walked');
    for (const name of ['one', 'two', 'three']) await upload(name);
  }
  const walked: string[] = [];
  for (let After: string | undefined; ; ) {
    const page = await pca.internal().ListConfigurations({ Limit, ...(After !== undefined && { After }) });
    walked.push(...page.Items.map(({ Type, Name }) => (Type === 'acm-pca:certificate' ? Name : Type)));
    After = page.Next;
    if (After === undefined) break;
  }
  // The one that somebody changed in the database is left out.
  expect(walked[0]).toBe('acm-pca:certificate-authority');
  expect(walked.slice(1).sort()).toEqual(['one', 'three', 'two']);
});

it('are told of within bounds, whatever names they have', async () => {
  const found = await keptById(pca.deps, (await upload('many')).split('/').at(-1)!);
  const value = '\u0001'.repeat(5_000);
  const subjectAltNames = Array.from({ length: 500 }, () => ({ kind: 'dns' as const, value }));
  const certificate = { ...found!.certificate, facts: { ...found!.certificate.facts, subjectAltNames } };
  const row = { ...found!.row, description: '\u0001'.repeat(255) };
  expect(keptItem({ ...found!, row, certificate }).Configuration.length).toBeLessThan(MAX_CONFIGURATION_TEXT);
});

it('belong to enterprise projects: made in one, listed there, judged there, and moved by who may in both', async () => {
  const shop = pca.kms.project('5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d');
  const closed = pca.kms.project('6f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d', { Enabled: false });
  const arn = await upload('shop', { EnterpriseProjectId: shop });
  await expect(upload('closed', { EnterpriseProjectId: closed })).rejects.toMatchObject(
    refused('EnterpriseProjectDisabled'),
  );
  const inside = async () =>
    (await pca.internal().ListResourcesInProject({ AccountId: ACCOUNT, EnterpriseProjectId: shop, Limit: 10 }))
      .Resources;
  expect(await inside()).toMatchObject([{ ResourceArn: arn, ResourceType: 'acm-pca:certificate' }]);
  expect(await described(arn)).toMatchObject([{ enterpriseProject: shop }]);

  const within = (project: string) => ({ StringEquals: { 'parapet:EnterpriseProjectId': project } });
  const allowed = (Condition: object) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'acm-pca:*', Resource: '*', Condition }],
  });
  const clerk = pca.user('clerk', allowed(within(shop)));
  expect((await clerk.DescribeCertificate({ CertificateArn: arn })).Certificate).toMatchObject({ Name: 'shop' });
  const stranger = pca.user('stranger', allowed(within('0')));
  await expect(stranger.DescribeCertificate({ CertificateArn: arn })).rejects.toMatchObject({ code: 'AccessDenied' });
  await expect(clerk.MoveResource({ ResourceArn: arn, EnterpriseProjectId: '0' })).rejects.toMatchObject({
    code: 'AccessDenied',
  });
  expect(await inside()).toHaveLength(1);

  const preview = await admin.PreviewMoveResource({ ResourceArn: arn, EnterpriseProjectId: '0' });
  const names = (list: readonly { PrincipalArn: string }[]) => list.map((one) => one.PrincipalArn.split('/').at(-1));
  expect(preview.FromEnterpriseProjectId).toBe(shop);
  expect([names(preview.Gains), names(preview.Loses)]).toEqual([['stranger'], ['clerk']]);
  await admin.MoveResource({ ResourceArn: arn, EnterpriseProjectId: '0' });
  expect(await inside()).toEqual([]);
  const facts = { AccountId: ACCOUNT, ResourceArns: [arn] };
  expect((await pca.internal().DescribeResourceFacts(facts)).Resources).toMatchObject([
    { ResourceArn: arn, EnterpriseProjectId: '0' },
  ]);
  // The next version stays where the certificate is.
  await admin.MoveResource({ ResourceArn: arn, EnterpriseProjectId: shop });
  const next = makeOutside(place, { name: 'shop.example.net', days: 300 });
  await admin.UploadCertificateVersion({ CertificateArn: arn, Certificate: Buffer.from(next.leaf) });
  expect(await inside()).toMatchObject([{ ResourceArn: arn }]);
  expect(await described(arn)).toMatchObject([{ version: 2, enterpriseProject: shop }]);
});
