import { afterEach, describe, expect, it } from 'vitest';
import { areas } from '../../sdk/areas.ts';
import { type Reply, type SeenRequest, startServer, type TestServer } from '../../sdk/testing/server.ts';
import { run } from '../run.ts';
import { type TestTerminalOptions, testTerminal } from '../testing/terminal.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function parapet(words: string[], answer: (request: SeenRequest) => Reply, options: TestTerminalOptions = {}) {
  server = await startServer(answer);
  const terminal = testTerminal({ endpoint: server.endpoint, ...options });
  const code = await run(words, terminal, areas);
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr(), seen: server.seen };
}

const identity = {
  UserId: 'AIDAEXAMPLEEXAMPLE12',
  Account: '111122223333',
  Arn: 'arn:aws:iam::111122223333:user/alice',
};

describe('parapet whoami', () => {
  it('names the principal', async () => {
    const outcome = await parapet(['whoami'], () => ({ json: identity }));
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain('Arn      arn:aws:iam::111122223333:user/alice\n');
    expect(outcome.seen[0]).toMatchObject({ verified: 'ok', target: '/v1/sts/get-caller-identity' });
  });
});

describe('parapet can-i', () => {
  const answer = (Decision: 'Allow' | 'Deny') => ({
    json: {
      Decision,
      Reason: Decision === 'Allow' ? 'allow' : 'explicit-deny',
      Message: 'because of a policy',
      DecisionId: '019a0c1e-7b00-7000-8000-000000000001',
      MissingContextKeys: ['aws:SourceIp'],
      Layers: [
        {
          Layer: 'identity',
          Outcome: 'deny',
          Statements: [{ PolicyArn: 'arn:aws:iam::111122223333:policy/p', Sid: 'NoNight', Index: 1, Line: 7 }],
        },
      ],
    },
  });

  it('exits with 0 for yes and 1 for no, and says why', async () => {
    expect(await parapet(['can-i', 'kms:Decrypt', '*'], () => answer('Allow'))).toMatchObject({ code: 0 });
    await server?.close();
    const no = await parapet(['can-i', 'kms:Decrypt', '*'], () => answer('Deny'));
    expect(no.code).toBe(1);
    expect(no.stdout).toBe(
      [
        'no (explicit-deny): because of a policy',
        '  identity: deny',
        '    arn:aws:iam::111122223333:policy/p, statement NoNight, line 7',
        '  unknown in this request: aws:SourceIp',
        '  decision id: 019a0c1e-7b00-7000-8000-000000000001',
        '',
      ].join('\n'),
    );
  });

  it('asks about somebody else and with condition keys', async () => {
    const words = ['can-i', 'kms:Decrypt', 'arn:aws:kms:local-1:111122223333:key/k', '--principal', identity.Arn];
    const outcome = await parapet([...words, '--context', 'a:One=1', 'a:Two=x,a:Two=y'], () => answer('Allow'));
    expect(JSON.parse(String(outcome.seen[0]?.body))).toEqual({
      Action: 'kms:Decrypt',
      Resource: 'arn:aws:kms:local-1:111122223333:key/k',
      Principal: identity.Arn,
      Explain: true,
      Context: { 'a:One': '1', 'a:Two': ['x', 'y'] },
    });
  });

  it('tells "no" from "may not ask"', async () => {
    const refused = { status: 403, json: { code: 'AccessDenied', detail: 'not you', decisionId: 'd' } };
    expect(await parapet(['can-i', 'kms:Decrypt', '*'], () => refused)).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('parapet doctor', () => {
  const ready = {
    status: 'ready',
    dependencies: { hsm: { ok: true, detail: 'SoftHSM' }, store: { ok: true, detail: 'SQLite' } },
  };
  const healthy = (request: SeenRequest): Reply => {
    if (request.target === '/healthz') return { json: { status: 'alive' } };
    return request.target === '/readyz' ? { json: ready } : { json: identity };
  };
  const lines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, 18).trimEnd());

  it('looks at everything on the way and exits with 0', async () => {
    const outcome = await parapet(['doctor'], healthy);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(lines(outcome.stdout)).toEqual([
      'ok    endpoint',
      'ok    clock',
      'ok    hsm',
      'ok    store',
      'ok    credentials',
    ]);
    expect(outcome.stdout).toContain(identity.Arn);
  });

  it('exits with 4 when there is no server, and asks no further', async () => {
    const outcome = await parapet(['doctor', '--endpoint', 'http://127.0.0.1:9'], healthy);
    expect(outcome).toMatchObject({ code: 4, seen: [] });
    expect(lines(outcome.stdout)).toEqual(['FAIL  endpoint']);
  });

  it('exits with 2 when the HSM is gone, and still looks at the credentials', async () => {
    const gone = {
      status: 'not ready',
      dependencies: { ...ready.dependencies, hsm: { ok: false, detail: 'no token' } },
    };
    const outcome = await parapet(['doctor'], (request) =>
      request.target === '/readyz' ? { status: 503, json: gone } : healthy(request),
    );
    expect(outcome.code).toBe(2);
    expect(lines(outcome.stdout)).toEqual([
      'ok    endpoint',
      'ok    clock',
      'FAIL  hsm',
      'ok    store',
      'ok    credentials',
    ]);
    expect(outcome.stdout).toContain('no token');
  });

  it('asks the HSM itself where the server does not name it', async () => {
    const gateway = { status: 'ready', dependencies: { iam: { ok: true, detail: 'reachable' } } };
    const behind = (answer: Reply) => (request: SeenRequest) => {
      if (request.target === '/readyz') return { json: gateway };
      return request.target === '/v1/kms/generate-random' ? answer : healthy(request);
    };
    const well = await parapet(['doctor'], behind({ json: { Plaintext: 'AA==' } }));
    expect(well.code).toBe(0);
    expect(lines(well.stdout).slice(2)).toEqual(['ok    iam', 'ok    credentials', 'ok    hsm']);
    await server?.close();
    const refused = { status: 403, json: { code: 'AccessDenied', detail: 'not you' } };
    const unknown = await parapet(['doctor'], behind(refused));
    expect(unknown).toMatchObject({ code: 0 });
    expect(unknown.stdout).toContain('not looked at');
    await server?.close();
    const gone = {
      status: 503,
      headers: { 'retry-after': '60' },
      json: { code: 'Unavailable', detail: 'the HSM cannot be reached' },
    };
    const failed = await parapet(['doctor'], behind(gone));
    expect(failed.code).toBe(2);
    expect(failed.stdout).toContain('FAIL  hsm          Unavailable: the HSM cannot be reached');
  });

  it('exits with 1 when the clock is wrong', async () => {
    const outcome = await parapet(['doctor'], healthy, { now: () => Date.now() + 400_000 });
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toMatch(/FAIL {2}clock +(399|400|401) s ahead of the server; .*set the clock/);
  });

  it('exits with 3 when the credentials are not accepted, and with 1 when there are none', async () => {
    const refused = {
      status: 401,
      json: { code: 'Unauthenticated', detail: 'the access key is disabled', hint: 'enable it' },
    };
    const outcome = await parapet(['doctor'], (request) =>
      request.target.startsWith('/v1/') ? refused : healthy(request),
    );
    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toContain('FAIL  credentials  Unauthenticated: the access key is disabled; hint: enable it');
    await server?.close();
    const none = await parapet(['doctor'], healthy, { settings: { accessKey: undefined as never } });
    expect(none.code).toBe(1);
    expect(none.stdout).toContain('FAIL  credentials  none are set');
  });
});
