/** Revocation from the request to the list, with openssl as the judge of what clients would believe. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readList } from '../../domain/revocation/list.ts';
import { OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import {
  createAuthority,
  issue,
  makeRoot,
  makeSubordinate,
  refused,
  template,
  Workplace,
} from '../../testing/hierarchy.ts';
import {
  allLists,
  COMPLETE,
  fetchList,
  type Hierarchy,
  issueLeaf,
  judge,
  leafOf,
  makeDueLists,
  makeRevocable,
  PARTITIONED,
} from '../../testing/revocation.ts';

let pca: PcaHarness;
let admin: PcaClient;
let h: Hierarchy;
const openssl = new Workplace();
const about = () => ({ CertificateAuthorityArn: h.issuing });
const of = (CertificateSerial: string) => ({ ...about(), CertificateSerial });
const verdict = (leaf: Parameters<typeof judge>[4], on = h) => judge(pca, admin, openssl, on, leaf);
const text = (certificate: string) => openssl.openssl('x509', '-in', openssl.file(certificate), '-noout', '-text');
/** Revocations are gathered for some seconds. */
const publish = async () => {
  pca.kms.advance(5_000);
  await makeDueLists(pca);
};

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  h = await makeRevocable(admin);
  await makeDueLists(pca);
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

describe('what certificates point to', () => {
  it('is the list of their serial number, the responder and the certificate of the authority', async () => {
    const leaf = await issueLeaf(admin, openssl, h.issuing);
    const id = h.issuing.split('/')[1];
    const { CrlUri, OcspUri, Status, Listed } = await admin.GetRevocationStatus(of(leaf.serial));
    expect({ Status, Listed }).toEqual({ Status: 'GOOD', Listed: true });
    const shard = (BigInt(`0x${leaf.serial.slice(-16)}`) % 4n) + 1n;
    expect(CrlUri).toBe(`http://pki.example.com/crl/${id}/${shard}.crl`);
    expect(text(leaf.certificate)).toContain(`URI:${CrlUri}`);
    expect(text(leaf.certificate)).toContain(`OCSP - URI:${OcspUri}`);
    expect(text(leaf.certificate)).toContain(`CA Issuers - URI:http://pki.example.com/ca/${id}.cer`);
    const authority = (await admin.GetCertificateAuthorityCertificate(about())).Certificate;
    expect(text(authority)).toContain(`URI:http://pki.example.com/crl/${h.root.split('/')[1]}.crl`);
  });

  it('is nothing where the certificate ends within a week, or the extension is left out', async () => {
    const short = await issueLeaf(admin, openssl, h.issuing, { Validity: { Type: 'DAYS', Value: 7 } });
    expect(text(short.certificate)).not.toContain('URI:http');
    const eight = await issueLeaf(admin, openssl, h.issuing, { Validity: { Type: 'DAYS', Value: 8 } });
    expect(text(eight.certificate)).toContain('URI:http');
    const omit = { Enabled: true, CrlDistributionPointExtensionConfiguration: { OmitExtension: true } };
    const quiet = await makeRevocable(admin, { CrlConfiguration: omit }, ['quiet root', 'quiet']);
    const leaf = await issueLeaf(admin, openssl, quiet.issuing);
    expect(text(leaf.certificate)).not.toContain('CRL Distribution');
    expect(text(leaf.certificate)).not.toContain('OCSP');
    expect(text(leaf.certificate)).toContain('CA Issuers');
  });

  it('is where the authority says, and stays a name of the list', async () => {
    const config = (CustomCname: string) => ({
      CrlConfiguration: { Enabled: true, CrlType: 'PARTITIONED' as const, CustomCname, CustomPath: 'a/b' },
      OcspConfiguration: { Enabled: true, OcspCustomCname: 'ocsp.example.com' },
    });
    const named = await makeRevocable(admin, config('one.example.com'), ['named root', 'named']);
    const before = await issueLeaf(admin, openssl, named.issuing);
    const place = { CertificateAuthorityArn: named.issuing };
    await admin.UpdateCertificateAuthority({ ...place, RevocationConfiguration: config('two.example.com') });
    await publish();
    const after = await issueLeaf(admin, openssl, named.issuing);
    expect(text(before.certificate)).toContain('URI:http://one.example.com/a/b/');
    expect(text(before.certificate)).toContain('OCSP - URI:http://ocsp.example.com/ocsp/');
    expect(text(after.certificate)).toContain('URI:http://two.example.com/a/b/');
    expect([await verdict(before, named), await verdict(after, named)]).toEqual(['OK', 'OK']);
    const { CertificateAuthority } = await admin.DescribeCertificateAuthority(place);
    expect(CertificateAuthority.RevocationConfiguration).toEqual(config('two.example.com'));
  });

  it.each([
    ['another type', { CrlConfiguration: { Enabled: true, CrlType: 'COMPLETE' as const } }, 'PARTITIONED'],
    ['a store that is not there', { CrlConfiguration: { Enabled: true, S3BucketName: 'nowhere' } }, 'nowhere'],
    ['a place with a scheme', { CrlConfiguration: { Enabled: true, CustomCname: 'http://a' } }, 'CustomCname'],
    ['a path upwards', { CrlConfiguration: { Enabled: true, CustomPath: 'a/../b' } }, 'CustomPath'],
    [
      'a responder with a scheme',
      { OcspConfiguration: { Enabled: true, OcspCustomCname: 'ftp://a' } },
      'OcspCustomCname',
    ],
    [
      'a name for what is left out',
      {
        CrlConfiguration: {
          Enabled: true,
          CustomCname: 'a.example.com',
          CrlDistributionPointExtensionConfiguration: { OmitExtension: true },
        },
      },
      'OmitExtension',
    ],
  ])('refuses %s', async (_title, RevocationConfiguration, words) => {
    const change = admin.UpdateCertificateAuthority({ ...about(), RevocationConfiguration });
    await expect(change).rejects.toMatchObject(refused('InvalidArgs', words));
  });
});

