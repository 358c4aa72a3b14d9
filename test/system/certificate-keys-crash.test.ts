/**
 * Kill -9 while certificates are issued with keys that are kept: each that was issued has its key, each request is one
 * certificate however often it is repeated, and no key is kept of what was never issued. The number of kills:
 * PARAPET_KILLS.
 */
import { createPrivateKey, createPublicKey, randomUUID, X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { type Running, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

const KILLS = Math.max(1, Math.round(Number(process.env.PARAPET_KILLS ?? 50) / 10));
const WORKERS = 4;
const SETTLED_MS = 30_000;

type Answer = Record<string, string>;

describe.each(['sqlite', 'postgres'] as const)('kill -9 on %s', (engine) => {
  let server: Running;
  let authority: string;
  /** By the token of its request: the certificate of an answer that came, undefined of one that did not. */
  const asked = new Map<string, string | undefined>();
  const keys = new Map<string, string>();

  beforeAll(async () => {
    server = await startParapet({ engine });
    authority = await makeRoot();
  });
  afterAll(() => server.stop());

  async function ask(operation: string, input: Record<string, unknown>, agent?: Agent): Promise<Answer> {
    const answer = await native(server, `/v1/pca/${operation}`, input, agent ? { agent } : {});
    if (answer.status !== 200) throw new Error(`${operation} answered ${answer.text}`);
    return (answer.text === '' ? {} : answer.json()) as Answer;
  }

  async function makeRoot(): Promise<string> {
    const { CertificateAuthorityArn } = await ask('create-certificate-authority', {
      CertificateAuthorityType: 'ROOT',
      CertificateAuthorityConfiguration: {
        KeyAlgorithm: 'EC_prime256v1',
        SigningAlgorithm: 'SHA256WITHECDSA',
        Subject: { CommonName: 'crash' },
      },
    });
    const about = { CertificateAuthorityArn };
    const { Csr } = await ask('get-certificate-authority-csr', about);
    const { CertificateArn } = await ask('issue-certificate', {
      ...about,
      Csr: Buffer.from(Csr!).toString('base64'),
      SigningAlgorithm: 'SHA256WITHECDSA',
      TemplateArn: 'arn:aws:acm-pca:::template/RootCACertificate/V1',
      Validity: { Type: 'YEARS', Value: 10 },
    });
    const { Certificate } = await ask('get-certificate', { ...about, CertificateArn });
    const imported = Buffer.from(Certificate!).toString('base64');
    await ask('import-certificate-authority-certificate', { ...about, Certificate: imported });
    return CertificateAuthorityArn!;
  }

  async function issue(token: string, agent?: Agent): Promise<void> {
    const order = {
      CertificateAuthorityArn: authority,
      KeyAlgorithm: 'EC_prime256v1',
      SubjectAlternativeNames: [{ DnsName: 'www.example.com' }],
      Validity: { Type: 'DAYS', Value: 9 },
      KeyFormat: 'PEM',
      KeepKey: true,
      IdempotencyToken: token,
    };
    const { CertificateArn, PrivateKey } = await ask('issue-certificate-with-key', order, agent);
    asked.set(token, CertificateArn);
    keys.set(CertificateArn!, PrivateKey!);
  }

  async function load(isOver: () => boolean): Promise<void> {
    const agent = new Agent({ keepAlive: true, ca: server.ca });
    while (!isOver()) {
      const token = randomUUID();
      asked.set(token, undefined);
      // The connection broke: whether there is a certificate is asked later.
      await issue(token, agent).catch(() => undefined);
    }
    agent.destroy();
  }

  async function issued(): Promise<Answer[]> {
    const found: Answer[] = [];
    for (let NextToken: string | undefined; ; ) {
      const about = { CertificateAuthorityArn: authority, MaxResults: 1000, ...(NextToken && { NextToken }) };
      const answer = await native(server, '/v1/pca/list-certificates', about);
      const page = answer.json() as { Certificates: Answer[]; NextToken?: string };
      found.push(...page.Certificates.filter(({ Template }) => Template !== 'RootCACertificate'));
      NextToken = page.NextToken;
      if (NextToken === undefined) return found;
    }
  }

  it(`leaves no certificate without its key in ${KILLS} kills`, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      let isOver = false;
      const before = keys.size;
      const workers = Array.from({ length: WORKERS }, () => load(() => isOver));
      await eventually(async () => keys.size > before, SETTLED_MS);
      await new Promise((wait) => setTimeout(wait, Math.random() * 200));
      await server.kill();
      isOver = true;
      await Promise.all(workers);
      await server.start();
      // Within the five minutes that a token is remembered.
      for (const [token, arn] of asked) if (arn === undefined) await issue(token);
    }
    const certificates = await issued();
    const arns = certificates.map(({ CertificateArn }) => CertificateArn!).sort();
    console.log(`${engine}: ${KILLS} kills, ${asked.size} requests, ${arns.length} certificates`);
    // One for each request, and none that nobody was told of.
    expect(arns).toEqual([...asked.values()].sort());
    for (const CertificateArn of arns) {
      const about = { CertificateAuthorityArn: authority, CertificateArn, KeyFormat: 'PEM' };
      const { Certificate, PrivateKey } = await ask('export-private-key', about);
      expect(PrivateKey).toBe(keys.get(CertificateArn));
      const key = createPrivateKey(Buffer.from(PrivateKey!, 'base64'));
      expect(createPublicKey(key).equals(new X509Certificate(Certificate!).publicKey)).toBe(true);
    }
  });
});
