import { KMSClient, type KMSClientConfig, ListKeysCommand } from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { parseSigV4 } from './parse.ts';
import type { SignedHttpRequest } from './types.ts';
import { verifySigV4 } from './verify.ts';

const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'secret-of-the-example-key-0123456789' };
const REGION = 'eu-x-private-1';

/** Runs a command against a request handler that keeps the signed request and answers nothing useful. */
async function capture(run: (config: KMSClientConfig) => Promise<unknown>): Promise<SignedHttpRequest> {
  let captured: SignedHttpRequest | undefined;
  const requestHandler = {
    async handle(request: { method: string; path: string; headers: Record<string, string>; body?: string }) {
      captured = {
        method: request.method,
        rawTarget: request.path,
        rawHeaders: Object.entries(request.headers).flat(),
        body: Buffer.from(request.body ?? ''),
      };
      throw new Error('captured');
    },
  };
  const config = { region: REGION, endpoint: 'https://127.0.0.1:8443', maxAttempts: 1, requestHandler };
  await run(config as unknown as KMSClientConfig).catch(() => undefined);
  if (captured === undefined) throw new Error('the client sent nothing');
  return captured;
}

function verify(request: SignedHttpRequest, service: string) {
  const parsed = parseSigV4(request);
  if (!parsed?.ok) return parsed;
  return verifySigV4(parsed, request, CREDENTIALS.secretAccessKey, {
    now: Date.now(),
    service,
    regions: new Set([REGION]),
  });
}

describe('requests signed by the AWS SDK for JavaScript', () => {
  it('verifies a JSON 1.1 request', async () => {
    const request = await capture((config) =>
      new KMSClient({ ...config, credentials: CREDENTIALS }).send(new ListKeysCommand({ Limit: 10 })),
    );
    expect(verify(request, 'kms')).toMatchObject({ ok: true });
    expect(verify({ ...request, body: Buffer.from('{"Limit":11}') }, 'kms')).toMatchObject({ ok: false });
  });

  it('verifies a Query request with a session token', async () => {
    const credentials = { ...CREDENTIALS, sessionToken: 'token/with+signs==' };
    const request = await capture((config) =>
      new STSClient({ ...config, credentials } as never).send(new GetCallerIdentityCommand({})),
    );
    expect(parseSigV4(request)).toMatchObject({ ok: true, sessionToken: 'token/with+signs==' });
    expect(verify(request, 'sts')).toMatchObject({ ok: true });
  });
});
