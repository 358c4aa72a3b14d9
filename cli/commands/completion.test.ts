import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { areas } from '../../sdk/areas.ts';
import { run } from '../run.ts';
import { testTerminal } from '../testing/terminal.ts';

async function script(shell: string): Promise<string> {
  const terminal = testTerminal();
  expect(await run(['completion', shell], terminal, areas)).toBe(0);
  return terminal.stdout();
}

/** What bash offers for the last word of a line. */
async function complete(...words: string[]): Promise<string[]> {
  const probe = `${await script('bash')}
COMP_WORDS=(parapet "$@"); COMP_CWORD=$#; _parapet; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', probe, 'bash', ...words])
    .toString()
    .trim()
    .split('\n');
}

const installed = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

describe('completion in bash', () => {
  it('offers areas and commands', async () => {
    expect(await complete('')).toEqual(
      expect.arrayContaining(['kms', 'iam', 'authz', 'audit', 'doctor', 'can-i', 'whoami', 'env']),
    );
    expect(await complete('ki')).toEqual(['']);
    expect(await complete('km')).toEqual(['kms']);
  });

  it('offers operations and their options', async () => {
    expect(await complete('kms', 'enc')).toEqual(['encrypt']);
    expect(await complete('audit', '')).toEqual(expect.arrayContaining(['verify', 'tail', 'lookup-events']));
    expect(await complete('kms', 'encrypt', '--key')).toEqual(['--key-id']);
    expect(await complete('kms', 'encrypt', '--key-id', 'k', '--plain')).toEqual(['--plaintext']);
  });

  it('offers the values that an option may have', async () => {
    expect(await complete('kms', 'create-key', '--key-spec', 'SYM')).toEqual(['SYMMETRIC_DEFAULT']);
    expect(await complete('kms', 'list-keys', '--output', '')).toEqual(['json', 'table']);
    expect(await complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });
});

describe.each(['bash', 'zsh', 'fish'])('the script for %s', (shell) => {
  const present = installed(shell);
  const flag = shell === 'fish' ? '--no-execute' : '-n';

  it.skipIf(!present)(
    `is read by the shell without an error${present ? '' : ` (skipped: ${shell} is not installed)`}`,
    async () => {
      expect(spawnSync(shell, [flag], { input: await script(shell), encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    },
  );

  it('knows every operation', async () => {
    const text = await script(shell);
    for (const word of ['schedule-key-deletion', 'create-access-key', 'batch-authorize', 'lookup-events'])
      expect(text).toContain(word);
  });
});
