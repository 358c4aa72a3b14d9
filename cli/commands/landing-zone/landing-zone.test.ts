import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { areas } from '../../../sdk/areas.ts';
import { run } from '../../run.ts';
import { testTerminal } from '../../testing/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-lz-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function lz(...words: string[]) {
  const terminal = testTerminal();
  const code = await run(['lz', ...words], terminal, areas);
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

const file = (name: string, text?: string) => {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
};

it('writes a blueprint with the names it was given, once', async () => {
  const path = file('new.yaml');
  expect(await lz('init', path, '--name', 'acme', '--domain', 'acme.example')).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(path, 'utf8')).toContain('name: acme');
  expect(readFileSync(path, 'utf8')).toContain('# What every member account is bound by.');
  expect(await lz('validate', path)).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('9 accounts'),
  });
  expect(await lz('init', path)).toMatchObject({ code: 1, stderr: expect.stringContaining('exists') });
  expect(await lz('init', path, '--force')).toMatchObject({ code: 0 });
  expect(await lz('init', file('x.yaml'), '--blueprint', 'none')).toMatchObject({ code: 1 });
});

it('points at line and column of every fault, in every file', async () => {
  file('more.yaml', 'accounts:\n  - {key: a, name: A, email: a@b.example, parent: nowhere}\n');
  const main = file(
    'main.yaml',
    'apiVersion: parapet/v1\nkind: LandingZone\nmetadata: {name: acme}\ninclude: [more.yaml]\nsettings:\n  colour: red\n',
  );
  const checked = await lz('validate', main);
  expect(checked.code).toBe(1);
  expect(checked.stderr).toContain(`${main}:6:3: error: colour is not a field of settings`);
  writeFileSync(main, readFileSync(main, 'utf8').replace('settings:\n  colour: red\n', ''));
  expect((await lz('validate', main)).stderr).toContain('more.yaml:2:51: error: nowhere is the key of no root or unit');
  const asJson = await lz('validate', main, '--output', 'json');
  expect(JSON.parse(asJson.stdout)).toMatchObject([{ code: 'unknown-key', file: 'more.yaml', line: 2, column: 51 }]);
});

it('sends nothing that is not a landing zone', async () => {
  const bad = file('bad.yaml', 'apiVersion: parapet/v1\nkind: LandingZone\n');
  expect(await lz('plan', bad)).toMatchObject({ code: 1, stderr: expect.stringContaining('metadata is missing') });
  expect(await lz('apply', '--file', bad)).toMatchObject({ code: 1 });
  expect(await lz('plan', file('absent.yaml'))).toMatchObject({ code: 1, stderr: expect.stringContaining('lz init') });
  expect(await lz('apply')).toMatchObject({ code: 1 });
});

it('draws the tree and prints the schema', async () => {
  const path = file('drawn.yaml');
  await lz('init', path);
  const { stdout } = await lz('graph', path);
  expect(stdout).toContain('root  [red-lines]\n|- security  [audit-record]\n|  |- security-operations (account)\n');
  expect(JSON.parse((await lz('schema')).stdout)).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
  });
});
