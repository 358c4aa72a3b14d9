import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { operations } from '../derive/operations.ts';
import { ConfigError } from '../platform/config/config.ts';
import { kebabCase } from '../platform/contract/operation.ts';
import { areas as realAreas } from '../sdk/areas.ts';
import { areas } from '../sdk/testing/fixture.ts';
import { type Reply, type SeenRequest, startServer, type TestServer } from '../sdk/testing/server.ts';
import { memberOptions } from './input/member-options.ts';
import { run } from './run.ts';
import { type TestTerminalOptions, testTerminal } from './testing/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  seen: SeenRequest[];
}

type Answer = (request: SeenRequest, index: number) => Reply;

async function parapet(
  words: string[],
  answer: Answer = () => ({ json: {} }),
  options: TestTerminalOptions = {},
): Promise<Outcome> {
  server = await startServer(answer);
  const terminal = testTerminal({ endpoint: server.endpoint, ...options });
  const code = await run(words, terminal, areas);
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr(), seen: server.seen };
}

const bodyOf = (outcome: Outcome) => JSON.parse(String(outcome.seen[0]?.body));
const problem =
  (status: number, code: string, more: object = {}): Answer =>
  () => ({
    status,
    json: { code, title: code, status, detail: `${code} happened`, requestId: 'r-1', ...more },
  });

