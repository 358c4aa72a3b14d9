/** Certificates are found by what is in them, by those who may, and never by what somebody wrote into the index. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { ListCertificates } from '../../api/search/list-certificates.ts';
import { document, OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { issue, makeRoot, makeSubordinate, refused, template, Workplace } from '../../testing/hierarchy.ts';

type Question = InputOf<typeof ListCertificates>;
const DAY = 86_400_000;
const openssl = new Workplace();
let pca: PcaHarness;
let admin: PcaClient;
let issuing: string;
let other: string;

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  const root = await makeRoot(admin);
  pca.kms.advance(1_000);
  issuing = await makeSubordinate(admin, root);
  pca.kms.advance(1_000);
  other = await makeSubordinate(admin, root, 'other');
  const key = openssl.key();
  const made: [string, string, string | undefined, number][] = [
    [issuing, '/CN=www.example.com', 'DNS:www.example.com,DNS:shop.example.com', 30],
    [issuing, '/O=any', 'DNS:*.example.com', 60],
    [other, '/CN=www.example.com', 'DNS:www.example.com', 90],
    [issuing, '/CN=Ann Mail', 'email:Ann@example.org', 120],
    [other, '/CN=Ann Example', undefined, 150],
  ];
  for (const [authority, subject, names, days] of made) {
    pca.kms.advance(1_000);
    const Csr = openssl.csr(subject, names, { key });
    const name = names?.startsWith('DNS')
      ? 'EndEntityCertificate'
      : names
        ? 'EmailProtectionCertificate'
        : 'EndEntityClientAuthCertificate';
    const TemplateArn = template(name);
    await issue(admin, authority, { Csr, TemplateArn, Validity: { Type: 'DAYS', Value: days } });
  }
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

const subjects = async (question: Question, who = admin) =>
  (await who.ListCertificates(question)).Certificates.map(({ Subject, Names }) => [Subject, ...Names].join());
const WWW = 'CN=www.example.com,dns:www.example.com';
const SHOP = `${WWW},dns:shop.example.com`;
const ANY = 'O=any,dns:*.example.com';
const MAIL = 'CN=Ann Mail,email:Ann@example.org';
const ANN = 'CN=Ann Example';

describe('certificates', () => {
  it.each<[Question, string[]]>([
    [{ Name: 'WWW.example.com' }, [WWW, SHOP]],
    [{ Name: '*.example.com' }, [ANY]],
    [{ Name: 'shop.example.com', NameMatch: 'HOST' }, [ANY, SHOP]],
    [{ Name: 'example.com', NameMatch: 'SUFFIX' }, [WWW, SHOP, ANY]],
    [{ Name: 'ple.com', NameMatch: 'SUFFIX' }, []],
    [{ Name: 'ann@example.org' }, []],
    [{ Name: 'Ann@example.org' }, [MAIL]],
    [{ Name: 'ann example' }, [ANN]],
    [{ Name: 'nobody.example.com' }, []],
  ])('are found by name: %j', async (question, found) => expect(await subjects(question)).toEqual(found));

  it('are found newest first, of an authority or of the account, over pages', async () => {
    expect(await subjects({ CertificateAuthorityArn: issuing })).toEqual([MAIL, ANY, SHOP]);
    const found: string[] = [];
    for (let token: string | undefined; ; ) {
      const page = await admin.ListCertificates({ MaxResults: 2, ...(token && { NextToken: token }) });
      found.push(...page.Certificates.map(({ Subject }) => Subject));
      token = page.NextToken;
      if (!token) break;
      await expect(admin.ListCertificates({ MaxResults: 2, NextToken: token, Name: 'x' })).rejects.toMatchObject(
        refused('InvalidNextToken'),
      );
    }
    const names = ['CN=Ann Example', 'CN=Ann Mail', 'CN=www.example.com', 'O=any', 'CN=www.example.com'];
    expect(found).toEqual([...names, ...['other', 'issuing', 'root'].map((name) => `O=Example, CN=${name}`)]);
  });

  it('are found by their expiry, the soonest first', async () => {
    const ExpiresBefore = pca.kms.now + 100 * DAY;
    expect(await subjects({ ExpiresBefore })).toEqual([SHOP, ANY, WWW]);
    expect(await subjects({ ExpiresBefore, ExpiresAfter: pca.kms.now + 40 * DAY })).toEqual([ANY, WWW]);
    expect(await subjects({ ExpiresBefore, CertificateAuthorityArn: other })).toEqual([WWW]);
    expect(await subjects({ ExpiresBefore, Name: 'example.com', NameMatch: 'SUFFIX' })).toEqual([WWW, SHOP, ANY]);
  });

  it('are found by key and by serial number', async () => {
    const [newest] = (await admin.ListCertificates({ MaxResults: 1 })).Certificates;
    expect(await subjects({ KeyHash: newest!.KeyHash })).toEqual([ANN, MAIL, WWW, ANY, SHOP]);
    expect(await subjects({ KeyHash: newest!.KeyHash, CertificateAuthorityArn: other })).toEqual([ANN, WWW]);
    const colons = newest!.Serial.toUpperCase().match(/../g)!.join(':');
    expect(await subjects({ Serial: colons })).toEqual([ANN]);
    expect(await subjects({ Serial: colons, CertificateAuthorityArn: issuing })).toEqual([]);
    expect(await subjects({ Serial: `00${newest!.Serial.slice(2)}` })).toEqual([]);
  });

  it.each<[Question, string]>([
    [{ NameMatch: 'HOST' }, 'NameMatch needs a Name'],
    [{ Name: '*.example.com', NameMatch: 'HOST' }, 'no host name'],
    [{ Name: '10.0.0.1', NameMatch: 'SUFFIX' }, 'no domain'],
    [{ ExpiresAfter: 5, ExpiresBefore: 5 }, 'not before'],
    [{ Serial: '0102', Name: 'x' }, 'needs no Name'],
  ])('are not looked for by %j', async (question, text) =>
    expect(admin.ListCertificates(question)).rejects.toMatchObject(refused('InvalidArgs', text)),
  );

  it('of others are not seen', async () => {
    const stranger = pca.user('stranger', undefined, OTHER_ACCOUNT);
    expect(await subjects({}, stranger)).toEqual([]);
    expect(await subjects({ Name: 'www.example.com' }, stranger)).toEqual([]);
    await expect(subjects({ CertificateAuthorityArn: issuing }, stranger)).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });

  it('of one authority are seen by who may see those', async () => {
    const one = pca.user(
      'one',
      JSON.parse(document({ Effect: 'Allow', Action: 'acm-pca:ListCertificates', Resource: issuing })),
    );
    expect(await subjects({ CertificateAuthorityArn: issuing }, one)).toEqual([MAIL, ANY, SHOP]);
    await expect(subjects({ CertificateAuthorityArn: other }, one)).rejects.toMatchObject({ code: 'AccessDenied' });
    await expect(subjects({}, one)).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('are not shown under a name they do not have', async () => {
    const [any] = (await admin.ListCertificates({ Name: '*.example.com' })).Certificates;
    const forged = { name: 'com.bank.www.', created_at: pca.kms.now, serial: any!.Serial };
    const place = { account_id: issuing.split(':')[4]!, authority_id: issuing.split('/').at(-1)! };
    await pca.tamper((db) =>
      db
        .insertInto('certificate_name')
        .values({ ...forged, ...place })
        .execute(),
    );
    await expect(subjects({ Name: 'www.bank.com' })).rejects.toMatchObject({ code: 'Internal' });
  });
});