describe('a revocation', () => {
  it('is believed by openssl over all levels once the list is there', async () => {
    const [leaf, other] = [await issueLeaf(admin, openssl, h.issuing), await issueLeaf(admin, openssl, h.issuing)];
    expect(await verdict(leaf)).toBe('OK');
    const colons = leaf.serial.toUpperCase().match(/../g)!.join(':');
    await admin.RevokeCertificate({ ...of(colons), RevocationReason: 'SUPERSEDED' });
    expect((await admin.GetRevocationStatus(of(leaf.serial))).Listed).toBe(false);
    await publish();
    expect(await verdict(leaf)).toContain('certificate revoked');
    expect(await verdict(other)).toBe('OK');
    expect(await admin.GetRevocationStatus(of(leaf.serial))).toMatchObject({
      Status: 'REVOKED',
      Reason: 'SUPERSEDED',
      Listed: true,
    });
    const lists = await allLists(pca, admin, h.issuing);
    const printed = lists.map((list) =>
      openssl.openssl('crl', '-inform', 'DER', '-in', openssl.file(list), '-noout', '-text'),
    );
    expect(printed.join('')).toContain('Superseded');
    expect(printed.every((one) => one.includes('X509v3 Issuing Distribution Point: critical'))).toBe(true);
  });

  it('happens once', async () => {
    const { serial } = await issueLeaf(admin, openssl, h.issuing);
    await admin.RevokeCertificate({ ...of(serial), RevocationReason: 'UNSPECIFIED' });
    await expect(admin.RevokeCertificate({ ...of(serial), RevocationReason: 'SUPERSEDED' })).rejects.toMatchObject(
      refused('RequestAlreadyProcessed'),
    );
    await expect(admin.ReleaseCertificateHold(of(serial))).rejects.toMatchObject(
      refused('InvalidRequest', 'not on hold'),
    );
  });

  it('is refused for what was not issued, and for the certificate of a root by itself', async () => {
    const revoke = (CertificateAuthorityArn: string, CertificateSerial: string) =>
      admin.RevokeCertificate({ CertificateAuthorityArn, CertificateSerial, RevocationReason: 'UNSPECIFIED' });
    await expect(revoke(h.issuing, '01')).rejects.toMatchObject(refused('NotFound'));
    await expect(revoke(h.issuing, 'no number')).rejects.toMatchObject(refused('InvalidRequest'));
    const { Serial = '' } = (await admin.DescribeCertificateAuthority({ CertificateAuthorityArn: h.root }))
      .CertificateAuthority;
    await expect(revoke(h.root, Serial)).rejects.toMatchObject(refused('InvalidRequest', 'root'));
    const pending = await createAuthority(admin, 'ROOT', 'pending');
    await expect(revoke(pending, '01')).rejects.toMatchObject(refused('InvalidState'));
    const leaf = await issueLeaf(admin, openssl, h.issuing);
    const stranger = pca.user('stranger', undefined, OTHER_ACCOUNT);
    const foreign = stranger.RevokeCertificate({ ...of(leaf.serial), RevocationReason: 'UNSPECIFIED' });
    await expect(foreign).rejects.toMatchObject(refused('AccessDenied'));
  });

  it('of a disabled authority still comes to its list', async () => {
    const own = await makeRevocable(admin, COMPLETE, ['disabled root', 'disabled']);
    const place = { CertificateAuthorityArn: own.issuing };
    const leaf = await issueLeaf(admin, openssl, own.issuing);
    await admin.UpdateCertificateAuthority({ ...place, Status: 'DISABLED' });
    const reason = 'CESSATION_OF_OPERATION' as const;
    await admin.RevokeCertificate({ ...place, CertificateSerial: leaf.serial, RevocationReason: reason });
    await publish();
    expect(await verdict(leaf, own)).toContain('certificate revoked');
  });

  it('from before there were lists is on the first one', async () => {
    const root = await makeRoot(admin, 'late');
    const place = { CertificateAuthorityArn: root };
    const issued = await issue(admin, root, { Csr: openssl.csr('/CN=a.example.com', 'DNS:a.example.com') });
    const leaf = leafOf(openssl, issued);
    await admin.RevokeCertificate({ ...place, CertificateSerial: leaf.serial, RevocationReason: 'UNSPECIFIED' });
    await admin.UpdateCertificateAuthority({ ...place, RevocationConfiguration: PARTITIONED });
    await publish();
    const { CrlUri = '' } = await admin.GetRevocationStatus({ ...place, CertificateSerial: leaf.serial });
    expect(readList(await fetchList(pca, CrlUri)).entries.toString('hex')).toContain(leaf.serial);
  });
});

