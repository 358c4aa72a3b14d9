import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  annotate,
  blob,
  dictionary,
  flag,
  integer,
  list,
  oneOf,
  policyDocument,
  secretText,
  structure,
  text,
  timestamp,
} from './shape.ts';
import { type Shape, shapeTree } from './shape-tree.ts';

const tree = (schema: z.ZodType): Shape => shapeTree(schema);

describe('shapeTree', () => {
  it('keeps the bounds of text, numbers and lists', () => {
    expect(tree(text(1, 64))).toMatchObject({ kind: 'string', min: 1, max: 64 });
    expect(tree(integer(1, 1000))).toMatchObject({ kind: 'integer', min: 1, max: 1000 });
    expect(tree(list(flag(), 0, 50))).toMatchObject({ kind: 'list', min: 0, max: 50, item: { kind: 'boolean' } });
    expect(tree(policyDocument(1024))).toMatchObject({ kind: 'string', document: true, max: 1024 });
  });

  it('says nothing where the bound is that of the number type', () => {
    expect(tree(integer(0, Number.MAX_SAFE_INTEGER))).not.toHaveProperty('max');
    expect(tree(annotate(z.number(), { audit: 'plain' }))).toMatchObject({ kind: 'number' });
  });

  it('keeps patterns and allowed values', () => {
    expect(tree(text(1, 9, { pattern: /^v\d+$/ }))).toMatchObject({ pattern: /^v\d+$/ });
    expect(tree(oneOf(['A', 'B']))).toMatchObject({ kind: 'string', values: ['A', 'B'] });
  });

  it('keeps wire kinds and secrets', () => {
    expect(tree(blob(10))).toMatchObject({ kind: 'blob', secret: false, audit: 'length' });
    expect(tree(secretText(1, 9))).toMatchObject({ kind: 'string', secret: true, audit: 'drop' });
    expect(tree(timestamp())).toMatchObject({ kind: 'timestamp' });
  });

  it('looks through optional and default, and knows which members must be there', () => {
    const shape = tree(
      structure({ A: text(1, 2), B: text(1, 2).optional(), C: dictionary(z.string(), integer(0, 1)).default({}) }),
    );
    expect(shape).toMatchObject({
      kind: 'structure',
      members: [
        { name: 'A', required: true, shape: { kind: 'string', min: 1 } },
        { name: 'B', required: false, shape: { kind: 'string', max: 2 } },
        { name: 'C', required: false, shape: { kind: 'map', value: { kind: 'integer', max: 1 } } },
      ],
    });
  });

  it('refuses a schema that the wires cannot carry', () => {
    expect(() => tree(z.date())).toThrow('shape of type date');
  });
});
