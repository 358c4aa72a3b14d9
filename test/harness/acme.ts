/** A hierarchy with an ACME directory, a DNS server, and the clients that people use, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { freePort } from '../../platform/store/testing/private-server.ts';
import type { AcmeCarrier } from '../../services/pca/testing/acme-client.ts';
import { raw } from './clients.ts';
import type { SharedServer } from './shared.ts';
import { native } from './signed.ts';

export async function askPca<Answer = Record<string, unknown>>(
  server: SharedServer,
  operation: string,
  input: Record<string, unknown>,
): Promise<Answer> {
  const answer = await native(server, `/v1/pca/${operation}`, input);
  if (answer.status !== 200) throw new Error(`${operation} answered ${answer.text}`);
  return (answer.text === '' ? {} : answer.json()) as Answer;
}

/** An active root: authorities below one are the subject of other suites. */
export async function makeIssuer(server: SharedServer, CommonName: string): Promise<{ arn: string; pem: string }> {
  const ask = <Answer>(operation: string, input: Record<string, unknown>) => askPca<Answer>(server, operation, input);
  const { CertificateAuthorityArn: arn } = await ask<{ CertificateAuthorityArn: string }>(
    'create-certificate-authority',
    {
      CertificateAuthorityType: 'ROOT',
      CertificateAuthorityConfiguration: {
        KeyAlgorithm: 'EC_prime256v1',
        SigningAlgorithm: 'SHA256WITHECDSA',
        Subject: { CommonName },
      },
    },
  );
  const about = { CertificateAuthorityArn: arn };
  const { Csr } = await ask<{ Csr: string }>('get-certificate-authority-csr', about);
  const { CertificateArn } = await ask<{ CertificateArn: string }>('issue-certificate', {
    ...about,
    Csr: Buffer.from(Csr).toString('base64'),
    SigningAlgorithm: 'SHA256WITHECDSA',
    TemplateArn: 'arn:aws:acm-pca:::template/RootCACertificate/V1',
    Validity: { Type: 'YEARS', Value: 10 },
  });
  const { Certificate: pem } = await ask<{ Certificate: string }>('get-certificate', { ...about, CertificateArn });
  await ask('import-certificate-authority-certificate', {
    ...about,
    Certificate: Buffer.from(pem).toString('base64'),
  });
  return { arn, pem };
}

/** Carries the requests of an `AcmeClient` to the listener of a server; `address`: as the client knows it. */
export function overHttps(
  server: Pick<SharedServer, 'endpoint' | 'caPath' | 'admin'>,
  address = server.endpoint,
): AcmeCarrier {
  return {
    async AnswerAcmeRequest({ Method, Target, ContentType, Body }) {
      const { host } = new URL(address);
      const headers = { host, ...(ContentType !== '' && { 'content-type': ContentType }) };
      const answer = await raw(server, { method: Method, path: Target, headers, body: Body });
      const Headers = Object.entries(answer.headers).map(([Name, Value]) => ({ Name, Value: String(Value) }));
      return { Status: answer.status, Headers, Body: Buffer.from(answer.text) };
    },
  };
}

export interface NamesServer {
  /** Over HTTP: where it is told what to answer. */
  management: string;
  stop(): void;
}

/** Answers 127.0.0.1 for every name, and what it is told to. */
export async function startNames({ acme }: Pick<SharedServer, 'acme'>): Promise<NamesServer> {
  const port = await freePort();
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', ''];
  const args = ['-dns01', `127.0.0.1:${acme.dnsPort}`, '-management', `127.0.0.1:${port}`, '-defaultIPv6', '', ...off];
  const child: ChildProcess = spawn('pebble-challtestsrv', args, { stdio: 'ignore' });
  await listening(port);
  return { management: `http://127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') };
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        done(true);
      });
      socket.on('error', () => done(false));
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`nothing listens on port ${port}`);
}