describe('a hold', () => {
  it('counts as revoked until it is released', async () => {
    const leaf = await issueLeaf(admin, openssl, h.issuing);
    await admin.HoldCertificate(of(leaf.serial));
    await expect(admin.HoldCertificate(of(leaf.serial))).rejects.toMatchObject(refused('RequestAlreadyProcessed'));
    await publish();
    expect(await verdict(leaf)).toContain('certificate revoked');
    expect(await admin.GetRevocationStatus(of(leaf.serial))).toMatchObject({
      Status: 'HELD',
      Reason: 'CERTIFICATE_HOLD',
    });
    await admin.ReleaseCertificateHold(of(leaf.serial));
    await publish();
    expect(await verdict(leaf)).toBe('OK');
    expect((await admin.GetRevocationStatus(of(leaf.serial))).Status).toBe('GOOD');
    await admin.HoldCertificate(of(leaf.serial));
    await publish();
    expect(await verdict(leaf)).toContain('certificate revoked');
  });

  it('becomes a revocation that keeps its date', async () => {
    const leaf = await issueLeaf(admin, openssl, h.issuing);
    await admin.HoldCertificate(of(leaf.serial));
    const { RevokedAt } = await admin.GetRevocationStatus(of(leaf.serial));
    await publish();
    await admin.RevokeCertificate({ ...of(leaf.serial), RevocationReason: 'AFFILIATION_CHANGED' });
    await publish();
    expect(await admin.GetRevocationStatus(of(leaf.serial))).toMatchObject({
      ...{ Status: 'REVOKED', Reason: 'AFFILIATION_CHANGED', RevokedAt, Listed: true },
    });
    expect(await verdict(leaf)).toContain('certificate revoked');
  });
});

