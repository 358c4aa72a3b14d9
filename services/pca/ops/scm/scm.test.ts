/** The inventory as its users see it, on both engines: uploads, searches, downloads, changes, reissues and reminders. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreApplied } from '../../../../platform/store/tables/restores.ts';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../../platform/store/testing/postgres-server.ts';
import { destroyCertificates } from '../../jobs/scm/destroy-certificates.ts';
import { remindOfExpiry, remindStep } from '../../jobs/scm/remind-of-expiry.ts';
import { document, OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { issue, makeRoot, refused, Workplace } from '../../testing/hierarchy.ts';
import { makeOutside } from '../../testing/outside.ts';
import { keptKey, withKey } from '../keys/sealed-keys.ts';

const DAY = 86_400_000;
const place = new Workplace();
const shop = makeOutside(place);
const renewed = makeOutside(place, { days: 200 });
const bytes = (pem: string) => Buffer.from(pem);
afterAll(() => place.close());

describe.each([
  ['sqlite', undefined],
  ['postgres', postgresMissing()],
] as const)('certificates from elsewhere on %s', (engine, missing) => {
  let server: PostgresServer | undefined;
  let pca: PcaHarness;
  let admin: PcaClient;
  let stranger: PcaClient;
  let authority: string;
  let shopArn: string;

  beforeAll(async () => {
    if (missing) return;
    if (engine === 'postgres') server = await startPostgres();
    pca = await PcaHarness.open(server ? { url: await server.database() } : {});
    // openssl has no other clock than this one.
    pca.kms.advance(Date.now() + 120_000 - pca.kms.now);
    admin = pca.user('admin');
    stranger = pca.user('stranger', undefined, OTHER_ACCOUNT);
    authority = await makeRoot(admin);
    const made = await admin.UploadCertificate({
      Name: 'shop',
      Description: 'the shop',
      Certificate: bytes(shop.leaf),
      CertificateChain: bytes(shop.root + shop.issuing),
      PrivateKey: bytes(shop.key),
      Tags: [{ Key: 'app', Value: 'shop' }],
    });
    shopArn = made.CertificateArn;
    expect(made).toMatchObject({ Version: 1, Warnings: [] });
  }, 120_000);
  afterAll(async () => {
    await pca?.close();
    await server?.stop();
  });

  const on = it.skipIf(missing);
  const describeIt = async (CertificateArn = shopArn) =>
    (await admin.DescribeCertificate({ CertificateArn })).Certificate;

  on('are described, without their key, which is kept sealed', async () => {
    expect(await describeIt()).toMatchObject({
      ...{ Source: 'UPLOADED', Status: 'ACTIVE', Name: 'shop', Description: 'the shop', HasPrivateKey: true },
      ...{ Names: ['dns:www.example.net'], KeyAlgorithm: 'EC_prime256v1', SignatureAlgorithm: 'SHA256WITHECDSA' },
      Chain: [{ Subject: 'CN=Outside issuing' }, { Subject: 'CN=Outside root' }],
      Tags: [{ Key: 'app', Value: 'shop' }],
    });
    const kept = await keptKey(pca.deps, { accountId: shopArn.split(':')[4]!, certificateArn: shopArn, version: 1 });
    const pem = await withKey(pca.deps, kept!, (pkcs8) => {
      const out = place.file('');
      place.openssl('pkey', '-inform', 'DER', '-in', place.file(Buffer.from(pkcs8)), '-out', out);
      return readFileSync(out, 'utf8');
    });
    expect(pem.trim()).toBe(shop.key.trim());
    const records = JSON.stringify(await pca.records());
    expect(records).toContain('UploadCertificate');
    expect(records).not.toContain(bytes(shop.key).toString('base64').slice(40, 80));
  });

  on('give their key to who may export it, in a file that openssl reads', async () => {
    const exported = await admin.ExportPrivateKey({
      CertificateArn: shopArn,
      Passphrase: bytes('correct horse battery'),
    });
    expect(exported.CertificateArn).toBe(shopArn);
    const out = place.openssl(
      ...[
        'pkcs12',
        '-in',
        place.file(exported.PrivateKey),
        '-passin',
        'pass:correct horse battery',
        '-nodes',
        '-nocerts',
      ],
    );
    expect(out).toContain(shop.key.trim());
    const refusals: [Parameters<PcaClient['ExportPrivateKey']>[0], PcaClient, string][] = [
      [{ CertificateArn: shopArn, KeyFormat: 'PEM' }, stranger, 'AccessDenied'],
      [{ CertificateArn: shopArn.replace(/.{12}$/, '000000000000'), KeyFormat: 'PEM' }, admin, 'NotFound'],
      [{ CertificateArn: shopArn, CertificateAuthorityArn: authority, KeyFormat: 'PEM' }, admin, 'NotFound'],
      [{ CertificateArn: shopArn }, admin, 'InvalidArgs'],
    ];
    for (const [input, by, code] of refusals) await expect(by.ExportPrivateKey(input)).rejects.toMatchObject({ code });
  });

  on('are downloaded in forms that openssl reads', async () => {
    const get = async (Format: 'PEM' | 'PEM_CHAIN' | 'PEM_FULL_CHAIN' | 'DER' | 'PKCS7') =>
      (await admin.DownloadCertificate({ CertificateArn: shopArn, Format })).Content;
    const text = async (format: 'PEM' | 'PEM_CHAIN' | 'PEM_FULL_CHAIN') => (await get(format)).toString();
    const at = Math.floor(pca.kms.now / 1000);
    expect(place.verify(await text('PEM'), await text('PEM_CHAIN'), shop.root, at)).toBe('OK');
    expect(await text('PEM_FULL_CHAIN')).toBe((await text('PEM')) + (await text('PEM_CHAIN')));
    const publicKey = place.openssl('x509', '-inform', 'DER', '-in', place.file(await get('DER')), '-noout', '-pubkey');
    expect(publicKey).toBe(place.openssl('pkey', '-in', place.file(shop.key), '-pubout'));
    const listed = place.openssl('pkcs7', '-inform', 'DER', '-in', place.file(await get('PKCS7')), '-print_certs');
    expect(listed.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
  });

  on('are found beside issued ones', async () => {
    const { CertificateArn: issuedArn } = await admin.IssueCertificate({
      CertificateAuthorityArn: authority,
      Csr: place.csr('/CN=api.example.net', 'DNS:api.example.net'),
      SigningAlgorithm: 'SHA256WITHECDSA',
      Validity: { Type: 'DAYS', Value: 40 },
    });
    const arns = async (question: Parameters<PcaClient['ListCertificates']>[0]) =>
      (await admin.ListCertificates(question)).Certificates.map(({ CertificateArn }) => CertificateArn);
    const { Serial, KeyHash } = await describeIt();
    expect(await arns({ Name: 'www.example.net' })).toEqual([shopArn]);
    expect(await arns({ Name: 'SHOP', NameMatch: 'LABEL' })).toEqual([shopArn]);
    expect(await arns({ Name: 'shop' })).toEqual([]);
    expect((await arns({ Name: 'example.net', NameMatch: 'SUFFIX' })).sort()).toEqual([issuedArn, shopArn].sort());
    expect(await arns({ Serial })).toEqual([shopArn]);
    expect(await arns({ KeyHash })).toEqual([shopArn]);
    expect(await arns({ Source: 'UPLOADED' })).toEqual([shopArn]);
    expect(await arns({ Source: 'ISSUED' })).not.toContain(shopArn);
    expect(await arns({ KeyAlgorithm: 'RSA_2048' })).toEqual([]);
    expect(await arns({ ExpiresBefore: pca.kms.now + 100 * DAY })).toEqual([issuedArn, shopArn]);
    expect(await arns({ ExpiresBefore: pca.kms.now + 60 * DAY })).toEqual([issuedArn]);
    const all = await arns({});
    const paged: string[] = [];
    for (let NextToken: string | undefined; ; ) {
      const page = await admin.ListCertificates({ MaxResults: 1, ...(NextToken && { NextToken }) });
      paged.push(...page.Certificates.map(({ CertificateArn }) => CertificateArn));
      NextToken = page.NextToken;
      if (!NextToken) break;
    }
    expect(paged).toEqual(all);
    expect(all).toContain(shopArn);
    expect(await arns({ Status: 'DELETED' })).toEqual([]);
    await expect(arns({ CertificateAuthorityArn: authority, Source: 'UPLOADED' })).rejects.toMatchObject(
      refused('InvalidArgs'),
    );
  });

  on('are not there for other accounts, nor for those whom policies do not let', async () => {
    const missingArn = shopArn.replace(/[0-9a-f]{12}$/, '0123456789ab');
    const CSR = place.csr('/CN=x');
    for (const [operation, input] of [
      ['DescribeCertificate', {}],
      ['DownloadCertificate', {}],
      ['ListCertificateVersions', {}],
      ['UpdateCertificate', { Name: 'mine' }],
      ['DeleteCertificate', {}],
      ['RestoreCertificate', {}],
      ['MarkCertificateRevoked', { RevocationReason: 'SUPERSEDED' }],
      ['UploadCertificateVersion', { Certificate: bytes(shop.leaf) }],
      ['TagCertificate', { Tags: [{ Key: 'a', Value: 'b' }] }],
      ['UntagCertificate', { Tags: [{ Key: 'a' }] }],
    ] as const) {
      const ask = (client: PcaClient, CertificateArn: string) =>
        (client[operation] as (input: object) => Promise<unknown>)({ CertificateArn, ...input }).catch(
          (error: { code: string; message: string }) => [error.code, error.message.replaceAll(CertificateArn, 'ARN')],
        );
      expect(await ask(stranger, shopArn), operation).toEqual(await ask(stranger, missingArn));
      expect(await ask(admin, missingArn), operation).toEqual(['NotFound', 'certificate ARN does not exist']);
    }
    await expect(
      stranger.ReissueCertificate({ CertificateArn: `${authority}/certificate/00aa`, Csr: CSR }),
    ).rejects.toMatchObject({
      code: 'AccessDenied',
    });
    const tagged = { StringEquals: { 'aws:ResourceTag/app': 'other' } };
    const one = pca.user(
      'one',
      JSON.parse(document({ Effect: 'Allow', Action: 'acm-pca:*', Resource: '*', Condition: tagged })),
    );
    await expect(one.DescribeCertificate({ CertificateArn: shopArn })).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  on('are taken once, whole, and with their own key', async () => {
    const upload = (more: Partial<Parameters<PcaClient['UploadCertificate']>[0]>) =>
      admin.UploadCertificate({ Name: 'new', Certificate: bytes(renewed.leaf), ...more });
    await expect(upload({ Certificate: bytes(shop.leaf) })).rejects.toMatchObject(
      refused('CertificateExists', shopArn),
    );
    await expect(upload({ PrivateKey: bytes(shop.key) })).rejects.toMatchObject(refused('CertificateMismatch'));
    await expect(upload({ PrivateKey: bytes('no key') })).rejects.toMatchObject(refused('InvalidArgs', 'PEM or DER'));
    await expect(upload({ Passphrase: bytes('none') })).rejects.toMatchObject(refused('InvalidArgs', 'no PrivateKey'));
    await expect(upload({ CertificateChain: bytes(shop.root) })).rejects.toMatchObject(refused('MalformedCertificate'));
    await expect(upload({ Certificate: bytes('x') })).rejects.toMatchObject(refused('MalformedCertificate'));
    const issued = await issue(admin, authority, { Csr: place.csr('/CN=once.example.net', 'DNS:once.example.net') });
    await expect(upload({ Certificate: bytes(issued.Certificate) })).rejects.toMatchObject(
      refused('CertificateExists', authority),
    );
    const { Warnings } = await upload({});
    expect(Warnings.map(({ Code }) => Code)).toEqual(['INCOMPLETE_CHAIN', 'NAME_IN_USE']);
  });

  on('get versions under their ARN, names and marks', async () => {
    const first = makeOutside(place, { name: 'v.example.net', days: 20 });
    const second = makeOutside(place, { name: 'w.example.net', days: 90 });
    const { CertificateArn } = await admin.UploadCertificate({ Name: 'versions', Certificate: bytes(first.leaf) });
    const revoke = { CertificateArn, RevocationReason: 'SUPERSEDED' as const };
    await admin.MarkCertificateRevoked(revoke);
    expect(await describeIt(CertificateArn)).toMatchObject({ Status: 'REVOKED', RevocationReason: 'SUPERSEDED' });
    await expect(admin.MarkCertificateRevoked(revoke)).rejects.toMatchObject(refused('InvalidState'));
    const more = { Certificate: bytes(second.leaf), PrivateKey: bytes(second.key) };
    const next = await admin.UploadCertificateVersion({ CertificateArn, ...more });
    expect(next).toMatchObject({ CertificateArn, Version: 2 });
    const described = await describeIt(CertificateArn);
    expect(described).toMatchObject({
      Status: 'ACTIVE',
      Version: 2,
      HasPrivateKey: true,
      Names: ['dns:w.example.net'],
    });
    const { Versions } = await admin.ListCertificateVersions({ CertificateArn });
    expect(Versions.map(({ Version }) => Version)).toEqual([2, 1]);
    const { Content } = await admin.DownloadCertificate({ CertificateArn, Version: 1, Format: 'PEM' });
    expect(Content.toString().trim()).toBe(first.leaf.trim());
    expect((await admin.ListCertificates({ Name: 'v.example.net' })).Certificates).toEqual([]);
    expect((await admin.ListCertificates({ Name: 'w.example.net' })).Certificates).toHaveLength(1);
    await admin.UpdateCertificate({ CertificateArn, Name: 'renamed' });
    expect((await admin.ListCertificates({ Name: 'versions', NameMatch: 'LABEL' })).Certificates).toEqual([]);
    expect((await admin.ListCertificates({ Name: 'renamed', NameMatch: 'LABEL' })).Certificates).toHaveLength(1);
  });

  on('are restored within their time, and destroyed with their key after it', async () => {
    const gone = makeOutside(place, { name: 'gone.example.net' });
    const { CertificateArn } = await admin.UploadCertificate({
      ...{ Name: 'gone', Certificate: bytes(gone.leaf), PrivateKey: bytes(gone.key) },
    });
    await admin.DeleteCertificate({ CertificateArn, RecoveryWindowInDays: 7 });
    await expect(admin.DownloadCertificate({ CertificateArn })).rejects.toMatchObject(refused('InvalidState'));
    expect((await admin.ListCertificates({ Name: 'gone.example.net' })).Certificates).toEqual([]);
    await admin.RestoreCertificate({ CertificateArn });
    await admin.DeleteCertificate({ CertificateArn, RecoveryWindowInDays: 7 });
    await destroyCertificates.run(pca.deps);
    expect(await describeIt(CertificateArn)).toMatchObject({ Status: 'DELETED' });
    pca.kms.advance(7 * DAY);
    // Since a restore nobody knows whether it was restored: it waits anew.
    await pca.store.transaction((tx) => restoreApplied(tx, CertificateArn, pca.kms.now));
    await destroyCertificates.run(pca.deps);
    expect(await describeIt(CertificateArn)).toMatchObject({ Status: 'DELETED' });
    pca.kms.advance(7 * DAY);
    await destroyCertificates.run(pca.deps);
    await expect(describeIt(CertificateArn)).rejects.toMatchObject({ code: 'NotFound' });
    const name = { accountId: CertificateArn.split(':')[4]!, certificateArn: CertificateArn, version: 1 };
    expect(await keptKey(pca.deps, name)).toBeUndefined();
    expect((await pca.records()).map(({ eventName }) => eventName)).toContain('DestroyCertificate');
  });

  on('are issued anew with the same names, for a new key or the same one', async () => {
    const Csr = place.csr('/O=Shop/CN=again.example.net', 'DNS:again.example.net,DNS:b.example.net');
    const { CertificateArn } = await admin.IssueCertificate({
      ...{ CertificateAuthorityArn: authority, Csr, SigningAlgorithm: 'SHA256WITHECDSA' },
      Validity: { Type: 'DAYS', Value: 90 },
    });
    const before = await describeIt(CertificateArn);
    const again = await admin.ReissueCertificate({ CertificateArn, Csr: place.csr('/CN=ignored') });
    const after = await describeIt(again.CertificateArn);
    expect(after).toMatchObject({ Subject: before.Subject, Names: before.Names, Template: before.Template });
    expect(after.KeyHash).not.toBe(before.KeyHash);
    expect(after.Replaces).toBe(CertificateArn);
    expect((await describeIt(CertificateArn)).ReplacedBy).toBe(again.CertificateArn);
    const same = await admin.ReissueCertificate({ CertificateArn: again.CertificateArn });
    expect((await describeIt(same.CertificateArn)).KeyHash).toBe(after.KeyHash);
    const CertificateSerial = same.CertificateArn.split('/').at(-1)!;
    await admin.RevokeCertificate({
      CertificateAuthorityArn: authority,
      CertificateSerial,
      RevocationReason: 'SUPERSEDED',
    });
    await expect(admin.ReissueCertificate(same)).rejects.toMatchObject(refused('InvalidState', 'revoked'));
    const no = [
      { Effect: 'Allow', Action: 'acm-pca:*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: 'acm-pca:IssueCertificate',
        Resource: '*',
        Condition: { Null: { 'acm-pca:SubjectCN': 'false' } },
      },
    ];
    const limited = pca.user('limited', { Version: '2012-10-17', Statement: no });
    await expect(limited.ReissueCertificate({ CertificateArn })).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  on('remind of their expiry once for each threshold, and only of the nearest after a pause', async () => {
    const told = async () =>
      (await pca.records())
        .filter(({ eventName }) => eventName === 'CertificateExpires')
        .map(({ requestParameters }) => requestParameters as { certificateArn: string; daysBeforeExpiry: number })
        .map((record) => JSON.stringify(record));
    const of = async (arn: string) => {
      const days = (await told())
        .filter((text) => text.includes(arn))
        .map((text) => /aysBeforeExpiry":(\d+)/.exec(text)?.[1]);
      return days;
    };
    await remindOfExpiry.run(pca.deps);
    const { CertificateArn: fresh } = await admin.IssueCertificate({
      ...{ CertificateAuthorityArn: authority, Csr: place.csr('/CN=e.example.net', 'DNS:e.example.net') },
      ...{ SigningAlgorithm: 'SHA256WITHECDSA', Validity: { Type: 'DAYS', Value: 62 } },
    });
    const { CertificateArn: old } = await admin.IssueCertificate({
      ...{ CertificateAuthorityArn: authority, Csr: place.csr('/CN=f.example.net', 'DNS:f.example.net') },
      ...{ SigningAlgorithm: 'SHA256WITHECDSA', Validity: { Type: 'DAYS', Value: 62 } },
    });
    await admin.ReissueCertificate({ CertificateArn: old, Validity: { Type: 'DAYS', Value: 300 } });
    await remindOfExpiry.run(pca.deps);
    expect(await of(fresh)).toEqual([]);
    pca.kms.advance(3 * DAY);
    // Two nodes, at once.
    await Promise.all([remindOfExpiry.run(pca.deps), remindOfExpiry.run(pca.deps)]);
    await remindOfExpiry.run(pca.deps);
    expect(await of(fresh)).toEqual(['60']);
    expect(await of(old)).toEqual([]);
    // A process that ends before its commit has told nothing: the next one tells it.
    pca.kms.advance(53 * DAY);
    const failing = { ...pca.deps, recorder: { appendIn: () => Promise.reject(new Error('killed')) } } as never;
    await expect(remindStep(failing, 'issued', 7)).rejects.toThrow('killed');
    await remindOfExpiry.run(pca.deps);
    await remindOfExpiry.run(pca.deps);
    expect(await of(fresh)).toEqual(['60', '7']);
    expect(await of(old)).toEqual([]);
    // The one that was uploaded had 90 days, and nobody looked while 60 and 30 passed.
    expect(await of(shopArn)).toEqual(['30']);
    expect(new Set(await told()).size).toBe((await told()).length);
  });

  on('are taken from PKCS #12 files, and lose their key when that is deleted', async () => {
    const own = makeOutside(place);
    const file = place.file('');
    place.openssl(
      ...['pkcs12', '-export', '-inkey', place.file(own.key), '-in', place.file(own.leaf + own.issuing + own.root)],
      ...['-passout', 'pass:changeit', '-out', file],
    );
    const upload = (Passphrase: string, more = {}) =>
      admin.UploadCertificate({ Name: 'store', Pkcs12: readFileSync(file), Passphrase: bytes(Passphrase), ...more });
    await expect(upload('wrong')).rejects.toMatchObject(refused('InvalidArgs', 'password'));
    await expect(upload('changeit', { Certificate: bytes(own.leaf) })).rejects.toMatchObject(
      refused('InvalidArgs', 'once'),
    );
    await expect(admin.UploadCertificate({ Name: 'none' })).rejects.toMatchObject(refused('InvalidArgs', 'neither'));
    const { CertificateArn } = await upload('changeit');
    expect(await describeIt(CertificateArn)).toMatchObject({ HasPrivateKey: true, Chain: [{}, {}] });
    const { PrivateKey } = await admin.ExportPrivateKey({ CertificateArn, KeyFormat: 'PEM' });
    expect(PrivateKey.toString().trim()).toBe(own.key.trim());
    const serial = (await describeIt(CertificateArn)).Serial;
    await expect(admin.DeleteCertificateKey({ CertificateArn })).rejects.toMatchObject(
      refused('InvalidRequest', 'confirmed'),
    );
    await admin.DeleteCertificateKey({ CertificateArn, Confirmation: `delete the key of ${serial}` });
    expect(await describeIt(CertificateArn)).toMatchObject({ HasPrivateKey: false });
    await expect(admin.ExportPrivateKey({ CertificateArn, KeyFormat: 'PEM' })).rejects.toMatchObject(
      refused('NotFound'),
    );
  });
});
