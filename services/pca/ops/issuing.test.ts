/** Authorities and their certificates through the API, with openssl as the judge. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PcaClient, PcaHarness } from '../testing/harness.ts';
import { issue, makeRoot, makeSubordinate, Workplace } from '../testing/hierarchy.ts';

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

describe('a hierarchy', () => {
  it('is one that openssl verifies', async () => {
    const Csr = openssl.csr('/CN=www.example.com', 'DNS:www.example.com');
    const leaf = await issue(admin, issuing, { Csr });
    expect(
      openssl.verify(
        leaf.Certificate,
        leaf.CertificateChain ?? '',
        await pem(root),
        seconds(),
        '-purpose',
        'sslserver',
        '-verify_hostname',
        'www.example.com',
      ),
    ).toBe('OK');
  });
});
