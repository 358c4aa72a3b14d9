/** The life of an authority: states, deletion, tags, projects, lists, what the detective engine sees. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreApplied } from '../../../platform/store/tables/restores.ts';
import { destroyAuthorities } from '../jobs/destroy-authorities.ts';
import { endReservations } from '../jobs/end-reservations.ts';
import { OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../testing/harness.ts';
import {
  createAuthority,
  issue,
  makeRoot,
  makeSubordinate,
  refused,
  template,
  Workplace,
} from '../testing/hierarchy.ts';

const DAY = 86_400_000;
let pca: PcaHarness;
let admin: PcaClient;
const openssl = new Workplace();

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

const about = (CertificateAuthorityArn: string) => ({ CertificateAuthorityArn });
const describeIt = async (arn: string) => (await admin.DescribeCertificateAuthority(about(arn))).CertificateAuthority;

describe('making an authority', () => {
  it('answers what was asked for', async () => {
    const arn = await createAuthority(admin, 'ROOT', 'asked', {
      Tags: [{ Key: 'app', Value: 'shop' }, { Key: 'bare' }],
    });
    expect(await describeIt(arn)).toMatchObject({
      Type: 'ROOT',
      Status: 'PENDING_CERTIFICATE',
      UsageMode: 'GENERAL_PURPOSE',
      CertificateAuthorityConfiguration: { KeyAlgorithm: 'EC_prime256v1', Subject: { CommonName: 'asked' } },
    });
    expect((await admin.ListTags(about(arn))).Tags).toEqual([
      { Key: 'app', Value: 'shop' },
      { Key: 'bare', Value: '' },
    ]);
    const { Csr } = await admin.GetCertificateAuthorityCsr(about(arn));
    expect(openssl.openssl('req', '-in', openssl.file(Csr), '-noout', '-verify', '-subject')).toContain(
      'O = Example, CN = asked',
    );
  });

  it.each([
    ['ML-DSA', { KeyAlgorithm: 'ML_DSA_44', SigningAlgorithm: 'ML_DSA_44' }],
    ['RSA by ECDSA', { KeyAlgorithm: 'RSA_2048', SigningAlgorithm: 'SHA256WITHECDSA' }],
    ['P-256 by RSA-PSS', { SigningAlgorithm: 'SHA256WITHRSA_PSS' }],
    ['P-521 with SHA-384', { KeyAlgorithm: 'EC_secp521r1', SigningAlgorithm: 'SHA384WITHECDSA' }],
    ['P-384 with SHA-256', { KeyAlgorithm: 'EC_secp384r1', SigningAlgorithm: 'SHA256WITHECDSA' }],
    ['SM2', { KeyAlgorithm: 'SM2', SigningAlgorithm: 'SM3WITHSM2' }],
    ['an empty subject', { Subject: {} }],
    ['a country in small letters', { Subject: { Country: 'de' } }],
    [
      'two kinds of subject',
      { Subject: { CommonName: 'a', CustomAttributes: [{ ObjectIdentifier: '2.5.4.3', Value: 'b' }] } },
    ],
  ] as const)('refuses %s', async (_title, configuration) => {
    await expect(createAuthority(admin, 'ROOT', 'refused', {}, configuration as never)).rejects.toMatchObject(
      refused('InvalidArgs'),
    );
  });

  it('is done once for a token', async () => {
    const first = await createAuthority(admin, 'ROOT', 'once', { IdempotencyToken: 'a' });
    expect(await createAuthority(admin, 'ROOT', 'once', { IdempotencyToken: 'a' })).toBe(first);
    expect(await createAuthority(admin, 'ROOT', 'once', { IdempotencyToken: 'b' })).not.toBe(first);
  });

  it('keeps no private key in the clear', async () => {
    const row = await pca.store.read.selectFrom('authority').selectAll().executeTakeFirstOrThrow();
    // The PKCS #8 of a private key holds its point; RFC 5649 leaves nothing of it to be seen.
    expect(row.wrapped.length % 8).toBe(0);
    expect(row.wrapped.includes(row.public_key.subarray(-64))).toBe(false);
  });
});

describe('the states of an authority', () => {
  it('go round', async () => {
    const arn = await makeRoot(admin, 'states');
    const Csr = openssl.csr('/CN=a.example', 'DNS:a.example');
    const set = (Status: 'ACTIVE' | 'DISABLED' | 'EXPIRED') =>
      admin.UpdateCertificateAuthority({ ...about(arn), Status });
    await issue(admin, arn, { Csr });
    await expect(admin.DeleteCertificateAuthority(about(arn))).rejects.toMatchObject(refused('InvalidState', 'ACTIVE'));
    await expect(set('EXPIRED')).rejects.toMatchObject(refused('InvalidArgs'));
    await set('DISABLED');
    await expect(issue(admin, arn, { Csr })).rejects.toMatchObject(refused('InvalidState', 'DISABLED'));
    await admin.DeleteCertificateAuthority({ ...about(arn), PermanentDeletionTimeInDays: 7 });
    expect(await describeIt(arn)).toMatchObject({ Status: 'DELETED', RestorableUntil: pca.kms.now + 7 * DAY });
    await expect(set('ACTIVE')).rejects.toMatchObject(refused('InvalidState', 'DELETED'));
    await expect(admin.GetCertificateAuthorityCertificate(about(arn))).rejects.toMatchObject(refused('InvalidState'));
    await admin.RestoreCertificateAuthority(about(arn));
    expect(await describeIt(arn)).toMatchObject({ Status: 'DISABLED' });
    await expect(admin.RestoreCertificateAuthority(about(arn))).rejects.toMatchObject(refused('InvalidState'));
    await set('ACTIVE');
    await issue(admin, arn, { Csr });
  });

  it('end with the certificate, and begin again with the next', async () => {
    const order = { Validity: { Type: 'DAYS', Value: 2 } } as const;
    const arn = await makeRoot(admin, 'short', {}, order);
    pca.kms.advance(3 * DAY);
    expect(await describeIt(arn)).toMatchObject({ Status: 'EXPIRED' });
    const Csr = openssl.csr('/CN=a.example', 'DNS:a.example');
    await expect(issue(admin, arn, { Csr })).rejects.toMatchObject(refused('InvalidState', 'EXPIRED'));
    const { Csr: own } = await admin.GetCertificateAuthorityCsr(about(arn));
    const again = await issue(admin, arn, {
      Csr: Buffer.from(own),
      TemplateArn: template('RootCACertificate'),
      ...order,
    });
    await admin.ImportCertificateAuthorityCertificate({ ...about(arn), Certificate: Buffer.from(again.Certificate) });
    expect(await describeIt(arn)).toMatchObject({ Status: 'ACTIVE' });
  });

  it('end for good when the time of a deletion is over', async () => {
    const arn = await createAuthority(admin, 'ROOT', 'destroyed');
    await admin.DeleteCertificateAuthority({ ...about(arn), PermanentDeletionTimeInDays: 7 });
    pca.kms.advance(7 * DAY - 1);
    await destroyAuthorities.run(pca.deps);
    expect(await describeIt(arn)).toMatchObject({ Status: 'DELETED' });
    pca.kms.advance(1);
    await destroyAuthorities.run(pca.deps);
    await expect(describeIt(arn)).rejects.toMatchObject(refused('NotFound'));
    const id = arn.split('/').at(-1)!;
    const row = await pca.store.read
      .selectFrom('authority')
      .selectAll()
      .where('authority_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ state: 'DESTROYED', wrapped: Buffer.alloc(0) });
    expect(await pca.records()).toContainEqual(expect.objectContaining({ eventName: 'DestroyCertificateAuthority' }));
  });

  it('cannot be brought about by writing to the database', async () => {
    const arn = await createAuthority(admin, 'ROOT', 'forged');
    const id = arn.split('/').at(-1)!;
    const write = (state: string, restorable_until: number | null) =>
      pca.tamper((db) =>
        db
          .updateTable('authority')
          .set({ state: state as never, restorable_until })
          .where('authority_id', '=', id)
          .execute(),
      );
    await write('DELETED', 1);
    await destroyAuthorities.run(pca.deps);
    await expect(describeIt(arn)).rejects.toMatchObject(refused('Internal'));
    await write('PENDING_CERTIFICATE', null);
    expect(await describeIt(arn)).toMatchObject({ Status: 'PENDING_CERTIFICATE' });
  });
});

describe('the certificate of an authority', () => {
  it('must be its own, and one of an authority', async () => {
    const top = await makeRoot(admin, 'top');
    const arn = await createAuthority(admin, 'SUBORDINATE', 'own');
    const put = (Certificate: string, CertificateChain?: string) =>
      admin.ImportCertificateAuthorityCertificate({
        ...about(arn),
        Certificate: Buffer.from(Certificate),
        ...(CertificateChain !== undefined && { CertificateChain: Buffer.from(CertificateChain) }),
      });
    const { Csr } = await admin.GetCertificateAuthorityCsr(about(arn));
    const { Certificate: topPem } = await admin.GetCertificateAuthorityCertificate(about(top));
    const own = await issue(admin, top, {
      Csr: Buffer.from(Csr),
      TemplateArn: template('SubordinateCACertificate_PathLen0'),
    });
    await expect(put(topPem)).rejects.toMatchObject(refused('CertificateMismatch'));
    await expect(put('nonsense')).rejects.toMatchObject(refused('MalformedCertificate'));
    await expect(put(own.Certificate)).rejects.toMatchObject(refused('MalformedCertificate', 'chain'));
    const other = await makeRoot(admin, 'top');
    const { Certificate: otherPem } = await admin.GetCertificateAuthorityCertificate(about(other));
    await expect(put(own.Certificate, otherPem)).rejects.toMatchObject(
      refused('MalformedCertificate', 'does not verify'),
    );
    await put(own.Certificate, own.CertificateChain);
    expect(await describeIt(arn)).toMatchObject({ Status: 'ACTIVE' });
  });

  it('is issued by a root for itself alone', async () => {
    const top = await makeRoot(admin, 'alone');
    const arn = await createAuthority(admin, 'ROOT', 'other root');
    const { Csr } = await admin.GetCertificateAuthorityCsr(about(arn));
    const order = { Csr: Buffer.from(Csr), TemplateArn: template('RootCACertificate') };
    await expect(issue(admin, top, order)).rejects.toMatchObject(refused('InvalidArgs', 'own key only'));
    const below = await makeSubordinate(admin, top, 'below alone');
    await expect(issue(admin, below, order)).rejects.toMatchObject(refused('InvalidArgs', 'own key only'));
  });
});

describe('tags, lists and projects', () => {
  it('keeps tags apart and within bounds', async () => {
    const arn = await createAuthority(admin, 'ROOT', 'tags');
    const tag = (...Tags: { Key: string; Value?: string }[]) => admin.TagCertificateAuthority({ ...about(arn), Tags });
    await tag({ Key: 'app', Value: 'shop' }, { Key: 'team', Value: 'web' });
    await expect(tag({ Key: 'APP', Value: 'x' })).rejects.toMatchObject(refused('InvalidTags'));
    await expect(tag({ Key: 'aws:x', Value: 'x' })).rejects.toMatchObject(refused('InvalidTags'));
    await expect(tag(...Array.from({ length: 49 }, (_, i) => ({ Key: `k${i}` })))).rejects.toMatchObject(
      refused('TooManyTags'),
    );
    await admin.UntagCertificateAuthority({ ...about(arn), Tags: [{ Key: 'app', Value: 'other' }, { Key: 'team' }] });
    expect((await admin.ListTags(about(arn))).Tags).toEqual([{ Key: 'app', Value: 'shop' }]);
  });

  it('lists page by page', async () => {
    const all = (await admin.ListCertificateAuthorities({})).CertificateAuthorities.map(({ Arn }) => Arn);
    const paged: string[] = [];
    for (let NextToken: string | undefined; ; ) {
      const page = await admin.ListCertificateAuthorities({
        MaxResults: 3,
        ...(NextToken !== undefined && { NextToken }),
      });
      paged.push(...page.CertificateAuthorities.map(({ Arn }) => Arn));
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThan(3);
    await expect(admin.ListCertificateAuthorities({ NextToken: 'x' })).rejects.toMatchObject(
      refused('InvalidNextToken'),
    );
  });

  it('moves between projects of the account', async () => {
    const project = pca.kms.project('5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d');
    const closed = pca.kms.project('6f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d', { Enabled: false });
    const arn = await createAuthority(admin, 'ROOT', 'moved', { EnterpriseProjectId: project });
    expect(await describeIt(arn)).toMatchObject({ EnterpriseProjectId: project });
    await expect(createAuthority(admin, 'ROOT', 'x', { EnterpriseProjectId: closed })).rejects.toMatchObject(
      refused('EnterpriseProjectDisabled'),
    );
    const inside = { AccountId: '111122223333', EnterpriseProjectId: project, Limit: 10 };
    expect((await pca.internal().ListResourcesInProject(inside)).Resources).toMatchObject([
      { ResourceArn: arn, ResourceType: 'acm-pca:certificate-authority' },
    ]);
    const preview = await admin.PreviewMoveResource({ ResourceArn: arn, EnterpriseProjectId: '0' });
    expect(preview).toMatchObject({ FromEnterpriseProjectId: project, Gains: [], Loses: [] });
    await admin.MoveResource({ ResourceArn: arn, EnterpriseProjectId: '0' });
    const facts = { AccountId: '111122223333', ResourceArns: [arn, `${arn}/certificate/0a`] };
    expect(
      (await pca.internal().DescribeResourceFacts(facts)).Resources.map(
        ({ EnterpriseProjectId }) => EnterpriseProjectId,
      ),
    ).toEqual(['0', '0']);
    const elsewhere = { ...facts, AccountId: OTHER_ACCOUNT };
    expect(await pca.internal().DescribeResourceFacts(elsewhere)).toEqual({ Resources: [], Unknown: [] });
  });

  it('is seen by the detective engine', async () => {
    const arn = await makeRoot(admin, 'seen');
    const { Items } = await pca
      .internal()
      .DescribeConfigurations({ Resources: [arn, 'arn:aws:kms:local-1:111122223333:key/x'] });
    expect(Items).toMatchObject([{ Arn: arn, Type: 'acm-pca:certificate-authority', Deleted: false }]);
    expect(JSON.parse(Items[0]!.Configuration)).toMatchObject({
      caType: 'ROOT',
      state: 'ACTIVE',
      levels: 1,
      crlEnabled: false,
    });
    const walked: string[] = [];
    for (let After: string | undefined; ; ) {
      const page = await pca.internal().ListConfigurations({ Limit: 4, ...(After !== undefined && { After }) });
      walked.push(...page.Items.map((item) => item.Arn));
      After = page.Next;
      if (After === undefined) break;
    }
    expect(walked).toContain(arn);
  });
});

describe('reservations', () => {
  it('of a process that ended are ended, and no others', async () => {
    const arn = await makeRoot(admin, 'reservations');
    const Csr = openssl.csr('/CN=a.example', 'DNS:a.example');
    const sign = pca.deps.hsm.signWith;
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    pca.deps.hsm.signWith = async (...args) => {
      await held;
      return sign.apply(pca.kms.hsm, args);
    };
    const asked = issue(admin, arn, { Csr }).catch((error: unknown) => error);
    const open = () =>
      pca.store.read.selectFrom('certificate').select('serial').where('state', '=', 'reserved').execute();
    await expect.poll(open).toHaveLength(1);
    await endReservations.run(pca.deps);
    expect(await open()).toHaveLength(1);
    pca.kms.advance(11 * 60_000);
    await endReservations.run(pca.deps);
    expect(await open()).toEqual([]);
    release();
    pca.deps.hsm.signWith = sign;
    expect(await asked).toMatchObject({ code: 'Unavailable' });
    expect(
      await pca.store.read.selectFrom('certificate').select('state').where('state', '=', 'failed').execute(),
    ).toHaveLength(1);
  });
});

// The last one: what is restored is this whole installation.
describe('after a restore', () => {
  it('authorities wait anew, because that somebody took their deletion back is not known any more', async () => {
    const arn = await createAuthority(admin, 'ROOT', 'restored');
    await admin.DeleteCertificateAuthority({ ...about(arn), PermanentDeletionTimeInDays: 7 });
    pca.kms.advance(30 * DAY);
    await pca.store.transaction((tx) => restoreApplied(tx, 'a restore', pca.kms.now));
    pca.kms.advance(7 * DAY - 1);
    await destroyAuthorities.run(pca.deps);
    expect(await describeIt(arn)).toMatchObject({ Status: 'DELETED' });
    pca.kms.advance(1);
    await destroyAuthorities.run(pca.deps);
    await expect(describeIt(arn)).rejects.toMatchObject(refused('NotFound'));
  });
});
