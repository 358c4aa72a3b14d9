/** Authorities that publish lists and answer OCSP, and openssl as the judge of both. */
import { readFileSync } from 'node:fs';
import { toPem } from '../../../platform/contract/der.ts';
import type { InputOf } from '../../../platform/contract/operation.ts';
import type { CreateCertificateAuthority } from '../api/authorities.ts';
import { ListMaker } from '../jobs/revocation/list-maker.ts';
import type { PcaClient, PcaHarness } from './harness.ts';
import { issue, makeRoot, makeSubordinate, type Workplace } from './hierarchy.ts';

type Configuration = NonNullable<InputOf<typeof CreateCertificateAuthority>['RevocationConfiguration']>;

export const COMPLETE: Configuration = { CrlConfiguration: { Enabled: true }, OcspConfiguration: { Enabled: true } };
export const PARTITIONED: Configuration = {
  CrlConfiguration: { Enabled: true, CrlType: 'PARTITIONED' },
  OcspConfiguration: { Enabled: true },
};

export interface Hierarchy {
  root: string;
  issuing: string;
  rootPem: string;
}

/** A root with a complete list, and an authority below it. */
export async function makeRevocable(
  admin: PcaClient,
  configuration: Configuration = PARTITIONED,
  names: readonly [root: string, issuing: string] = ['root', 'issuing'],
): Promise<Hierarchy> {
  const root = await makeRoot(admin, names[0]);
  const about = { CertificateAuthorityArn: root };
  await admin.UpdateCertificateAuthority({ ...about, RevocationConfiguration: COMPLETE });
  const more = { RevocationConfiguration: configuration };
  const issuing = await makeSubordinate(admin, root, names[1], {}, more);
  const { Certificate: rootPem } = await admin.GetCertificateAuthorityCertificate(about);
  return { root, issuing, rootPem };
}

export interface Leaf {
  certificate: string;
  chain: string;
  serial: string;
}

export async function issueLeaf(
  admin: PcaClient,
  openssl: Workplace,
  authority: string,
  order: Partial<Parameters<typeof issue>[2]> = {},
): Promise<Leaf> {
  const Csr = openssl.csr('/CN=www.example.com', 'DNS:www.example.com');
  const issued = await issue(admin, authority, { Csr, ...order });
  return leafOf(openssl, issued);
}

export function leafOf(
  openssl: Workplace,
  issued: { Certificate: string; CertificateChain?: string | undefined },
): Leaf {
  const printed = openssl.openssl('x509', '-in', openssl.file(issued.Certificate), '-noout', '-serial');
  const serial = printed.trim().replace('serial=', '').toLowerCase();
  return { certificate: issued.Certificate, chain: issued.CertificateChain ?? '', serial };
}

export const makeDueLists = (pca: PcaHarness) => new ListMaker(pca.deps).makeDue(Number.MAX_SAFE_INTEGER);

/** What openssl reads in the answer about a certificate: `good`, `revoked`, `unknown`. */
export async function askOcsp(
  pca: PcaHarness,
  openssl: Workplace,
  authority: { arn: string; pem: string },
  serial: string,
): Promise<string> {
  const [issuer, reqin] = [openssl.file(authority.pem), openssl.file('')];
  openssl.openssl('ocsp', '-no_nonce', '-issuer', issuer, '-serial', `0x${serial}`, '-reqout', reqin);
  const asked = { AuthorityId: authority.arn.split('/')[1]!, Request: readFileSync(reqin) };
  const { Response } = await pca.internal().AnswerOcspRequest(asked);
  const printed = openssl.openssl('ocsp', '-respin', openssl.file(Response), '-resp_text', '-noverify');
  return /Cert Status: (\w+)/.exec(printed)?.[1] ?? printed;
}

/** A list as it is published, DER. */
export async function fetchList(pca: PcaHarness, uri: string): Promise<Buffer> {
  const { List } = await pca.internal().GetRevocationListFile({ Path: new URL(uri).pathname.slice(1) });
  if (!List) throw new Error(`there is no list ${uri}`);
  return List;
}

export async function allLists(pca: PcaHarness, admin: PcaClient, authority: string): Promise<Buffer[]> {
  const { RevocationLists } = await admin.ListRevocationLists({ CertificateAuthorityArn: authority });
  return Promise.all(RevocationLists.map(({ Uri }) => fetchList(pca, Uri)));
}

/** The words of `openssl verify` with every list of every authority. */
export async function judge(
  pca: PcaHarness,
  admin: PcaClient,
  openssl: Workplace,
  { root, issuing, rootPem }: Hierarchy,
  leaf: Leaf,
): Promise<string> {
  const lists = [...(await allLists(pca, admin, root)), ...(await allLists(pca, admin, issuing))];
  const file = openssl.file(lists.map((list) => toPem('X509 CRL', list)).join(''));
  const seconds = Math.floor(pca.kms.now / 1000);
  return openssl.verify(leaf.certificate, leaf.chain, rootPem, seconds, '-crl_check_all', '-CRLfile', file);
}
