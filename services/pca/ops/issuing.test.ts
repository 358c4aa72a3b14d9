/** Authorities and their certificates through the API, with openssl as the judge. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNameConstraints } from '../domain/x509/name-constraints.ts';
import { document, OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../testing/harness.ts';
import {
  createAuthority,
  issue,
  makeRoot,
  makeSubordinate,
  refused,
  template,
  Workplace,
} from '../testing/hierarchy.ts';

let pca: PcaHarness;
let admin: PcaClient;
let root: string;
let issuing: string;
const openssl = new Workplace();
const seconds = () => Math.floor(pca.kms.now / 1000);

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  root = await makeRoot(admin);
  issuing = await makeSubordinate(admin, root);
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

const pem = async (arn: string) =>
  (await admin.GetCertificateAuthorityCertificate({ CertificateAuthorityArn: arn })).Certificate;
const text = (certificate: string) => openssl.openssl('x509', '-in', openssl.file(certificate), '-noout', '-text');
const DAYS = { Type: 'DAYS', Value: 90 } as const;
const order = (Csr: Buffer, authority = issuing) => ({
  CertificateAuthorityArn: authority,
  Csr,
  SigningAlgorithm: 'SHA256WITHECDSA' as const,
  Validity: DAYS,
});

describe('a hierarchy', () => {
  it.each([
    ['RSA_2048', 'SHA256WITHRSA'],
    ['EC_secp384r1', 'SHA384WITHECDSA'],
    ['EC_prime256v1', 'SHA256WITHECDSA'],
    ['EC_secp521r1', 'SHA512WITHECDSA'],
    ['RSA_3072', 'SHA384WITHRSA_PSS'],
    ['RSA_2048', 'SHA256WITHRSA_PSS'],
  ] as const)('below a root of %s with %s is one that openssl verifies', async (KeyAlgorithm, SigningAlgorithm) => {
    const top = await makeRoot(admin, `root ${KeyAlgorithm}`, { KeyAlgorithm, SigningAlgorithm });
    const below = await makeSubordinate(admin, top, `issuing below ${KeyAlgorithm}`, { SigningAlgorithm });
    const leaf = await issue(admin, below, { Csr: openssl.csr('/CN=www.example.com', 'DNS:www.example.com') });
    const chain = leaf.CertificateChain ?? '';
    const judge = (...args: string[]) => openssl.verify(leaf.Certificate, chain, topPem, seconds(), ...args);
    const topPem = await pem(top);
    expect(judge('-purpose', 'sslserver', '-verify_hostname', 'www.example.com')).toBe('OK');
    expect(judge('-purpose', 'smimesign')).not.toBe('OK');
  });

  it('has seven levels and not eight', async () => {
    let above = root;
    for (let path = 5; path >= 0; path--) {
      const TemplateArn = template(`SubordinateCACertificate_PathLen${path}`);
      above = await makeSubordinate(admin, above, `level ${7 - path}`, { TemplateArn });
    }
    const leaf = await issue(admin, above, { Csr: openssl.csr('/CN=a.example.com', 'DNS:a.example.com') });
    expect(openssl.verify(leaf.Certificate, leaf.CertificateChain ?? '', await pem(root), seconds())).toBe('OK');
    await expect(makeSubordinate(admin, above, 'level 8')).rejects.toMatchObject(
      refused('InvalidArgs', 'path length is 0'),
    );
  });

  it('may stand below a root from elsewhere', async () => {
    const key = openssl.file(openssl.key());
    const above = openssl.openssl(
      'req',
      '-x509',
      '-key',
      key,
      '-subj',
      '/CN=outside',
      '-days',
      '3650',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
      '-set_serial',
      '7',
    );
    // openssl dates by its own clock.
    pca.kms.advance(Date.now() - pca.kms.now + 3_600_000);
    const arn = await createAuthority(admin, 'SUBORDINATE', 'below outside');
    const { Csr } = await admin.GetCertificateAuthorityCsr({ CertificateAuthorityArn: arn });
    const extensions = openssl.file(
      'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n',
    );
    const sign = (...args: string[]) =>
      openssl.openssl(
        'x509',
        '-req',
        '-in',
        openssl.file(Csr),
        '-CA',
        openssl.file(above),
        '-CAkey',
        key,
        '-set_serial',
        '8',
        '-days',
        '900',
        ...args,
      );
    const put = (Certificate: string, CertificateChain = above) =>
      admin.ImportCertificateAuthorityCertificate({
        CertificateAuthorityArn: arn,
        Certificate: Buffer.from(Certificate),
        CertificateChain: Buffer.from(CertificateChain),
      });
    await expect(put(sign())).rejects.toMatchObject(refused('MalformedCertificate'));
    const own = sign('-extfile', extensions);
    await expect(put(own, '')).rejects.toMatchObject(refused('MalformedCertificate', 'chain above'));
    await expect(put(own, await pem(root))).rejects.toMatchObject(refused('MalformedCertificate', 'not issued by'));
    await expect(put(above)).rejects.toMatchObject(refused('CertificateMismatch', 'another key'));
    await put(own);
    const leaf = await issue(admin, arn, {
      Csr: openssl.csr('/CN=a.example', 'DNS:a.example'),
      Validity: { Type: 'DAYS', Value: 30 },
    });
    expect(openssl.verify(leaf.Certificate, own, above, seconds())).toBe('OK');
    const older = await pca.store.read
      .selectFrom('authority')
      .select('authority_id')
      .where('state', '=', 'ACTIVE')
      .execute();
    expect(older.length).toBeGreaterThan(2);
  });

  it.each([
    [Date.UTC(2049, 11, 31, 23, 59, 59), 'Dec 31 23:59:59 2049 GMT', 'UTCTIME'],
    [Date.UTC(2050, 0, 1), 'Jan  1 00:00:00 2050 GMT', 'GENERALIZEDTIME'],
  ])('ends where it should around 2050: %s', async (end, shown, form) => {
    const Validity = { Type: 'ABSOLUTE', Value: end / 1000 } as const;
    const top = await makeRoot(admin, `until ${form}`, {}, { Validity });
    expect(text(await pem(top))).toContain(`Not After : ${shown}`);
    const parsed = openssl.openssl('asn1parse', '-in', openssl.file(await pem(top)));
    expect([...parsed.matchAll(/prim: ([A-Z]+TIME)/g)][1]?.[1]).toBe(form);
  });
});

describe('name constraints', () => {
  let constrained: string;
  const below = (arn: string, name: string) => issue(admin, arn, { Csr: openssl.csr(`/CN=${name}`, `DNS:${name}`) });

  beforeAll(async () => {
    const value = writeNameConstraints({
      permitted: [{ kind: 'dns', value: 'example.com' }],
      excluded: [{ kind: 'dns', value: 'secret.example.com' }],
    });
    const CustomExtensions = [{ ObjectIdentifier: '2.5.29.30', Value: value.toString('base64'), Critical: true }];
    const top = await makeSubordinate(admin, root, 'constrained', {
      TemplateArn: template('SubordinateCACertificate_PathLen1_APIPassthrough'),
      ApiPassthrough: { Extensions: { CustomExtensions } },
    });
    // The one that issues has none of its own.
    constrained = await makeSubordinate(admin, top, 'below constrained');
  });

  it('of an ancestor permit what openssl permits', async () => {
    const leaf = await below(constrained, 'www.example.com');
    expect(openssl.verify(leaf.Certificate, leaf.CertificateChain ?? '', await pem(root), seconds())).toBe('OK');
  });

  it.each(['www.example.org', 'a.secret.example.com'])('of an ancestor refuse %s', async (name) => {
    await expect(below(constrained, name)).rejects.toMatchObject(refused('InvalidArgs', 'lint 30'));
  });
});

describe('what is issued', () => {
  it('takes names and key from the request and nothing else', async () => {
    const args = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=keyCertSign',
      '-addext',
      '1.3.6.1.4.1.99999.1=ASN1:NULL',
    ];
    const Csr = openssl.csr(
      '/O=Shop/CN=WWW.example.com',
      'DNS:WWW.example.com,DNS:api.example.com,DNS:www.example.com',
      { args },
    );
    const shown = text((await issue(admin, issuing, { Csr })).Certificate);
    expect(shown).toContain('DNS:www.example.com, DNS:api.example.com\n');
    expect(shown).toContain('CA:FALSE');
    expect(shown).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/);
    expect(shown).not.toContain('99999');
    const { Dropped, Issuable } = await admin.PreviewCertificate(order(Csr));
    expect(Issuable).toBe(true);
    expect(Dropped.sort()).toEqual(['1.3.6.1.4.1.99999.1', '2.5.29.15', '2.5.29.19']);
  });

  it('refuses an unknown critical extension of a request', async () => {
    const args = ['-addext', '1.3.6.1.4.1.99999.1=critical,ASN1:NULL'];
    const Csr = openssl.csr('/CN=a.example', 'DNS:a.example', { args });
    await expect(issue(admin, issuing, { Csr })).rejects.toMatchObject(refused('InvalidArgs', 'critical extension'));
  });

  it('takes from the API what the template passes through', async () => {
    const Csr = openssl.csr('/CN=ignored', 'DNS:ignored.example');
    const ApiPassthrough = {
      Subject: { CommonName: 'told.example' },
      Extensions: {
        SubjectAlternativeNames: [{ DnsName: 'told.example' }, { IpAddress: '2001:db8::1' }],
        CertificatePolicies: [
          {
            CertPolicyId: '1.3.6.1.4.1.99999.7',
            PolicyQualifiers: [{ PolicyQualifierId: 'CPS' as const, Qualifier: { CpsUri: 'https://example.com/cps' } }],
          },
        ],
      },
    };
    const TemplateArn = template('EndEntityServerAuthCertificate_APIPassthrough');
    const shown = text((await issue(admin, issuing, { Csr, TemplateArn, ApiPassthrough })).Certificate);
    expect(shown).toContain('Subject: CN = told.example');
    expect(shown).toContain('DNS:told.example, IP Address:2001:DB8:0:0:0:0:0:1');
    expect(shown).toContain('CPS: https://example.com/cps');
    await expect(issue(admin, issuing, { Csr, ApiPassthrough })).rejects.toMatchObject(
      refused('InvalidArgs', 'takes nothing'),
    );
  });

  it.each([
    ['the basic constraints', '2.5.29.19', 'MAA='],
    ['a key identifier', '2.5.29.35', 'MAA='],
    ['name constraints of a server', '2.5.29.30', 'MAA='],
    ['no DER', '1.3.6.1.4.1.99999.1', 'AAAA'],
  ])('lets nobody pass through %s', async (_title, ObjectIdentifier, Value) => {
    const ApiPassthrough = { Extensions: { CustomExtensions: [{ ObjectIdentifier, Value }] } };
    const TemplateArn = template('EndEntityServerAuthCertificate_APIPassthrough');
    const Csr = openssl.csr('/CN=a.example', 'DNS:a.example');
    await expect(issue(admin, issuing, { Csr, TemplateArn, ApiPassthrough })).rejects.toMatchObject(
      refused('InvalidArgs'),
    );
  });

  it.each([
    ['CodeSigningCertificate', '/CN=build', undefined, 'Code Signing'],
    ['OCSPSigningCertificate', '/CN=responder', undefined, 'OCSP Signing'],
    ['TimeStampingCertificate', '/CN=stamps', undefined, 'Time Stamping'],
    ['EmailProtectionCertificate', '/CN=Alice', 'email:alice@example.com', 'E-mail Protection'],
    ['WorkloadCertificate', '/O=x', 'URI:spiffe://example.com/shop', 'TLS Web Client Authentication'],
    ['EndEntityClientAuthCertificate', '/CN=Alice Smith', undefined, 'TLS Web Client Authentication'],
  ])('as %s is for its purpose', async (name, subject, names, purpose) => {
    const Csr = openssl.csr(subject, names);
    const Validity = { Type: 'DAYS', Value: 7 } as const;
    const { Certificate, CertificateChain } = await issue(admin, issuing, {
      Csr,
      TemplateArn: template(name),
      Validity,
    });
    expect(text(Certificate)).toContain(purpose);
    expect(openssl.verify(Certificate, CertificateChain ?? '', await pem(root), seconds())).toBe('OK');
  });

  it('refuses the key of an authority, and one that is blocked', async () => {
    const { Csr: own } = await admin.GetCertificateAuthorityCsr({ CertificateAuthorityArn: issuing });
    await expect(
      issue(admin, issuing, { Csr: Buffer.from(own), TemplateArn: template('EndEntityClientAuthCertificate') }),
    ).rejects.toMatchObject(refused('InvalidArgs', 'lint 14'));
    const key = openssl.key();
    const Csr = openssl.csr('/CN=a.example', 'DNS:a.example', { key });
    const out = join(openssl.folder, 'spki');
    openssl.openssl('pkey', '-in', openssl.file(key), '-pubout', '-outform', 'DER', '-out', out);
    const KeyHash = openssl.openssl('dgst', '-sha256', '-r', out).slice(0, 64);
    expect(readFileSync(out).length).toBe(91);
    await issue(admin, issuing, { Csr });
    await admin.BlockKey({ KeyHash, Reason: 'leaked' });
    await expect(issue(admin, issuing, { Csr })).rejects.toMatchObject(refused('InvalidArgs', 'blocked'));
    expect((await admin.ListBlockedKeys({})).BlockedKeys).toMatchObject([{ KeyHash, Reason: 'leaked' }]);
    await admin.UnblockKey({ KeyHash });
    await issue(admin, issuing, { Csr });
  });
});

describe('policies on what would be issued', () => {
  const Csr = openssl.csr('/CN=www.example.com', 'DNS:www.example.com,DNS:*.shop.example.com');
  const who = (name: string, Condition: object) =>
    pca.user(name, JSON.parse(document({ Effect: 'Allow', Action: 'acm-pca:*', Resource: '*', Condition })));

  it.each<[string, object, boolean]>([
    ['names under a domain', { 'ForAllValues:StringLike': { 'acm-pca:SanDns': '*.example.com' } }, true],
    ['names under another', { 'ForAllValues:StringLike': { 'acm-pca:SanDns': '*.example.org' } }, false],
    ['no wildcards', { Bool: { 'acm-pca:HasWildcard': 'false' } }, false],
    ['at most 90 days', { NumericLessThanEquals: { 'acm-pca:ValidityDays': '90' } }, true],
    ['at most 89 days', { NumericLessThanEquals: { 'acm-pca:ValidityDays': '89' } }, false],
    [
      'elliptic curves',
      { StringEquals: { 'acm-pca:KeyType': 'EC' }, NumericEquals: { 'acm-pca:KeyBits': '256' } },
      true,
    ],
    ['RSA', { StringEquals: { 'acm-pca:KeyType': 'RSA' } }, false],
    ['no authorities', { Bool: { 'acm-pca:IsCA': 'false' } }, true],
    ['the default template', { ArnEquals: { 'acm-pca:TemplateArn': template('EndEntityCertificate') } }, true],
    ['servers alone', { 'ForAllValues:StringEquals': { 'acm-pca:ExtendedKeyUsage': ['SERVER_AUTH'] } }, false],
  ])('that permit %s', async (title, condition, isAllowed) => {
    const user = who(title, condition);
    const asked = user.IssueCertificate(order(Csr));
    if (isAllowed) expect((await asked).CertificateArn).toContain('/certificate/');
    else await expect(asked).rejects.toMatchObject(refused('AccessDenied'));
  });

  it('are told by a preview, which takes no number', async () => {
    const before = await pca.store.read.selectFrom('certificate').selectAll().execute();
    const statement = [
      { Effect: 'Allow', Action: 'acm-pca:*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: 'acm-pca:IssueCertificate',
        Resource: '*',
        Condition: { Bool: { 'acm-pca:HasWildcard': 'true' } },
      },
    ];
    const user = pca.user('previewer', JSON.parse(document(...statement)));
    expect(await user.PreviewCertificate(order(Csr))).toMatchObject({
      Allowed: false,
      Issuable: true,
      Names: ['dns:www.example.com', 'dns:*.shop.example.com'],
      ExtendedKeyUsage: ['SERVER_AUTH', 'CLIENT_AUTH'],
    });
    const bad = await user.PreviewCertificate({ ...order(Csr), Validity: { Type: 'DAYS', Value: 500 } });
    expect(bad.Issuable).toBe(false);
    expect(bad.Findings).toContainEqual({
      Lint: 7,
      Name: 'validity-length',
      Level: 'error',
      Message: 'the validity is longer than 398 days',
    });
    expect(await pca.store.read.selectFrom('certificate').selectAll().execute()).toHaveLength(before.length);
  });
});

describe('the pipeline', () => {
  const Csr = openssl.csr('/CN=www.example.com', 'DNS:www.example.com');
  const rows = (state: string) =>
    pca.store.read
      .selectFrom('certificate')
      .selectAll()
      .where('state', '=', state as never)
      .execute();

  it('remembers a token for five minutes', async () => {
    const asked = { ...order(Csr), IdempotencyToken: 'once' };
    const first = await admin.IssueCertificate(asked);
    expect(await admin.IssueCertificate(asked)).toEqual(first);
    await expect(admin.IssueCertificate({ ...asked, Validity: { Type: 'DAYS', Value: 5 } })).rejects.toMatchObject(
      refused('InvalidArgs', 'token'),
    );
    pca.kms.advance(300_001);
    expect(await admin.IssueCertificate(asked)).not.toEqual(first);
  });

  it('answers twins of one token with one certificate', async () => {
    const asked = { ...order(Csr), IdempotencyToken: 'twins' };
    const [a, b] = await Promise.all([admin.IssueCertificate(asked), admin.IssueCertificate(asked)]);
    expect(a).toEqual(b);
    // The number of the slower one was taken; it is never used.
    const open = await rows('reserved');
    expect(open.length).toBeLessThanOrEqual(1);
  });

  it('keeps what was not signed as failed, and tells whoever asks', async () => {
    const sign = pca.kms.hsm.signWith;
    pca.deps.hsm.signWith = async () => Buffer.alloc(70);
    await expect(admin.IssueCertificate(order(Csr))).rejects.toMatchObject(refused('Internal'));
    pca.deps.hsm.signWith = sign;
    const [failed] = await rows('failed');
    const CertificateArn = `${issuing}/certificate/${failed!.serial}`;
    await expect(admin.GetCertificate({ CertificateAuthorityArn: issuing, CertificateArn })).rejects.toMatchObject(
      refused('RequestFailed'),
    );
  });

  it('stores nothing as issued when the authority was disabled meanwhile', async () => {
    const own = await makeSubordinate(admin, root, 'disabled meanwhile');
    const sign = pca.kms.hsm.signWith;
    pca.deps.hsm.signWith = async (...args) => {
      pca.deps.hsm.signWith = sign;
      await admin.UpdateCertificateAuthority({ CertificateAuthorityArn: own, Status: 'DISABLED' });
      return sign.apply(pca.kms.hsm, args);
    };
    await expect(admin.IssueCertificate(order(Csr, own))).rejects.toMatchObject(refused('InvalidState'));
    const issued = (await rows('issued')).filter((row) => own.endsWith(row.authority_id));
    expect(issued).toEqual([]);
  });

  it('writes one record for one certificate, with both in it', async () => {
    const { CertificateArn } = await admin.IssueCertificate(order(Csr));
    const record = (await pca.records()).at(-1)!;
    expect(record).toMatchObject({ eventName: 'IssueCertificate', responseElements: { CertificateArn } });
    expect(record.resources?.map(({ ARN }) => ARN)).toEqual([issuing, CertificateArn]);
  });

  it('refuses rows that somebody changed', async () => {
    const { CertificateArn } = await admin.IssueCertificate(order(Csr));
    const serial = CertificateArn.split('/').at(-1)!;
    await pca.tamper((db) =>
      db.updateTable('certificate').set({ state: 'failed' }).where('serial', '=', serial).execute(),
    );
    await expect(admin.GetCertificate({ CertificateAuthorityArn: issuing, CertificateArn })).rejects.toMatchObject(
      refused('Internal'),
    );
  });

  it('knows nothing of the authorities of others', async () => {
    const stranger = pca.user('stranger', undefined, OTHER_ACCOUNT);
    await expect(stranger.DescribeCertificateAuthority({ CertificateAuthorityArn: issuing })).rejects.toMatchObject(
      refused('AccessDenied'),
    );
    await expect(stranger.IssueCertificate(order(Csr))).rejects.toMatchObject(refused('AccessDenied'));
    expect((await stranger.ListCertificateAuthorities({})).CertificateAuthorities).toEqual([]);
  });
});
