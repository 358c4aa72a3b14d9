/** The unmodified AWS CLI makes a hierarchy and issues from it; openssl verifies what came of it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { aws, type Credentials } from '../harness/clients.ts';
import { allow, createUser, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-pca-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const template = (name: string) => `arn:aws:acm-pca:::template/${name}/V1`;

async function pca(args: string[], credentials?: Credentials): Promise<Record<string, unknown>> {
  const ran = await aws(server, ['acm-pca', ...args], credentials);
  if (ran.code !== 0) throw new Error(`aws acm-pca ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim() === '' ? {} : JSON.parse(ran.stdout);
}

async function refusal(args: string[], credentials?: Credentials): Promise<string> {
  const ran = await aws(server, ['acm-pca', ...args], credentials);
  expect(ran.code).not.toBe(0);
  return ran.stderr;
}

function file(name: string, content: string): string {
  const path = join(folder, `${uniqueName(name)}.pem`);
  writeFileSync(path, content);
  return path;
}

const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

async function create(
  type: 'ROOT' | 'SUBORDINATE',
  CommonName: string,
  KeyAlgorithm: string,
  SigningAlgorithm: string,
) {
  const configuration = JSON.stringify({
    KeyAlgorithm,
    SigningAlgorithm,
    Subject: { Organization: 'Example', CommonName },
  });
  const made = await pca([
    'create-certificate-authority',
    ...['--certificate-authority-type', type],
    ...['--certificate-authority-configuration', configuration],
    ...['--idempotency-token', uniqueName('token')],
    ...['--tags', 'Key=app,Value=tour'],
  ]);
  return made.CertificateAuthorityArn as string;
}

const about = (arn: string) => ['--certificate-authority-arn', arn];
const csrOf = async (arn: string) =>
  file(
    'csr',
    (await aws(server, ['acm-pca', 'get-certificate-authority-csr', ...about(arn), '--output', 'text'])).stdout,
  );

async function issue(
  arn: string,
  csr: string,
  options: { algorithm: string; template?: string; validity: string; more?: string[] },
) {
  const { CertificateArn } = await pca([
    'issue-certificate',
    ...about(arn),
    ...['--csr', `fileb://${csr}`],
    ...['--signing-algorithm', options.algorithm],
    ...(options.template ? ['--template-arn', template(options.template)] : []),
    ...['--validity', options.validity],
    ...(options.more ?? []),
  ]);
  const got = await pca(['get-certificate', ...about(arn), '--certificate-arn', CertificateArn as string]);
  return { certificate: got.Certificate as string, chain: (got.CertificateChain as string | undefined) ?? '' };
}

async function activate(arn: string, { certificate, chain }: { certificate: string; chain: string }) {
  const above = chain === '' ? [] : ['--certificate-chain', `fileb://${file('chain', chain)}`];
  await pca([
    'import-certificate-authority-certificate',
    ...about(arn),
    ...['--certificate', `fileb://${file('certificate', certificate)}`],
    ...above,
  ]);
}

const statusOf = async (arn: string) =>
  ((await pca(['describe-certificate-authority', ...about(arn)])).CertificateAuthority as { Status: string }).Status;

describe('aws acm-pca', () => {
  let root: string;
  let rootPem: string;
  let issuing: string;
  const key = join(folder, 'leaf.key');
  const csr = join(folder, 'leaf.csr');

  beforeAll(() => {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
    const names = 'subjectAltName=DNS:www.example.com,IP:192.0.2.7';
    openssl('req', '-new', '-key', key, '-subj', '/CN=www.example.com', '-addext', names, '-out', csr);
  });

  it('makes a root that signs its own certificate', async () => {
    root = await create('ROOT', 'Example root', 'RSA_2048', 'SHA256WITHRSA');
    expect(await statusOf(root)).toBe('PENDING_CERTIFICATE');
    const own = await issue(root, await csrOf(root), {
      algorithm: 'SHA256WITHRSA',
      template: 'RootCACertificate',
      validity: 'Value=30,Type=YEARS',
    });
    rootPem = own.certificate;
    await activate(root, own);
    expect(await statusOf(root)).toBe('ACTIVE');
    expect(openssl('verify', '-x509_strict', '-CAfile', file('root', rootPem), file('root', rootPem))).toMatch(/: OK$/);
    expect(openssl('x509', '-in', file('root', rootPem), '-noout', '-enddate')).toMatch(/ 205\d GMT$/);
  });

  it('makes a subordinate authority below it', async () => {
    issuing = await create('SUBORDINATE', 'Example issuing', 'EC_prime256v1', 'SHA256WITHECDSA');
    const own = await issue(root, await csrOf(issuing), {
      algorithm: 'SHA256WITHRSA',
      template: 'SubordinateCACertificate_PathLen0',
      validity: 'Value=10,Type=YEARS',
    });
    await activate(issuing, own);
    expect(await statusOf(issuing)).toBe('ACTIVE');
  });

  it('issues a certificate that openssl takes for a server', async () => {
    const leaf = await issue(issuing, csr, { algorithm: 'SHA256WITHECDSA', validity: 'Value=90,Type=DAYS' });
    const verify = (...args: string[]) =>
      openssl(
        'verify',
        '-x509_strict',
        ...args,
        '-CAfile',
        file('root', rootPem),
        '-untrusted',
        file('chain', leaf.chain),
        file('leaf', leaf.certificate),
      );
    expect(verify('-purpose', 'sslserver', '-verify_hostname', 'www.example.com')).toMatch(/: OK$/);
    expect(verify('-verify_ip', '192.0.2.7')).toMatch(/: OK$/);
    expect(() => verify('-verify_hostname', 'www.example.org')).toThrow();
    expect(() => verify('-purpose', 'timestampsign')).toThrow();
  });

  it('repeats a request with the same token without issuing again', async () => {
    const ask = () =>
      pca([
        'issue-certificate',
        ...about(issuing),
        ...['--csr', `fileb://${csr}`, '--signing-algorithm', 'SHA256WITHECDSA'],
        ...['--validity', 'Value=5,Type=DAYS', '--idempotency-token', 'once'],
      ]);
    expect(await ask()).toEqual(await ask());
  });

  it('gives AWS its names of what is wrong', async () => {
    const order = (more: string[]) => [
      'issue-certificate',
      ...about(issuing),
      ...['--signing-algorithm', 'SHA256WITHECDSA', '--validity', 'Value=90,Type=DAYS'],
      ...more,
    ];
    expect(await refusal(order(['--csr', `fileb://${file('bad', 'nonsense')}`]))).toContain('MalformedCSRException');
    const template0 = ['--template-arn', template('SubordinateCACertificate_PathLen0')];
    expect(await refusal(order(['--csr', `fileb://${await csrOf(root)}`, ...template0]))).toContain(
      'InvalidArgsException',
    );
    expect(await refusal(['delete-certificate-authority', ...about(root)])).toContain('InvalidStateException');
    expect(await refusal(['describe-certificate-authority', ...about(`${root.slice(0, -12)}000000000000`)])).toContain(
      'ResourceNotFoundException',
    );
    expect(
      await refusal(['describe-certificate-authority', ...about('arn:aws:acm-pca:local-1:123456789012:other/1')]),
    ).toContain('InvalidArnException');
  });

  it('shows what would be issued, natively, and who may have it', async () => {
    const input = {
      CertificateAuthorityArn: issuing,
      Csr: Buffer.from(openssl('req', '-in', csr)).toString('base64'),
      SigningAlgorithm: 'SHA256WITHECDSA',
      Validity: { Type: 'DAYS', Value: 90 },
    };
    const statement = (Condition: object) => ({ Effect: 'Allow', Action: 'acm-pca:*', Resource: '*', Condition });
    const only = (names: string) => ({
      Version: '2012-10-17',
      Statement: [
        statement({ 'ForAllValues:StringLike': { 'acm-pca:SanDns': names }, Null: { 'acm-pca:SanDns': 'false' } }),
      ],
    });
    const mine = await createUser(server, only('*.example.com'));
    const theirs = await createUser(server, only('*.example.org'));
    const preview = await native(server, '/v1/pca/preview-certificate', input, { credentials: mine.credentials });
    expect(preview.status).toBe(200);
    expect(preview.json()).toMatchObject({ Allowed: true, Issuable: true, Subject: 'CN=www.example.com', IsCA: false });
    expect((await native(server, '/v1/pca/issue-certificate', input, { credentials: mine.credentials })).status).toBe(
      200,
    );
    expect((await native(server, '/v1/pca/issue-certificate', input, { credentials: theirs.credentials })).status).toBe(
      403,
    );
    const nobody = await createUser(server, allow('acm-pca:PreviewCertificate'));
    const seen = await native(server, '/v1/pca/preview-certificate', input, { credentials: nobody.credentials });
    expect(seen.json()).toMatchObject({ Allowed: false, Issuable: true });
  });

  it('lets others use an authority by its policy, and says what is permitted', async () => {
    const reader = await createUser(server, allow('iam:GetUser'));
    const describeIt = ['describe-certificate-authority', ...about(issuing)];
    expect(await refusal(describeIt, reader.credentials)).toContain('AccessDeniedException');
    const Principal = { AWS: `arn:aws:iam::${server.admin.accountId}:user/${reader.name}` };
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action: 'acm-pca:DescribeCertificateAuthority', Resource: '*' }],
    });
    await pca(['put-policy', '--resource-arn', issuing, '--policy', Policy]);
    expect(await pca(['get-policy', '--resource-arn', issuing])).toEqual({ Policy });
    expect(await pca(describeIt, reader.credentials)).toBeDefined();
    const lockOut = Policy.replace('"Allow"', '"Deny"').replace(/"Principal":{[^}]*}/, '"Principal":"*"');
    const locked = lockOut.replace('DescribeCertificateAuthority', 'PutPolicy');
    expect(await refusal(['put-policy', '--resource-arn', issuing, '--policy', locked])).toContain(
      'LockoutPreventedException',
    );
    await pca(['delete-policy', '--resource-arn', issuing]);
    expect(await refusal(['get-policy', '--resource-arn', issuing])).toContain('ResourceNotFoundException');
    const service = ['--principal', 'acm.amazonaws.com'];
    const permit = [
      ...['create-permission', ...about(issuing), ...service],
      ...['--actions', 'IssueCertificate', 'GetCertificate', 'ListPermissions'],
    ];
    await pca(permit);
    expect(await refusal(permit)).toContain('PermissionAlreadyExistsException');
    expect(await pca(['list-permissions', ...about(issuing)])).toMatchObject({
      Permissions: [{ Principal: 'acm.amazonaws.com', SourceAccount: server.admin.accountId }],
    });
    await pca(['delete-permission', ...about(issuing), ...service]);
    expect(await pca(['list-permissions', ...about(issuing)])).toEqual({ Permissions: [] });
  });

  it('reports what was issued', async () => {
    const made = await pca([
      ...['create-certificate-authority-audit-report', ...about(issuing)],
      ...['--s3-bucket-name', 'reports', '--audit-report-response-format', 'JSON'],
    ]);
    const report = ['--audit-report-id', made.AuditReportId as string];
    await pca(['wait', 'audit-report-created', ...about(issuing), ...report]);
    expect(await pca(['describe-certificate-authority-audit-report', ...about(issuing), ...report])).toMatchObject({
      AuditReportStatus: 'SUCCESS',
      S3BucketName: 'reports',
      S3Key: made.S3Key,
    });
    const input = { CertificateAuthorityArn: issuing, AuditReportId: made.AuditReportId };
    const piece = (await native(server, '/v1/pca/get-certificate-authority-audit-report', input)).json();
    const entries = JSON.parse(Buffer.from(piece.Content as string, 'base64').toString()) as { subject: string }[];
    expect(entries.map(({ subject }) => subject)).toContain('CN=www.example.com');
    const found = await native(server, '/v1/pca/list-certificates', { Name: 'example.com', NameMatch: 'SUFFIX' });
    expect((found.json().Certificates as unknown[]).length).toBeGreaterThanOrEqual(entries.length);
  });

  it('tags, lists, disables, deletes and restores', async () => {
    await pca(['tag-certificate-authority', ...about(issuing), '--tags', 'Key=team,Value=web']);
    await pca(['untag-certificate-authority', ...about(issuing), '--tags', 'Key=app']);
    expect(await pca(['list-tags', ...about(issuing)])).toEqual({ Tags: [{ Key: 'team', Value: 'web' }] });
    const listed = (await pca(['list-certificate-authorities'])).CertificateAuthorities as { Arn: string }[];
    expect(listed.map(({ Arn }) => Arn)).toEqual(expect.arrayContaining([root, issuing]));
    await pca(['update-certificate-authority', ...about(issuing), '--status', 'DISABLED']);
    const order = [
      '--csr',
      `fileb://${csr}`,
      '--signing-algorithm',
      'SHA256WITHECDSA',
      '--validity',
      'Value=9,Type=DAYS',
    ];
    expect(await refusal(['issue-certificate', ...about(issuing), ...order])).toContain('InvalidStateException');
    await pca(['delete-certificate-authority', ...about(issuing), '--permanent-deletion-time-in-days', '7']);
    expect(await statusOf(issuing)).toBe('DELETED');
    await pca(['restore-certificate-authority', ...about(issuing)]);
    expect(await statusOf(issuing)).toBe('DISABLED');
    await pca(['update-certificate-authority', ...about(issuing), '--status', 'ACTIVE']);
    expect(
      (await issue(issuing, csr, { algorithm: 'SHA256WITHECDSA', validity: 'Value=9,Type=DAYS' })).certificate,
    ).toContain('BEGIN');
  });
});
