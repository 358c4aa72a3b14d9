/** `parapet run`, `render` and `secret get` against a server on this machine, with real programs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { areas } from '../../sdk/areas.ts';
import { startServer, type TestServer } from '../../sdk/testing/server.ts';
import { run } from '../run.ts';
import { type TestTerminalOptions, testTerminal } from '../testing/terminal.ts';

const ARN = 'arn:aws:secretsmanager:local-1:111122223333:secret:shop/db-a1B2c3';
const secrets = new Map<string, { value: string; version: number; binary?: true }>();
const versionId = (version: number) => `version-${String(version).padStart(30, '0')}`;

let server: TestServer;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  secrets.clear();
  secrets.set('shop/db', { value: '{"password":"hunter2","port":5432,"tls":true,"more":{},"none":null}', version: 1 });
  secrets.set('shop/api', { value: 'api-key', version: 1 });
  secrets.set('shop/blob', { value: 'AAA=', version: 1, binary: true });
  server = await startServer(({ target, body }) => {
    const { SecretId } = JSON.parse(String(body)) as { SecretId: string };
    const found = secrets.get(SecretId);
    if (SecretId === 'shop/denied')
      return { status: 403, json: { code: 'AccessDenied', title: 'AccessDenied', detail: 'not allowed' } };
    if (!found) return { status: 404, json: { code: 'NotFound', title: 'NotFound', detail: 'no such secret' } };
    const VersionId = versionId(found.version);
    if (target.endsWith('/describe-secret'))
      return { json: { ARN, Name: 'shop/db', VersionIdsToStages: { [VersionId]: ['AWSCURRENT'] } } };
    const value = found.binary ? { SecretBinary: found.value } : { SecretString: found.value };
    return { json: { ARN, Name: 'shop/db', VersionId, CreatedDate: '2026-01-01T00:00:00Z', ...value } };
  });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const file = (name: string) => join(folder, name);
async function parapet(words: string[], options: TestTerminalOptions = {}) {
  const terminal = testTerminal({ endpoint: server.endpoint, ...options });
  const code = await run(words, terminal, areas);
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() };
}
const node = (script: string) => ['--', process.execPath, '-e', script];
const show = (name: string) => node(`require('fs').writeFileSync(${JSON.stringify(file('seen'))}, String(${name}))`);

describe('parapet run', () => {
  it('gives values to the program in its environment, and asks for each secret once', async () => {
    const maps = ['A=shop/db:password', 'B=shop/db:port', 'C=shop/db:tls', 'D=shop/api'].flatMap((m) => ['--map', m]);
    const words = [
      'run',
      ...maps,
      ...show('JSON.stringify([process.env.A, process.env.B, process.env.C, process.env.D, process.argv])'),
    ];
    expect(await parapet(words)).toEqual({ code: 0, stdout: '', stderr: '' });
    const [a, b, c, d, argv] = JSON.parse(readFileSync(file('seen'), 'utf8'));
    expect([a, b, c, d]).toEqual(['hunter2', '5432', 'true', 'api-key']);
    expect(JSON.stringify(argv)).not.toContain('hunter2');
    expect(server.seen).toHaveLength(2);
  });

  it.each([
    ['process.exit(7)', 7],
    ["process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9000)", 143],
  ])('ends as the program ends: %s', async (script, code) => {
    expect((await parapet(['run', '--map', 'A=shop/api', ...node(script)])).code).toBe(code);
  });

  it('says when there is no such program', async () => {
    const ran = await parapet(['run', '--', file('none')]);
    expect(ran).toEqual({ code: 127, stdout: '', stderr: `error: ${file('none')} cannot be run (ENOENT)\n` });
  });

  it('names everything that is missing at once, and runs nothing', async () => {
    const wrong = [
      'A=shop/none',
      'B=shop/db:user',
      'C=shop/db:none',
      'D=shop/db:more',
      'E=shop/blob',
      'F=shop/denied',
      'G=shop/api:x',
    ];
    const maps = [...wrong, 'OK=shop/api'].flatMap((m) => ['--map', m]);
    const ran = await parapet(['run', ...maps, ...show("'ran'")]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr.split('\n')).toEqual([
      'error: 7 of 8 values cannot be had',
      '  A: shop/none: no such secret',
      '  B: shop/db has no key user with a text, a number or a flag',
      '  C: shop/db has no key none with a text, a number or a flag',
      '  D: shop/db has no key more with a text, a number or a flag',
      '  E: shop/blob is binary',
      '  F: shop/denied: not allowed',
      '  G: shop/api has no key x with a text, a number or a flag',
      '',
    ]);
    expect(() => readFileSync(file('seen'))).toThrow();
    expect((await parapet(['run', '--map', 'F=shop/denied', ...show("'ran'")])).code).toBe(3);
  });

  it.each([
    [['--map', 'A-B=shop/api'], 'maps no variable'],
    [['--map', 'A=shop/api', '--map', 'A=shop/db'], 'A is mapped twice'],
    [['--interval', '0'], 'whole number of seconds'],
  ])('refuses %j', async (words, message) => {
    const ran = await parapet(['run', ...words, ...show("'ran'")]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(server.seen).toEqual([]);
  });

  /** Each start appends what it was given, and stays until it is told to end. */
  const stay = (listens: boolean) =>
    node(`const fs = require('fs');
      fs.appendFileSync(${JSON.stringify(file('starts'))}, process.env.A + '\\n');
      process.on('SIGTERM', () => { if (${listens}) process.exit(0); });
      setInterval(() => { if (fs.existsSync(${JSON.stringify(file('end'))})) process.exit(5); }, 10);`);
  const starts = () => readFileSync(file('starts'), 'utf8').split('\n').filter(Boolean);
  async function until(holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 20_000; ; ) {
      try {
        if (holds()) return;
      } catch {
        // Not yet.
      }
      if (Date.now() > end) throw new Error('it did not come to that');
      await sleep(10);
    }
  }
  const paused: number[] = [];
  const pause = (milliseconds: number, over?: AbortSignal) => {
    paused.push(milliseconds);
    return sleep(20, undefined, over && { signal: over }).catch(() => undefined);
  };

  it('starts the program anew when a value changed, and only then', async () => {
    const ran = parapet(['run', '--watch', '--map', 'A=shop/db:password', ...stay(true)], { pause });
    await until(() => starts().length === 1);
    // Another version with the same value is no change.
    secrets.set('shop/db', { value: '{"password":"hunter2","x":1}', version: 2 });
    const asked = server.seen.length;
    await until(() => server.seen.length > asked + 5);
    expect(starts()).toEqual(['hunter2']);
    secrets.set('shop/db', { value: '{"password":"hunter3"}', version: 3 });
    await until(() => starts().length === 2);
    // What cannot be had leaves the program as it is.
    secrets.set('shop/db', { value: '{}', version: 4 });
    const before = server.seen.length;
    await until(() => server.seen.length > before + 5);
    writeFileSync(file('end'), '');
    const { code, stderr } = await ran;
    expect(code).toBe(5);
    expect(starts()).toEqual(['hunter2', 'hunter3']);
    expect(stderr).toContain('secrets changed, starting anew');
    expect(stderr).toContain('the program goes on with the old ones');
    expect(stderr).not.toContain('hunter');
    expect(paused).toContain(10_000);
    expect(paused).toContain(2_000);
  });

  it('kills a program that does not listen', async () => {
    paused.length = 0;
    const ran = parapet(['run', '--watch', '--map', 'A=shop/db:password', ...stay(false)], { pause });
    await until(() => starts().length === 1);
    secrets.set('shop/db', { value: '{"password":"hunter3"}', version: 2 });
    await until(() => starts().length === 2);
    writeFileSync(file('end'), '');
    expect((await ran).code).toBe(5);
    expect(paused).toContain(30_000);
  });
});

