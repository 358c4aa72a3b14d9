/** The SDK and the calls of cert-manager's issuer, and what OpenSSL and GnuTLS say of the certificates of every template. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateCertificateAuthorityCommand,
  DescribeCertificateAuthorityCommand,
  GetCertificateAuthorityCertificateCommand,
  GetCertificateAuthorityCsrCommand,
  GetCertificateCommand,
  ImportCertificateAuthorityCertificateCommand,
  IssueCertificateCommand,
  type IssueCertificateCommandInput,
  MalformedCSRException,
  paginateListCertificateAuthorities,
  ResourceNotFoundException,
  waitUntilCertificateIssued,
} from '@aws-sdk/client-acm-pca';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TEMPLATE_NAMES } from '../../services/pca/domain/template.ts';
import { awsClients } from '../harness/clients.ts';
import { uniqueName } from '../harness/people.ts';

const server = inject('server');
const { pca, sts } = awsClients(server);
const folder = mkdtempSync(join(tmpdir(), 'parapet-judges-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const template = (name: string) => `arn:aws:acm-pca:::template/${name}/V1`;
const ask = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

function file(content: string): string {
  const path = join(folder, uniqueName('file'));
  writeFileSync(path, content);
  return path;
}

type Order = Omit<IssueCertificateCommandInput, 'CertificateAuthorityArn' | 'SigningAlgorithm' | 'Csr'> & {
  Csr: string;
};

async function create(CertificateAuthorityType: 'ROOT' | 'SUBORDINATE', CommonName: string): Promise<string> {
  const CertificateAuthorityConfiguration = {
    KeyAlgorithm: 'EC_prime256v1',
    SigningAlgorithm: 'SHA256WITHECDSA',
    Subject: { Organization: 'Example', CommonName },
  } as const;
  const made = await pca.send(
    new CreateCertificateAuthorityCommand({ CertificateAuthorityType, CertificateAuthorityConfiguration }),
  );
  return made.CertificateAuthorityArn!;
}

const csrOf = async (CertificateAuthorityArn: string) =>
  (await pca.send(new GetCertificateAuthorityCsrCommand({ CertificateAuthorityArn }))).Csr!;

async function issue(CertificateAuthorityArn: string, { Csr, ...order }: Order) {
  const { CertificateArn } = await pca.send(
    new IssueCertificateCommand({
      ...order,
      CertificateAuthorityArn,
      Csr: Buffer.from(Csr),
      SigningAlgorithm: 'SHA256WITHECDSA',
    }),
  );
  const issued = { CertificateAuthorityArn, CertificateArn: CertificateArn! };
  await waitUntilCertificateIssued({ client: pca, maxWaitTime: 30, minDelay: 1 }, issued);
  const { Certificate, CertificateChain = '' } = await pca.send(new GetCertificateCommand(issued));
  return { certificate: Certificate!, chain: CertificateChain };
}

async function activate(
  CertificateAuthorityArn: string,
  { certificate, chain }: { certificate: string; chain: string },
) {
  await pca.send(
    new ImportCertificateAuthorityCertificateCommand({
      CertificateAuthorityArn,
      Certificate: Buffer.from(certificate),
      ...(chain && { CertificateChain: Buffer.from(chain) }),
    }),
  );
}

const YEARS = (Value: number) => ({ Type: 'YEARS', Value }) as const;

/** What both say of a certificate. Throws with their words when they do not take it. */
function requireTrusted({ certificate, chain }: { certificate: string; chain: string }, root: string): void {
  const above = chain === '' ? [] : ['-untrusted', file(chain)];
  expect(ask('openssl', 'verify', '-x509_strict', '-CAfile', file(root), ...above, file(certificate))).toMatch(
    /: OK$/m,
  );
  const whole = `${certificate}${chain}`;
  const verdict = ask('certtool', '--verify', '--load-ca-certificate', file(root), '--infile', file(whole));
  expect(verdict).toContain('Chain verification output: Verified. The certificate is trusted.');
}

let root: string;
let rootPem: string;
let issuing: string;

beforeAll(async () => {
  root = await create('ROOT', 'judged root');
  const own = await issue(root, {
    Csr: await csrOf(root),
    TemplateArn: template('RootCACertificate'),
    Validity: YEARS(30),
  });
  rootPem = own.certificate;
  await activate(root, own);
  issuing = await create('SUBORDINATE', 'judged issuing');
  const TemplateArn = template('SubordinateCACertificate_PathLen0');
  await activate(issuing, await issue(root, { Csr: await csrOf(issuing), TemplateArn, Validity: YEARS(15) }));
}, 60_000);

