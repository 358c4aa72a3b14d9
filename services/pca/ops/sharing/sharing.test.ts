/** Authorities that others use: by policies, across accounts, and what is permitted to AWS's certificate manager. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { document, OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { issue, makeRoot, makeSubordinate, refused, template, Workplace } from '../../testing/hierarchy.ts';

const openssl = new Workplace();
let pca: PcaHarness;
let admin: PcaClient;
let ResourceArn: string;
let Csr: Buffer;

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  ResourceArn = await makeSubordinate(admin, await makeRoot(admin));
  Csr = openssl.csr('/CN=www.example.com', 'DNS:www.example.com');
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});
beforeEach(async () => {
  await admin.DeletePolicy({ ResourceArn });
});

const everything = JSON.parse(document({ Effect: 'Allow', Action: '*', Resource: '*' }));
const abroad = (name = 'guest', policy = everything) => pca.user(name, policy, OTHER_ACCOUNT);
const allow = (Action: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` },
  Action,
  Resource: '*',
  ...more,
});
const put = (...statements: object[]) => admin.PutPolicy({ ResourceArn, Policy: document(...statements) });
const denied = { code: 'AccessDenied' };

describe('the policy of an authority', () => {
  it('lets another account issue, and nothing else', async () => {
    const guest = abroad();
    await expect(issue(guest, ResourceArn, { Csr })).rejects.toMatchObject(denied);
    await put(allow(['acm-pca:IssueCertificate', 'acm-pca:GetCertificate']));
    const { Certificate, CertificateChain } = await issue(guest, ResourceArn, { Csr });
    expect(Certificate).toContain('BEGIN CERTIFICATE');
    expect(CertificateChain?.match(/BEGIN/g)).toHaveLength(2);
    await expect(guest.DescribeCertificateAuthority({ CertificateAuthorityArn: ResourceArn })).rejects.toMatchObject(
      denied,
    );
    await expect(guest.DeleteCertificateAuthority({ CertificateAuthorityArn: ResourceArn })).rejects.toMatchObject(
      denied,
    );
  });

  it('is not enough without the policies of those it lets in', async () => {
    await put(allow('acm-pca:*'));
    const none = JSON.parse(document({ Effect: 'Deny', Action: 'acm-pca:Get*', Resource: '*' }));
    await expect(issue(abroad('poor', none), ResourceArn, { Csr })).rejects.toMatchObject(denied);
  });

  it('confines what others get by the certificate it would be', async () => {
    const Condition = { StringEquals: { 'acm-pca:TemplateArn': template('EndEntityServerAuthCertificate') } };
    await put(allow('acm-pca:IssueCertificate', { Condition }), allow('acm-pca:GetCertificate'));
    const guest = abroad();
    await expect(issue(guest, ResourceArn, { Csr })).rejects.toMatchObject(denied);
    const TemplateArn = template('EndEntityServerAuthCertificate');
    expect((await issue(guest, ResourceArn, { Csr, TemplateArn })).Certificate).toContain('BEGIN');
  });

  it('lets in whom identity policies do not, and keeps out whom they let in', async () => {
    const nobody = pca.user('nobody', JSON.parse(document({ Effect: 'Deny', Action: 's3:*', Resource: '*' })));
    const Principal = { AWS: 'arn:aws:iam::111122223333:user/nobody' };
    await put({ ...allow('acm-pca:DescribeCertificateAuthority'), Principal });
    const CertificateAuthorityArn = ResourceArn;
    expect(await nobody.DescribeCertificateAuthority({ CertificateAuthorityArn })).toBeDefined();
    await put({ Effect: 'Deny', Principal: '*', Action: 'acm-pca:DescribeCertificateAuthority', Resource: '*' });
    await expect(admin.DescribeCertificateAuthority({ CertificateAuthorityArn })).rejects.toMatchObject(denied);
  });

  it('is shown as it was put, and gone when it was deleted', async () => {
    await expect(admin.GetPolicy({ ResourceArn })).rejects.toMatchObject(refused('NotFound', 'has no policy'));
    const Policy = document(allow('acm-pca:GetCertificate'));
    await admin.PutPolicy({ ResourceArn, Policy });
    expect(await admin.GetPolicy({ ResourceArn })).toEqual({ Policy });
    await admin.DeletePolicy({ ResourceArn });
    await expect(admin.GetPolicy({ ResourceArn })).rejects.toMatchObject(refused('NotFound'));
    await expect(issue(abroad(), ResourceArn, { Csr })).rejects.toMatchObject(denied);
  });

  it.each([
    ['what is no policy', 'InvalidPolicy', '{"Version":"2012-10-17"}'],
    [
      'principals that do not exist',
      'InvalidPolicy',
      document(allow('acm-pca:*', { Principal: { AWS: 'arn:aws:iam::111122223333:user/none' } })),
    ],
    [
      'one that locks its author out',
      'LockoutPrevented',
      document({ Effect: 'Deny', Principal: '*', Action: 'acm-pca:Put*', Resource: '*' }),
    ],
  ])('is refused: %s', async (_what, code, Policy) => {
    await expect(admin.PutPolicy({ ResourceArn, Policy })).rejects.toMatchObject({ code });
    await expect(admin.GetPolicy({ ResourceArn })).rejects.toMatchObject(refused('NotFound'));
  });

  it('cannot be deleted by those who could not put it back', async () => {
    const keeper = abroad('keeper');
    await put(allow(['acm-pca:DeletePolicy', 'acm-pca:PutPolicy']));
    await expect(keeper.DeletePolicy({ ResourceArn })).rejects.toMatchObject(refused('LockoutPrevented'));
  });

  it('that somebody changed in the database lets nobody in', async () => {
    await put(allow('acm-pca:GetCertificate'));
    const authority_id = ResourceArn.split('/').at(-1)!;
    const set = (policy: string) =>
      pca.tamper((db) =>
        db.updateTable('authority').set({ policy }).where('authority_id', '=', authority_id).execute(),
      );
    const { Policy } = await admin.GetPolicy({ ResourceArn });
    await set(document(allow('acm-pca:*')));
    await expect(issue(abroad(), ResourceArn, { Csr })).rejects.toMatchObject(denied);
    await expect(admin.GetPolicy({ ResourceArn })).rejects.toMatchObject({ code: 'Internal' });
    await set(Policy);
  });
});

describe('permissions', () => {
  const of = () => ({ CertificateAuthorityArn: ResourceArn, Principal: 'acm.amazonaws.com' });

  it('are made once for each account, listed over pages and taken back', async () => {
    await admin.CreatePermission({ ...of(), Actions: ['IssueCertificate', 'GetCertificate', 'IssueCertificate'] });
    await admin.CreatePermission({ ...of(), SourceAccount: OTHER_ACCOUNT, Actions: ['ListPermissions'] });
    await expect(admin.CreatePermission({ ...of(), Actions: ['GetCertificate'] })).rejects.toMatchObject(
      refused('PermissionAlreadyExists'),
    );
    const first = await admin.ListPermissions({ CertificateAuthorityArn: ResourceArn, MaxResults: 1 });
    const second = await admin.ListPermissions({ CertificateAuthorityArn: ResourceArn, NextToken: first.NextToken });
    expect([...first.Permissions, ...second.Permissions]).toMatchObject([
      { SourceAccount: '111122223333', Actions: ['GetCertificate', 'IssueCertificate'] },
      { SourceAccount: OTHER_ACCOUNT, Actions: ['ListPermissions'] },
    ]);
    await admin.DeletePermission({ ...of(), SourceAccount: OTHER_ACCOUNT });
    await admin.DeletePermission(of());
    await expect(admin.DeletePermission(of())).rejects.toMatchObject(refused('NotFound'));
  });

  it('are for no other principal', async () => {
    const other = { ...of(), Principal: 'ec2.amazonaws.com' };
    await expect(admin.CreatePermission({ ...other, Actions: ['GetCertificate'] })).rejects.toMatchObject(
      refused('RequestFailed', 'acm.amazonaws.com only'),
    );
    await expect(admin.DeletePermission(other)).rejects.toMatchObject(refused('RequestFailed'));
  });
});
