/** The table of attack classes says the truth: what it names exists, nothing is left out, and what it counts is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shapeTree } from '../platform/contract/shape-tree.ts';
import { FORGED_TOKENS } from '../test/attacks/forged-tokens.ts';
import { SMUGGLING } from '../test/attacks/smuggling.ts';
import { SPELLINGS } from '../test/attacks/target-spellings.ts';
import { operations } from './operations.ts';

const root = join(import.meta.dirname, '..');
const table = readFileSync(join(root, 'test/attacks/README.md'), 'utf8');
const named = [...table.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, path]) => path as string);
const rowOf = (id: string) => table.split('\n').find((line) => line.startsWith(`| ${id} |`)) ?? '';

const lists = operations.filter((operation) => {
  const shape = shapeTree(operation.input);
  const isPublic = shape.kind === 'structure' && operation.authz !== 'internal';
  return isPublic && shape.members.some(({ name }) => /^(Marker|NextToken|PageToken)$/.test(name));
});

/** Corpora that can be counted, by class and in the order of its bold numbers. */
const COUNTED: Readonly<Record<string, readonly number[]>> = {
  C01: [2 * SPELLINGS.length],
  C06: [SPELLINGS.length],
  C11: [lists.length * Object.keys(FORGED_TOKENS).length],
  C20: [SMUGGLING.length],
};

describe('the table of attack classes', () => {
  it('has every class of the plan, once, with a test', () => {
    const ids = Array.from({ length: 20 }, (_, i) => `C${String(i + 1).padStart(2, '0')}`);
    expect([...table.matchAll(/^\| (C\d\d) \|/gm)].map(([, id]) => id)).toEqual(ids);
    for (const id of ids) expect(rowOf(id), id).toMatch(/\.test\.ts`/);
  });

  it('names files that exist', () => {
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names every test of its folder', () => {
    const here = readdirSync(join(root, 'test/attacks')).filter((name) => name.endsWith('.test.ts'));
    expect(here.filter((name) => !named.includes(`test/attacks/${name}`))).toEqual([]);
  });

  it.each(Object.entries(COUNTED))('counts no more for %s than there are', (id, counts) => {
    const claimed = [...rowOf(id).matchAll(/\*\*(\d+)\*\*/g)].map(([, number]) => Number(number));
    expect(claimed.length).toBe(counts.length);
    for (const [at, number] of claimed.entries()) expect(counts[at]).toBeGreaterThanOrEqual(number);
  });
});