describe('a command', () => {
  it('sends its options as native JSON, signed, and prints the answer as JSON', async () => {
    const answer = { BoxId: 'box-1', CreationDate: '2026-01-02T03:04:05.000Z', OfALaterVersion: 1 };
    const words = [
      'boxes',
      'create-box',
      '--description',
      'a box',
      '--size',
      '3',
      '--no-sealed',
      '--opens-at',
      '2026-02-01',
    ];
    const outcome = await parapet(
      [...words, '--tags', 'TagKey=a,TagValue=1', '--tags', '{"TagKey":"b","TagValue":"2"}'],
      () => ({ json: answer }),
    );
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toEqual(answer);
    expect(outcome.seen[0]).toMatchObject({ verified: 'ok', target: '/v1/boxes/create-box' });
    expect(bodyOf(outcome)).toEqual({
      Description: 'a box',
      Size: 3,
      Sealed: false,
      OpensAt: '2026-02-01T00:00:00Z',
      Tags: [
        { TagKey: 'a', TagValue: '1' },
        { TagKey: 'b', TagValue: '2' },
      ],
    });
  });

  it('reads whole lists of structures, maps and lists of text', async () => {
    const tags = '[{"TagKey":"a","TagValue":"1"}]';
    expect(bodyOf(await parapet(['boxes', 'create-box', '--tags', tags]))).toEqual({ Tags: JSON.parse(tags) });
    const words = [
      'boxes',
      'seal',
      '--box-id',
      'b',
      '--plaintext',
      'hello',
      '--context',
      'a=1',
      'b=2',
      '--labels',
      '[x]',
      'y',
    ];
    expect(bodyOf(await parapet(words))).toEqual({
      BoxId: 'b',
      Plaintext: 'aGVsbG8=',
      Context: { a: '1', b: '2' },
      Labels: ['[x]', 'y'],
    });
  });

  it('takes the whole input as JSON from a value, a file or the standard input; options win', async () => {
    const path = join(folder, 'input.json');
    writeFileSync(path, '{"Size":1,"Spec":"LARGE"}');
    expect(bodyOf(await parapet(['boxes', 'create-box', '--input-json', '{"Size":1}']))).toEqual({ Size: 1 });
    expect(bodyOf(await parapet(['boxes', 'create-box', '--input-json', `@${path}`, '--size', '2']))).toEqual({
      Size: 2,
      Spec: 'LARGE',
    });
    expect(
      bodyOf(await parapet(['boxes', 'create-box', '--input-json', '@-'], undefined, { stdin: '{"Size":7}' })),
    ).toEqual({ Size: 7 });
  });

  it('reads bytes from the standard input', async () => {
    const outcome = await parapet(['boxes', 'seal', '--box-id', 'b', '--plaintext', 'fileb://-'], undefined, {
      stdin: 'from a pipe',
    });
    expect(Buffer.from(bodyOf(outcome).Plaintext, 'base64').toString()).toBe('from a pipe');
  });

  it('prints nothing where the operation answers nothing', async () => {
    expect(await parapet(['boxes', 'drop-box', '--box-id', 'b'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('prints tables', async () => {
    const outcome = await parapet(['boxes', 'list-boxes', '--output', 'table'], () => ({
      json: { Boxes: [{ BoxId: 'a', Size: 1 }], Truncated: false },
    }));
    expect(outcome.stdout).toBe('Truncated  false\n\nBoxes\nBoxId  Size\n-----  ----\na      1\n');
  });

  it('follows the pages with --all', async () => {
    const outcome = await parapet(['boxes', 'list-boxes', '--limit', '1', '--all'], (_, i) => ({
      json: { Boxes: [{ BoxId: `b${i}` }], Truncated: i < 2, ...(i < 2 && { NextMarker: `m${i}` }) },
    }));
    expect(JSON.parse(outcome.stdout)).toEqual({ Boxes: [{ BoxId: 'b0' }, { BoxId: 'b1' }, { BoxId: 'b2' }] });
    expect(outcome.seen.map((request) => request.target)).toContain('/v1/boxes/boxes?Limit=1&Marker=m1');
  });

  it('saves binary members into private files and keeps them off the screen', async () => {
    const path = join(folder, 'sealed.bin');
    const words = ['boxes', 'seal', '--box-id', 'b', '--plaintext', 'x', '--save', `Sealed=${path}`];
    const outcome = await parapet(words, () => ({ json: { Sealed: 'AP8K', BoxArn: 'arn:x' } }));
    expect(readFileSync(path)).toEqual(Buffer.from([0, 255, 10]));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(outcome.stdout)).toEqual({ Sealed: `saved to ${path}`, BoxArn: 'arn:x' });
  });

  it('prints the curl command and sends nothing with --curl', async () => {
    const outcome = await parapet(['boxes', 'create-box', '--size', '3', '--curl']);
    expect(outcome).toMatchObject({ code: 0, seen: [] });
    expect(outcome.stdout).toMatch(/^curl /);
    expect(outcome.stdout).not.toContain('a-secret-of-the-tests');
  });

  it('shows attempts with --debug, but neither credentials nor bodies', async () => {
    const words = ['boxes', 'seal', '--box-id', 'b', '--plaintext', 'canary', '--debug'];
    const outcome = await parapet(words, (_, i) =>
      i === 0 ? { status: 503, json: { code: 'Unavailable' } } : { json: {} },
    );
    expect(outcome.stderr).toMatch(
      /^debug: Seal #1 POST \/v1\/boxes\/seal 503 \d+ ms req-1, again in \d+ ms\ndebug: Seal #2 .* 200 /,
    );
    expect(outcome.stderr).not.toMatch(/canary|Y2FuYXJ5|a-secret|AKIA|Signature/);
  });

  it('shows route, permission and examples in its help', async () => {
    const outcome = await parapet(['boxes', 'seal', '--help']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    for (const text of [
      'POST /v1/boxes/seal',
      'boxes:Seal on boxes:box',
      '--plaintext <bytes>',
      '(required)',
      'parapet boxes seal --box-id box-1',
    ])
      expect(outcome.stdout).toContain(text);
  });
});

describe('exit codes and errors', () => {
  it.each([
    [2, 'a refusal', problem(404, 'NotFound')],
    [2, 'a fault of the server', problem(500, 'Internal')],
    [3, 'a denial', problem(403, 'AccessDenied', { decisionId: 'd-1' })],
    [3, 'credentials that are not accepted', problem(401, 'Unauthenticated')],
    [4, 'an answer of something else', () => ({ status: 404, headers: { 'content-type': 'text/html' }, json: 'no' })],
  ] as const)('are %i for %s', async (code, _, answer) => {
    const outcome = await parapet(['boxes', 'get-box', '--box-id', 'b'], answer);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toMatch(/^error: /);
  });

  it('are 4 when there is no server', async () => {
    const outcome = await parapet(['boxes', 'get-box', '--box-id', 'b', '--endpoint', 'http://127.0.0.1:9']);
    expect(outcome).toMatchObject({ code: 4, seen: [] });
    expect(outcome.stderr).toContain(
      'error: Unreachable: http://127.0.0.1:9 cannot be reached (ECONNREFUSED)\n  hint: ',
    );
  });

  it.each([
    ['an unknown area', ['moon']],
    ['an unknown operation', ['boxes', 'open-box']],
    ['an unknown option', ['boxes', 'get-box', '--colour', 'red']],
    ['an option without value', ['boxes', 'get-box', '--box-id']],
    ['a word too many', ['boxes', 'get-box', 'b', '--box-id', 'b']],
    ['a missing member', ['boxes', 'get-box']],
    ['a value out of bounds', ['boxes', 'create-box', '--size', '1000']],
    ['a value that is not allowed', ['boxes', 'create-box', '--spec', 'HUGE']],
    ['an unknown member of the whole input', ['boxes', 'create-box', '--input-json', '{"Colour":"red"}']],
    ['a whole input that is no object', ['boxes', 'create-box', '--input-json', '[]']],
    ['a whole input that is no JSON', ['boxes', 'create-box', '--input-json', '{']],
    ['a missing file', ['boxes', 'create-box', '--policy', 'file:///nonexistent/x']],
    ['a key that is given twice', ['boxes', 'seal', '--box-id', 'b', '--plaintext', 'x', '--context', 'a=1', 'a=2']],
    ['a member that cannot be saved', ['boxes', 'seal', '--box-id', 'b', '--plaintext', 'x', '--save', 'BoxArn=x']],
    ['an endpoint without encryption', ['boxes', 'get-box', '--box-id', 'b', '--endpoint', 'http://example.com']],
  ])('are 1 for %s, and nothing is sent', async (_, words) => {
    const outcome = await parapet(words);
    expect(outcome).toMatchObject({ code: 1, stdout: '', seen: [] });
    expect(outcome.stderr).toMatch(/^error: /);
  });

  it('name the option that is wrong', async () => {
    const outcome = await parapet(['boxes', 'seal', '--box-id', 'b']);
    expect(outcome.stderr).toContain('  --plaintext must be present\n');
  });

  it('name the option that the server found wrong', async () => {
    const issues = [{ pointer: '/BoxId', rule: 'custom', message: 'is not a box' }];
    const outcome = await parapet(['boxes', 'get-box', '--box-id', 'b'], problem(400, 'Validation', { issues }));
    expect(outcome.stderr).toContain('  --box-id is not a box\n');
  });

  it('show hint, request id, decision id and how to have it explained', async () => {
    const outcome = await parapet(
      ['boxes', 'get-box', '--box-id', 'b'],
      problem(403, 'AccessDenied', { hint: 'ask', decisionId: 'd-1' }),
    );
    expect(outcome.stderr.split('\n').slice(1)).toEqual([
      '  hint: ask',
      '  request id: r-1',
      '  decision id: d-1',
      '  explain: parapet authz get-decision --decision-id d-1',
      '',
    ]);
  });

  it('are 1 without credentials and with half of them', async () => {
    const words = ['boxes', 'get-box', '--box-id', 'b'];
    const none = await parapet(words, undefined, { settings: { accessKey: undefined as never } });
    expect(none).toMatchObject({ code: 1, seen: [] });
    expect(none.stderr).toContain('eval "$(parapet env)"');
    const terminal = testTerminal();
    terminal.settings = () => {
      throw new ConfigError('AWS_ACCESS_KEY_ID is not set');
    };
    expect(await run(words, terminal, areas)).toBe(1);
    expect(terminal.stderr()).toBe('error: AWS_ACCESS_KEY_ID is not set\n');
  });

  it('are 1 when the CA file cannot be read', async () => {
    const outcome = await parapet(['boxes', 'get-box', '--box-id', 'b'], undefined, {
      settings: { caFile: '/nonexistent/ca.pem' },
    });
    expect(outcome).toMatchObject({ code: 1, seen: [] });
    expect(outcome.stderr).toContain('the CA file /nonexistent/ca.pem cannot be read');
  });

  it('leave no file behind when the service refuses', async () => {
    const path = join(folder, 'refused.bin');
    const words = ['boxes', 'seal', '--box-id', 'b', '--plaintext', 'x', '--save', `Sealed=${path}`];
    expect(await parapet(words, problem(404, 'NotFound'))).toMatchObject({ code: 2 });
    expect(existsSync(path)).toBe(false);
  });
});

describe('the commands of the product', () => {
  it('are as many as there are public operations, in the areas of their routes', () => {
    const names = Object.entries(realAreas).flatMap(([area, all]) =>
      Object.values(all).map((o) => `${area} ${o.name}`),
    );
    expect(names.sort()).toEqual(operations.map((o) => `${o.area} ${o.name}`).sort());
  });

  it.each(operations.map((o) => [`${o.area} ${o.name}`, o] as const))(
    '%s has an option of its own for every member',
    (_, operation) => {
      const options = memberOptions(operation);
      expect(new Set(options.map((option) => option.attribute)).size).toBe(options.length);
      expect(options.map((option) => option.flag).filter((flag) => flag.startsWith('--no-'))).toEqual([]);
    },
  );

  it('all show their help', async () => {
    for (const [area, all] of Object.entries(realAreas)) {
      for (const operation of Object.values(all)) {
        const terminal = testTerminal();
        const name = kebabCase(operation.name);
        expect(await run([area, name, '--help'], terminal, realAreas), `${area} ${name}`).toBe(0);
        expect(terminal.stdout()).toContain(`parapet ${area} ${name}`);
      }
    }
  });
});
