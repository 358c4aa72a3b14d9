import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { operations } from '../../derive/operations.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { boxes } from '../../sdk/testing/fixture.ts';
import { exampleCommand } from './example.ts';
import { addMemberOptions } from './member-options.ts';
import { readInput } from './read-input.ts';

const noFiles = () => Promise.reject(new Error('no files here'));

/** What a shell makes of a line. */
function words(line: string): string[] {
  return execFileSync('sh', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`])
    .toString()
    .split('\0')
    .slice(0, -1);
}

async function readBack(operation: AnyOperation, line: string): Promise<unknown> {
  const command = new Command('x').exitOverride().option('--input-json <json>');
  addMemberOptions(command, operation);
  const [program, area, , ...options] = words(line);
  expect([program, area]).toEqual(['parapet', operation.area]);
  command.parse(options, { from: 'user' });
  return readInput(operation, command.opts(), noFiles);
}

describe('exampleCommand', () => {
  it.each(
    operations.flatMap((o) =>
      o.examples.map(({ title, input }) => [`${o.area} ${o.name}: ${title}`, o, input] as const),
    ),
  )('writes a line that a shell and the command read back: %s', async (_, operation, input) => {
    expect(await readBack(operation, exampleCommand(operation, input))).toEqual(input);
  });

  it.each([
    ['quotes and dollars', boxes.CreateBox, { Description: `it's $HOME "x" \`y\` \\` }],
    ['text that looks like a file', boxes.CreateBox, { Description: 'file://x' }],
    ['false', boxes.CreateBox, { Sealed: false }],
    ['words that begin with a dash', boxes.Seal, { BoxId: 'b', Plaintext: 'AA==', Labels: ['-a', 'b'] }],
    ['an empty list', boxes.CreateBox, { Tags: [] }],
    ['keys that the short form cannot hold', boxes.Seal, { BoxId: 'b', Plaintext: 'AA==', Context: { 'a=b': 'c,d' } }],
    ['values with commas', boxes.Seal, { BoxId: 'b', Plaintext: 'AA==', Context: { a: 'c,d', e: '\\' } }],
  ] as const)('keeps %s', async (_, operation, input) => {
    expect(await readBack(operation, exampleCommand(operation, input))).toEqual(input);
  });
});
