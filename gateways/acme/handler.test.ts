import { expect, it } from 'vitest';
import { RequestLimits } from '../../platform/http/request-limits.ts';
import type { FrontRequest } from '../../platform/http/server.ts';
import { type AcmeClient, createAcmeHandler } from './handler.ts';

const rates = { principalPerSecond: 1, principalBurst: 1, refusalsPerSecond: 1, refusalBurst: 10 };

function asked(hosts: readonly string[]) {
  const bases: string[] = [];
  const pca: AcmeClient = {
    AnswerAcmeRequest: async ({ Base }) => {
      bases.push(Base);
      return { Status: 200, Headers: [], Body: Buffer.alloc(0) };
    },
  };
  const onError = (error: unknown) => {
    throw error;
  };
  const handle = createAcmeHandler({ pca, limits: new RequestLimits(rates, () => 0), hosts, onError });
  return {
    bases,
    under(host: string | undefined, method = 'GET') {
      const request: FrontRequest = {
        ...{ method, rawTarget: '/acme/a/directory', path: '/acme/a/directory', query: '' },
        ...{ rawHeaders: [], headerNames: [], headers: new Map(host === undefined ? [] : [['host', host]]) },
        ...{ body: Buffer.alloc(0), remoteAddress: '192.0.2.1', tls: undefined, requestId: 'r', receivedAt: 0 },
        signal: new AbortController().signal,
      };
      return handle(request);
    },
  };
}

it.each(['acme.example.com', 'ACME.example.com', 'acme.example.com:443', 'ca.example.com:8443'])(
  'answers under a host of the installation: %s',
  async (host) => {
    const { under, bases } = asked(['acme.example.com', 'ca.example.com:8443']);
    expect((await under(host)).status).toBe(200);
    // As the client wrote it: that is what it signs.
    expect(bases).toEqual([`https://${host}`]);
  },
);

it.each([
  'evil.example.org',
  'acme.example.com:8443',
  'ca.example.com',
  'ca.example.com:443',
  'acme.example.com.evil.example.org',
  'acme.example.com, evil.example.org',
  'acme.example.com@evil.example.org',
  '',
  undefined,
])('refuses every other host before anything is asked: %s', async (host) => {
  const { under, bases } = asked(['acme.example.com', 'ca.example.com:8443']);
  for (const method of ['GET', 'HEAD', 'POST']) {
    const { status, body } = await under(host, method);
    expect(status).toBe(421);
    expect(JSON.parse(String(body))).toMatchObject({ type: 'urn:ietf:params:acme:error:unauthorized' });
  }
  expect(bases).toEqual([]);
});

it('answers under every host where the installation names none', async () => {
  const { under } = asked([]);
  expect((await under('anything.example.org:1')).status).toBe(200);
});
