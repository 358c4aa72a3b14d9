/** ACME directories of an authority that is shared with another account, and who lets clients act for whom. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AcmeClient } from '../../testing/acme-client.ts';
import { document, OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, refused, Workplace } from '../../testing/hierarchy.ts';

const openssl = new Workplace();
let pca: PcaHarness;
let admin: PcaClient;
let guest: PcaClient;
let CertificateAuthorityArn: string;

const policy = (...statements: object[]): object => JSON.parse(document(...statements));
const everything = policy({ Effect: 'Allow', Action: '*', Resource: '*' });
const share = (...Action: string[]) =>
  admin.PutPolicy({
    ResourceArn: CertificateAuthorityArn,
    Policy: document({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` },
      Action,
      Resource: '*',
    }),
  });
const rules = { Zones: ['example.com'], PreapprovedZones: ['example.com'] };
const make = (by: PcaClient, more: object = {}) =>
  by.CreateAcmeDirectory({ CertificateAuthorityArn, ...rules, ...more });

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  guest = pca.user('guest', everything, OTHER_ACCOUNT);
  CertificateAuthorityArn = await makeRoot(admin);
});
beforeEach(() => admin.DeletePolicy({ ResourceArn: CertificateAuthorityArn }));
afterAll(async () => {
  openssl.close();
  await pca.close();
});

describe('an authority that is shared with another account', () => {
  const id = '01890000-0000-7000-8000-000000000000';
  let DirectoryId = '';
  const ofDirectory = (more: object = {}) => ({ CertificateAuthorityArn, DirectoryId, ...more });
  const inputs = {
    CreateAcmeDirectory: () => ({ CertificateAuthorityArn, ...rules }),
    ListAcmeDirectories: () => ({ CertificateAuthorityArn }),
    DescribeAcmeDirectory: () => ofDirectory(),
    UpdateAcmeDirectory: () => ofDirectory({ ValidityDays: 7 }),
    CreateAcmeExternalAccountKey: () => ofDirectory(),
    ListAcmeExternalAccountKeys: () => ofDirectory(),
    RevokeAcmeExternalAccountKey: () => ofDirectory({ ExternalAccountKeyId: id }),
    ListAcmeAccounts: () => ofDirectory(),
    DescribeAcmeAccount: () => ofDirectory({ AcmeAccountId: id }),
    DeactivateAcmeAccount: () => ofDirectory({ AcmeAccountId: id }),
    ListAcmeOrders: () => ofDirectory(),
    DeleteAcmeDirectory: () => ofDirectory(),
  };
  const ofAcme = Object.keys(inputs) as (keyof typeof inputs)[];

  it('has nothing of ACME for it unless its policy says so, operation by operation', async () => {
    DirectoryId = (await make(admin)).Directory.DirectoryId;
    const answers = async () => {
      const codes: Record<string, string> = {};
      for (const name of ofAcme) {
        const call = guest[name] as (input: object) => Promise<unknown>;
        codes[name] = await call(inputs[name]()).then(
          () => 'done',
          (error: { code: string }) => error.code,
        );
      }
      return codes;
    };
    const denied = Object.fromEntries(ofAcme.map((name) => [name, 'AccessDenied']));
    expect(await answers()).toEqual(denied);
    await share('acm-pca:IssueCertificate', 'acm-pca:GetCertificate', 'acm-pca:RevokeCertificate');
    expect(await answers()).toEqual(denied);
    for (const name of ofAcme) {
      await share(`acm-pca:${name}`);
      const { [name]: own, ...others } = await answers();
      // Nothing there of that id, or nobody whom the guest could bind clients to.
      expect(['done', 'NotFound', 'InvalidArgs'], name).toContain(own);
      const { [name]: _, ...closed } = denied;
      expect(others).toEqual(closed);
    }
  });

  it('keeps directories that the other account makes as its own, with a record of who made them', async () => {
    await share('acm-pca:CreateAcmeDirectory');
    const { Directory } = await make(guest, { Name: 'theirs' });
    expect(Directory.Arn.startsWith(`${CertificateAuthorityArn}/`)).toBe(true);
    const { Directories } = await admin.ListAcmeDirectories({ CertificateAuthorityArn });
    expect(Directories.map(({ Name }) => Name)).toContain('theirs');
    const record = (await pca.records()).filter(({ eventName }) => eventName === 'CreateAcmeDirectory').at(-1);
    expect(record).toMatchObject({ userIdentity: { accountId: OTHER_ACCOUNT } });
    await expect(
      guest.DeleteAcmeDirectory({ CertificateAuthorityArn, DirectoryId: Directory.DirectoryId }),
    ).rejects.toMatchObject(refused('AccessDenied'));
  });

  it('binds clients to nobody but principals of its own account, and to them only by who may there', async () => {
    await share('acm-pca:*');
    const about = { CertificateAuthorityArn, DirectoryId: (await make(admin)).Directory.DirectoryId };
    const own = pca.kms.call('guest', everything, OTHER_ACCOUNT).caller.arn;
    const theirs = pca.kms.call('admin').caller.arn;
    const bind = (by: PcaClient, more: object) => by.CreateAcmeExternalAccountKey({ ...about, ...more });
    await expect(bind(guest, {})).rejects.toMatchObject(refused('InvalidArgs', 'no user or role of the account'));
    await expect(bind(guest, { PrincipalArn: own })).rejects.toMatchObject(refused('InvalidArgs'));
    await expect(bind(guest, { PrincipalArn: theirs })).rejects.toMatchObject(refused('AccessDenied'));
    await expect(bind(admin, { PrincipalArn: own })).rejects.toMatchObject({
      code: expect.stringMatching(/Denied|InvalidArgs/),
    });
    const open = { ExternalAccountRequired: false };
    for (const PrincipalArn of [own, theirs])
      await expect(make(guest, { ...open, PrincipalArn })).rejects.toMatchObject({
        code: expect.stringMatching(/Denied|InvalidArgs/),
      });
    expect((await bind(admin, {})).Key.PrincipalArn).toBe(theirs);
  });
});

describe('a directory that has a principal', () => {
  const clerk = () =>
    pca.user('clerk', policy({ Effect: 'Allow', Action: 'acm-pca:UpdateAcmeDirectory', Resource: '*' }));
  const open = { ExternalAccountRequired: false };

  async function closed() {
    const PrincipalArn = pca.kms.call('admin').caller.arn;
    const { Directory } = await make(admin, { PrincipalArn });
    const about = { CertificateAuthorityArn, DirectoryId: Directory.DirectoryId };
    return { about, client: new AcmeClient(pca.internal(), Directory.Path) };
  }

  it('is opened to clients without a binding only by who may let them act for the principal', async () => {
    const { about, client } = await closed();
    await expect(clerk().UpdateAcmeDirectory({ ...about, ...open })).rejects.toMatchObject(refused('AccessDenied'));
    await share('acm-pca:UpdateAcmeDirectory');
    await expect(guest.UpdateAcmeDirectory({ ...about, ...open })).rejects.toMatchObject(refused('AccessDenied'));
    expect((await client.register()).problem).toBe('externalAccountRequired');
    await clerk().UpdateAcmeDirectory({ ...about, ValidityDays: 7 });
    await admin.UpdateAcmeDirectory({ ...about, ...open });
    expect((await client.register()).status).toBe(201);
  });

  it('stays open to who may change nothing but its rules', async () => {
    const { about } = await closed();
    await admin.UpdateAcmeDirectory({ ...about, ...open });
    const { Directory } = await clerk().UpdateAcmeDirectory({ ...about, ...open, ValidityDays: 8 });
    expect(Directory).toMatchObject({ ExternalAccountRequired: false, ValidityDays: 8 });
  });
});
