/** moto's server: an object store that is not ours, and that checks the signature of every request. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const MOTO = resolve(import.meta.dirname, '../../../node_modules/.moto/bin/moto_server');
const REGION = 'eu-central-1';
/** To make the user, its key, its policy and the bucket; from then on requests are authenticated. */
const UNSIGNED_ACTIONS = '4';
const POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}';

export interface S3Server {
  port: number;
  /** With the bucket. */
  url: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** The AWS CLI with these credentials; its JSON. */
  aws(...args: string[]): Record<string, unknown>;
  stop(): Promise<void>;
}

export async function startS3(bucket = 'lists'): Promise<S3Server> {
  if (!existsSync(MOTO)) throw new Error('the object store of the tests is missing: node scripts/setup.mjs test');
  const port = await freePort();
  const child = spawn(MOTO, ['-H', '127.0.0.1', '-p', String(port)], {
    env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: UNSIGNED_ACTIONS },
    stdio: 'ignore',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await reachable(endpoint, child);
    const as =
      ({ accessKeyId, secretAccessKey }: S3Server['credentials']) =>
      (...args: string[]) =>
        execFileSync('aws', ['--endpoint-url', endpoint, '--region', REGION, '--output', 'json', ...args], {
          encoding: 'utf8',
          env: { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
    const aws = as({ accessKeyId: 'first', secretAccessKey: 'first' });
    aws('iam', 'create-user', '--user-name', 'parapet');
    const { AccessKey } = JSON.parse(aws('iam', 'create-access-key', '--user-name', 'parapet'));
    aws('iam', 'put-user-policy', '--user-name', 'parapet', '--policy-name', 'all', '--policy-document', POLICY);
    const place = `LocationConstraint=${REGION}`;
    aws('s3api', 'create-bucket', '--bucket', bucket, '--create-bucket-configuration', place);
    const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
    const own = as(credentials);
    return {
      ...{ port, url: `${endpoint}/${bucket}`, region: REGION, credentials },
      aws: (...args) => JSON.parse(own(...args)) as Record<string, unknown>,
      stop: () => ended(child),
    };
  } catch (error) {
    await ended(child);
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function reachable(endpoint: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    if (
      await fetch(`${endpoint}/moto-api/`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('the object store did not start');
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGKILL');
  });
}
