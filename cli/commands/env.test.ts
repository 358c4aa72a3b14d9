import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../run.ts';
import { testTerminal } from '../testing/terminal.ts';
import { parseEnvironment } from './env.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-env-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'bootstrap'));
const path = join(folder, 'bootstrap', 'admin.env');

async function env(...words: string[]) {
  const terminal = testTerminal({ dataFolder: folder });
  const code = await run(['env', ...words], terminal, {});
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

const shellOf = (script: string, name: string) =>
  execFileSync('sh', ['-c', `eval "$1"; printf %s "$${name}"`, 'sh', script], { env: {} }).toString();

describe('parapet env', () => {
  it('prints assignments that a shell takes over', async () => {
    writeFileSync(
      path,
      `export AWS_REGION='local-1'\nexport AWS_SECRET_ACCESS_KEY='a/+b'\nexport AWS_CA_BUNDLE='/it'\\''s/ca.pem'\n`,
    );
    const { code, stdout } = await env();
    expect(code).toBe(0);
    expect(shellOf(stdout, 'AWS_SECRET_ACCESS_KEY')).toBe('a/+b');
    expect(shellOf(stdout, 'AWS_CA_BUNDLE')).toBe("/it's/ca.pem");
    expect((await env('--shell', 'fish')).stdout).toContain("set -gx AWS_CA_BUNDLE '/it\\'s/ca.pem'\n");
  });

  it('takes the data folder from an option', async () => {
    writeFileSync(path, `export AWS_REGION='local-2'\n`);
    const terminal = testTerminal();
    expect(await run(['env', '--data', folder], terminal, {})).toBe(0);
    expect(terminal.stdout()).toBe(`export AWS_REGION='local-2'\n`);
  });

  it('says how to get the file when there is none', async () => {
    const terminal = testTerminal({ dataFolder: '/nonexistent' });
    expect(await run(['env'], terminal, {})).toBe(1);
    expect(terminal.stderr()).toContain('hint: start the server once');
  });

  it.each([
    ['a command', 'touch /tmp/x'],
    ['a substitution outside of quotes', 'export AWS_REGION=$(id)'],
    ['something after the value', "export AWS_REGION='a'; id"],
    ['an open quote', "export AWS_REGION='a'b'"],
    ['a variable that changes the shell', "export PATH='/tmp'"],
    ['a member of every object', "export constructor='a'"],
  ])('passes nothing on of a file that holds %s', async (_, line) => {
    writeFileSync(path, `export AWS_REGION='local-1'\n${line}\n`);
    expect(await env()).toMatchObject({ code: 1, stdout: '' });
  });

  it('keeps every value whatever it holds', () => {
    for (const value of ['', ' ', '$(id)', '`id`', '"', "'", "''", '\\', 'a\\', '!']) {
      const line = `export AWS_REGION='${value.replaceAll("'", "'\\''")}'`;
      expect(parseEnvironment(line, 'x').get('AWS_REGION')).toBe(value);
    }
  });
});
