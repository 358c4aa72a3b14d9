import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  annotate,
  blob,
  dictionary,
  flag,
  integer,
  list,
  policyDocument,
  secretBlob,
  structure,
  text,
  timestamp,
} from '../../platform/contract/shape.ts';
import { shapeTree } from '../../platform/contract/shape-tree.ts';
import { UsageError } from '../terminal.ts';
import { readValue } from './read-value.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const binary = file('binary', Buffer.from([0, 255, 10]));
const document = file('policy.json', '{"Version":"2012-10-17"}\n');
const missing = join(folder, 'missing');

const read = (schema: z.ZodType, value: string) => readValue(shapeTree(schema), value, '--x', (path) => readFile(path));
const Tag = structure({ Key: text(1, 9), Count: integer(0, 9).optional(), Data: blob(9).optional() });
const Nested = structure({ Tags: list(Tag, 0, 9) });
const Context = dictionary(z.string(), text(0, 99));
const anything = annotate(z.unknown(), { audit: 'drop' });
const base64 = (value: string | Buffer) => Buffer.from(value).toString('base64');

describe('readValue', () => {
  it.each([
    ['text as it is', text(0, 99), 'hello world', 'hello world'],
    ['text that looks like a prefix', text(0, 99), 'text:file://x', 'file://x'],
    ['text of a file, unchanged', policyDocument(99), `file://${document}`, '{"Version":"2012-10-17"}\n'],
    ['plain bytes', secretBlob(99), 'hello', base64('hello')],
    ['plain bytes that look like a prefix', secretBlob(99), 'text:base64:x', base64('base64:x')],
    ['bytes of a file', secretBlob(99), `fileb://${binary}`, base64(Buffer.from([0, 255, 10]))],
    ['bytes in base64', blob(99), 'base64:AP8K', 'AP8K'],
    ['bytes in base64 without padding', blob(99), 'base64:AP8', 'AP8='],
    ['a number', integer(0, 99), '42', 42],
    ['a flag inside a structure', flag(), 'true', true],
    ['a time', timestamp(), '2026-01-31T08:00:00+02:00', '2026-01-31T08:00:00+02:00'],
    ['a day', timestamp(), '2026-01-31', '2026-01-31T00:00:00Z'],
    ['a map in short form', Context, 'app=shop,env=a\\,b', { app: 'shop', env: 'a,b' }],
    ['a map in JSON', Context, '{"a b":"c"}', { 'a b': 'c' }],
    ['a map with the key __proto__', Context, '__proto__=x', JSON.parse('{"__proto__":"x"}')],
    ['a structure with typed members', Tag, 'Key=a,Count=3,Data=base64:AP8K', { Key: 'a', Count: 3, Data: 'AP8K' }],
    ['a nested structure in JSON', Nested, '{"Tags":[{"Key":"a"}]}', { Tags: [{ Key: 'a' }] }],
    ['a structure from a file', structure({ Version: text(1, 99) }), `file://${document}`, { Version: '2012-10-17' }],
    ['anything as text', anything, '250', '250'],
    ['anything as JSON', anything, '[1]', [1]],
  ] as const)('reads %s', async (_, schema, value, expected) => {
    expect(await read(schema, value)).toEqual(expected);
  });

  it.each([
    ['a ciphertext without prefix', blob(99), 'AP8K', 'needs a prefix'],
    ['broken base64', blob(99), 'base64:A*8K', 'is not base64'],
    ['a text file for bytes', secretBlob(99), `file://${document}`, 'takes bytes'],
    ['a binary file for text', text(0, 9), `fileb://${binary}`, 'takes text'],
    ['a file that is not UTF-8', text(0, 9), `file://${binary}`, 'not UTF-8'],
    ['a missing file', text(0, 9), `file://${missing}`, 'cannot be read (ENOENT)'],
    ['a word for a number', integer(0, 9), 'many', 'must be a number'],
    ['nothing for a number', integer(0, 9), '', 'must be a number'],
    ['a word for a flag', flag(), 'yes', 'true or false'],
    ['an impossible time', timestamp(), '2026-13-01', 'is not a time'],
    ['an unknown member', Tag, 'Kay=a', 'Kay is not a member'],
    ['a member twice', Tag, 'Key=a,Key=b', 'Key is given twice'],
    ['a list in short form', list(Tag, 0, 9), 'Key=a', 'must be a JSON list'],
    ['broken JSON', Context, '{"a":', 'is not JSON'],
  ] as const)('refuses %s', async (_, schema, value, message) => {
    const error = await read(schema, value).catch((thrown: unknown) => thrown as UsageError);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toContain(message);
    expect((error as UsageError).message).toMatch(/^--x/);
  });
});
