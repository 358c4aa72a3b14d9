/** The clients that users have: the AWS CLI of Debian, the AWS SDK v3, curl, and our own SDK. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { ACMPCAClient } from '@aws-sdk/client-acm-pca';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { SharedServer } from './shared.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

type Target = Pick<SharedServer, 'endpoint' | 'caPath' | 'admin'>;

export function adminCredentials(server: Target): Credentials {
  return { accessKeyId: server.admin.accessKeyId, secretAccessKey: server.admin.secretAccessKey };
}

/** SDK clients with default settings, but for endpoint, trust and credentials. */
export function awsClients(server: Target, credentials: Credentials = adminCredentials(server)) {
  const settings = {
    endpoint: server.endpoint,
    region: server.admin.region,
    credentials,
    requestHandler: new NodeHttpHandler({
      httpsAgent: new Agent({ keepAlive: true, ca: readFileSync(server.caPath) }),
    }),
  };
  return {
    kms: new KMSClient(settings),
    iam: new IAMClient(settings),
    sts: new STSClient(settings),
    secrets: new SecretsManagerClient(settings),
    // Its last release in the registry is older than the others; what it takes is the same.
    pca: new ACMPCAClient(settings as never),
    organizations: new OrganizationsClient(settings),
  };
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export function run(command: string, args: string[], env: Record<string, string> = {}, timeout = 60_000): Promise<Ran> {
  return new Promise((done) => {
    execFile(
      command,
      args,
      { env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env }, maxBuffer: 64 << 20, timeout },
      (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });
}

const ran = new Map<string, number>();
const SECOND_MS = 1_000;

/**
 * The unmodified AWS CLI. Version 2.9 does not read AWS_ENDPOINT_URL, so the endpoint is passed. It sends no invocation
 * id, and signatures have whole seconds: an equal command of the same second would be refused as a copy.
 */
export async function aws(
  server: Target,
  args: string[],
  credentials: Credentials = adminCredentials(server),
): Promise<Ran> {
  const command = JSON.stringify([args, credentials.accessKeyId]);
  const wait = (ran.get(command) ?? 0) + SECOND_MS - Date.now();
  if (wait > 0) await new Promise((resume) => setTimeout(resume, wait));
  const answer = await run(
    '/usr/bin/aws',
    ['--endpoint-url', server.endpoint, '--output', 'json', ...args],
    environment(server, credentials),
  );
  ran.set(command, Date.now());
  return answer;
}

export function environment(server: Target, credentials: Credentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken !== undefined && { AWS_SESSION_TOKEN: credentials.sessionToken }),
    AWS_REGION: server.admin.region,
    AWS_DEFAULT_REGION: server.admin.region,
    AWS_CA_BUNDLE: server.caPath,
    NODE_EXTRA_CA_CERTS: server.caPath,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    AWS_ENDPOINT_URL: server.endpoint,
    PARAPET_ENDPOINT: server.endpoint,
  };
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  body: Buffer;
  json(): Record<string, unknown>;
}

/** One HTTPS request without any client logic. */
export function raw(
  server: Target,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string | Buffer; agent?: Agent },
): Promise<RawAnswer> {
  return new Promise((done, failed) => {
    const outgoing = request(
      `${server.endpoint}${options.path ?? '/'}`,
      {
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        ...(options.agent ? { agent: options.agent } : { ca: readFileSync(server.caPath), agent: false }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const body = Buffer.concat(chunks);
          const text = body.toString('utf8');
          const { statusCode: status = 0, headers } = incoming;
          done({ status, headers, text, body, json: () => JSON.parse(text) });
        });
      },
    );
    outgoing.on('error', failed);
    outgoing.end(options.body);
  });
}

/** Waits until `look` answers something, at most `ms`. */
export async function eventually<T>(look: () => Promise<T | undefined | false>, ms = 20_000): Promise<T> {
  const until = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > until) throw new Error(`did not happen within ${ms} ms`);
    await new Promise((again) => setTimeout(again, 25));
  }
}