describe('parapet render', () => {
  const template = (text: string) => {
    writeFileSync(file('app.tmpl'), text);
    return file('app.tmpl');
  };

  it('fills a template into a file', async () => {
    const path = template('db: {{ secret "shop/db" "password" }}\napi: {{ secret "shop/api" }}\n');
    expect(await parapet(['render', path, '-o', file('app.conf')])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(file('app.conf'), 'utf8')).toBe('db: hunter2\napi: api-key\n');
    expect((await parapet(['render', '-'], { stdin: '{{ secret "shop/api" }}' })).stdout).toBe('api-key');
  });

  it('writes nothing when something is missing', async () => {
    const path = template('{{ secret "shop/db" "user" }}\n{{ secret "shop/none" }}{{ secret "shop/api" }}');
    const ran = await parapet(['render', path, '-o', file('app.conf')]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('error: 2 of 3 values cannot be had');
    expect(ran.stderr).toContain('app.tmpl line 2');
    expect(() => readFileSync(file('app.conf'))).toThrow();
  });

  it('shows secrets on a screen only when told to', async () => {
    const path = template('{{ secret "shop/api" }}');
    const refused = await parapet(['render', path], { isScreen: true });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('would be on the screen');
    expect((await parapet(['render', path, '--show'], { isScreen: true })).stdout).toBe('api-key');
  });
});

describe('parapet secret get', () => {
  it('prints one value as it is, to a pipe', async () => {
    expect(await parapet(['secret', 'get', 'shop/db:password'])).toEqual({ code: 0, stdout: 'hunter2', stderr: '' });
    expect((await parapet(['secret', 'get', 'shop/api'], { isScreen: true })).code).toBe(1);
    expect((await parapet(['secret', 'get', 'shop/api', '--show'], { isScreen: true })).stdout).toBe('api-key');
    expect((await parapet(['secret', 'get', 'shop/none'])).stderr).toContain('shop/none: no such secret');
  });
});