describe('a compromised key', () => {
  it('is blocked, and gets no certificate any more', async () => {
    const key = openssl.key();
    const csr = () => openssl.csr('/CN=b.example.com', 'DNS:b.example.com', { key });
    const leaf = leafOf(openssl, await issue(admin, h.issuing, { Csr: csr() }));
    const second = leafOf(openssl, await issue(admin, h.root, { Csr: csr() }));
    const preview = await admin.PreviewRevocation(of(leaf.serial));
    expect(preview.Certificates.map(({ CertificateArn }) => CertificateArn).sort()).toEqual(
      [`${h.issuing}/certificate/${leaf.serial}`, `${h.root}/certificate/${second.serial}`].sort(),
    );
    await admin.RevokeCertificate({ ...of(leaf.serial), RevocationReason: 'KEY_COMPROMISE' });
    const { BlockedKeys } = await admin.ListBlockedKeys({});
    expect(BlockedKeys.map(({ KeyHash }) => KeyHash)).toContain(preview.PublicKeyHash);
    await expect(issue(admin, h.issuing, { Csr: csr() })).rejects.toMatchObject(refused('InvalidArgs', 'blocked'));
    const statuses = (await admin.PreviewRevocation(of(leaf.serial))).Certificates.map(({ Status }) => Status);
    expect(statuses.sort()).toEqual(['GOOD', 'REVOKED']);
  });

  it('is learned of later: the reason gets worse, the date stays', async () => {
    const leaf = await issueLeaf(admin, openssl, h.issuing);
    await expect(admin.ReportKeyCompromise(of(leaf.serial))).rejects.toMatchObject(refused('InvalidRequest'));
    await admin.RevokeCertificate({ ...of(leaf.serial), RevocationReason: 'SUPERSEDED' });
    await publish();
    const { RevokedAt } = await admin.GetRevocationStatus(of(leaf.serial));
    await admin.ReportKeyCompromise(of(leaf.serial));
    await publish();
    expect(await admin.GetRevocationStatus(of(leaf.serial))).toMatchObject({ Reason: 'KEY_COMPROMISE', RevokedAt });
    await expect(admin.ReportKeyCompromise(of(leaf.serial))).rejects.toMatchObject(refused('RequestAlreadyProcessed'));
  });

  it('is shown to people with the certificates they may ask about', async () => {
    const key = openssl.key();
    const csr = () => openssl.csr('/CN=c.example.com', 'DNS:c.example.com', { key });
    const leaf = leafOf(openssl, await issue(admin, h.issuing, { Csr: csr() }));
    await issue(admin, h.root, { Csr: csr() });
    const policy = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'acm-pca:PreviewRevocation', Resource: h.issuing }],
    };
    const preview = await pca.user('limited', policy).PreviewRevocation(of(leaf.serial));
    expect(preview.Certificates).toHaveLength(1);
    expect(preview.Hidden).toBe(1);
  });
});

describe('the certificate of an authority of ours', () => {
  it('takes everything below with it', async () => {
    const top = await makeRoot(admin, 'top');
    await admin.UpdateCertificateAuthority({ CertificateAuthorityArn: top, RevocationConfiguration: PARTITIONED });
    const middle = await makeSubordinate(admin, top, 'middle', {
      TemplateArn: template('SubordinateCACertificate_PathLen1'),
    });
    const bottom = await makeSubordinate(admin, middle, 'bottom', { Validity: { Type: 'YEARS', Value: 2 } });
    const place = { CertificateAuthorityArn: middle };
    const { Serial: CertificateSerial = '' } = (await admin.DescribeCertificateAuthority(place)).CertificateAuthority;
    const revoked = { CertificateAuthorityArn: top, CertificateSerial };
    expect((await admin.PreviewRevocation(revoked)).Authorities).toEqual([
      { CertificateAuthorityArn: middle, Status: 'ACTIVE' },
    ]);
    await issueLeaf(admin, openssl, bottom);
    await admin.HoldCertificate(revoked);
    await expect(issueLeaf(admin, openssl, middle)).rejects.toMatchObject(refused('InvalidState', 'revoked'));
    await expect(issueLeaf(admin, openssl, bottom)).rejects.toMatchObject(refused('InvalidState', 'revoked'));
    await admin.ReleaseCertificateHold(revoked);
    await issueLeaf(admin, openssl, bottom);
    await admin.RevokeCertificate({ ...revoked, RevocationReason: 'CERTIFICATE_AUTHORITY_COMPROMISE' });
    await expect(issueLeaf(admin, openssl, bottom)).rejects.toMatchObject(refused('InvalidState', 'revoked'));
    const own = await admin.GetCertificateAuthorityCertificate(place);
    const again = admin.ImportCertificateAuthorityCertificate({
      ...place,
      Certificate: Buffer.from(own.Certificate),
      CertificateChain: Buffer.from(own.CertificateChain ?? ''),
    });
    await expect(again).rejects.toMatchObject(refused('InvalidRequest', 'revoked'));
    await publish();
    const { CrlUri = '' } = await admin.GetRevocationStatus(revoked);
    expect(CrlUri).toMatch(/authorities\.crl$/);
    const list = openssl.file(await fetchList(pca, CrlUri));
    const printed = openssl.openssl('crl', '-inform', 'DER', '-in', list, '-noout', '-text');
    expect(printed).toContain('Only CA Certificates');
    expect(printed).toContain('CA Compromise');
  });
});