function csr(subject: string, names?: string): string {
  const key = join(folder, uniqueName('key'));
  ask('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
  const san = names ? ['-addext', `subjectAltName=${names}`] : [];
  return ask('openssl', 'req', '-new', '-key', key, '-subj', subject, ...san);
}

/** What each family wants to be asked with. */
function requestFor(name: string): string {
  if (name.startsWith('Email')) return csr('/CN=Ann', 'email:ann@example.com');
  if (name.startsWith('Workload')) return csr('/O=Example', 'URI:spiffe://example.com/shop');
  if (/^(OCSP|TimeStamping|CodeSigning)/.test(name)) return csr('/CN=signer');
  return csr('/CN=www.example.com', 'DNS:www.example.com');
}

describe('certificates of every template are taken by OpenSSL and GnuTLS', () => {
  it.each(TEMPLATE_NAMES.filter((name) => !name.includes('CACertificate')))('%s', async (name) => {
    const Validity = { Type: 'DAYS', Value: 7 } as const;
    requireTrusted(await issue(issuing, { Csr: requestFor(name), TemplateArn: template(name), Validity }), rootPem);
  });

  it.each(TEMPLATE_NAMES.filter((name) => name.includes('SubordinateCACertificate')))('%s', async (name) => {
    const below = await create('SUBORDINATE', uniqueName('below'));
    const order = { Csr: await csrOf(below), TemplateArn: template(name), Validity: YEARS(5) };
    requireTrusted(await issue(root, order), rootPem);
  });

  it.each(TEMPLATE_NAMES.filter((name) => name.includes('RootCACertificate')))('%s', async (name) => {
    const top = await create('ROOT', uniqueName('top'));
    const own = await issue(top, { Csr: await csrOf(top), TemplateArn: template(name), Validity: YEARS(20) });
    requireTrusted(own, own.certificate);
  });
});

describe('validity', () => {
  const TemplateArn = template('SubordinateCACertificate_PathLen0');

  it.each([
    [Date.UTC(2049, 11, 31, 23, 59, 59), 'UTCTIME', '491231235959Z'],
    [Date.UTC(2050, 0, 1), 'GENERALIZEDTIME', '20500101000000Z'],
  ])('that ends at %d has the form that RFC 5280 wants', async (end, form, text) => {
    // A template for twenty years does not reach that far: the root's own certificate does.
    const top = await create('ROOT', uniqueName('top'));
    const Validity = { Type: 'ABSOLUTE', Value: end / 1000 } as const;
    const own = await issue(top, { Csr: await csrOf(top), TemplateArn: template('RootCACertificate'), Validity });
    requireTrusted(own, own.certificate);
    expect(ask('openssl', 'asn1parse', '-in', file(own.certificate))).toMatch(new RegExp(`${form} +:${text}`));
    await activate(top, own);
    const below = await create('SUBORDINATE', uniqueName('below'));
    const order = { Csr: await csrOf(below), TemplateArn, Validity: YEARS(15) };
    requireTrusted(await issue(top, order), own.certificate);
  });
});

describe('the SDK', () => {
  it('reads what it asks for, page by page, and knows errors by their class', async () => {
    const { CertificateAuthority } = await pca.send(
      new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: root }),
    );
    expect(CertificateAuthority).toMatchObject({ Status: 'ACTIVE', Type: 'ROOT', Arn: root });
    expect(CertificateAuthority?.NotAfter).toBeInstanceOf(Date);
    const seen: string[] = [];
    for await (const page of paginateListCertificateAuthorities({ client: pca, pageSize: 3 }, {}))
      seen.push(...(page.CertificateAuthorities ?? []).map(({ Arn }) => Arn!));
    expect(seen).toEqual(expect.arrayContaining([root, issuing]));
    expect(new Set(seen).size).toBe(seen.length);
    const nowhere = `${root.slice(0, -12)}000000000000`;
    const missing = new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: nowhere });
    await expect(pca.send(missing)).rejects.toBeInstanceOf(ResourceNotFoundException);
    const Validity = { Type: 'DAYS', Value: 1 } as const;
    await expect(issue(issuing, { Csr: 'nonsense', Validity })).rejects.toBeInstanceOf(MalformedCSRException);
  });

  it('serves the calls of the issuer of cert-manager', async () => {
    // It looks whether it can work at all, then asks for a certificate with a template of the partition of its authority.
    await pca.send(new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: issuing }));
    expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe(server.admin.accountId);
    const [, partition] = issuing.split(':');
    const { CertificateArn } = await pca.send(
      new IssueCertificateCommand({
        CertificateAuthorityArn: issuing,
        Csr: Buffer.from(csr('/CN=pod.example.com', 'DNS:pod.example.com')),
        SigningAlgorithm: 'SHA256WITHECDSA',
        TemplateArn: `arn:${partition}:acm-pca:::template/BlankEndEntityCertificate_CSRPassthrough/V1`,
        Validity: { Type: 'ABSOLUTE', Value: Math.floor(Date.now() / 1000) + 90 * 86_400 },
        IdempotencyToken: 'awspca',
      }),
    );
    const issued = { CertificateAuthorityArn: issuing, CertificateArn: CertificateArn! };
    await waitUntilCertificateIssued({ client: pca, maxWaitTime: 300 }, issued);
    const { Certificate, CertificateChain } = await pca.send(new GetCertificateCommand(issued));
    const own = await pca.send(new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: issuing }));
    expect(CertificateChain?.startsWith(own.Certificate!.trim())).toBe(true);
    requireTrusted({ certificate: Certificate!, chain: CertificateChain! }, rootPem);
  });
});
