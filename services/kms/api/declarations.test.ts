import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decoder } from '../../../platform/contract/codec.ts';
import type { AnyOperation, ErrorDeclaration } from '../../../platform/contract/operation.ts';
import { type Shape, shapeTree } from '../../../platform/contract/shape-tree.ts';
import { checkInput } from '../../../platform/contract/validation.ts';
import { kmsOperations } from './index.ts';

const MODEL = new URL('../../../../shared/vectors/aws-models/kms.json', import.meta.url);
const haveModel = existsSync(MODEL);
const operations = Object.values(kmsOperations) as AnyOperation[];

interface Model {
  operations: Record<string, { input?: { shape: string }; output?: { shape: string }; errors?: { shape: string }[] }>;
  shapes: Record<string, { members?: Record<string, unknown>; required?: string[]; exception?: boolean }>;
}

/** Ours, on shapes of AWS as well: AWS clients do not give it and do not see it. */
const OURS = 'EnterpriseProjectId';

function members(shape: Shape | undefined): string[] {
  return shape?.kind === 'structure' ? shape.members.map((member) => member.name).filter((name) => name !== OURS) : [];
}

function unaudited(shape: Shape, path: string): string[] {
  const here = shape.audit === undefined && !shape.secret ? [path] : [];
  if (shape.kind === 'structure')
    return [...here, ...shape.members.flatMap((m) => unaudited(m.shape, `${path}.${m.name}`))];
  if (shape.kind === 'list') return [...here, ...unaudited(shape.item, `${path}[]`)];
  if (shape.kind === 'map') return [...here, ...unaudited(shape.value, `${path}{}`)];
  return here;
}

describe.each(operations.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
  it('has examples that its own schema accepts', () => {
    expect(operation.examples.length).toBeGreaterThan(0);
    for (const example of operation.examples) {
      const input = decoder(shapeTree(operation.input), 'native')(example.input);
      expect(checkInput(operation.input, input)).toMatchObject({ ok: true });
    }
  });

  it('says of every member what the record keeps of it', () => {
    expect(unaudited(shapeTree(operation.input), 'input')).toEqual([]);
    if (operation.output) expect(unaudited(shapeTree(operation.output), 'output')).toEqual([]);
  });

  // What is for our own services, and what only we have, has no model.
  it.skipIf(!haveModel || !operation.aws)('matches the AWS model (skipped where ../shared/vectors is absent)', () => {
    const model = JSON.parse(readFileSync(MODEL, 'utf8')) as Model;
    const modelled = model.operations[operation.name]!;
    const input = Object.keys(model.shapes[modelled.input?.shape ?? '']?.members ?? {});
    const known = [...members(shapeTree(operation.input)), ...(operation.aws?.unsupported ?? [])];
    expect(known.sort()).toEqual(input.sort());
    const output = Object.keys(model.shapes[modelled.output?.shape ?? '']?.members ?? {});
    expect(output).toEqual(expect.arrayContaining(members(operation.output && shapeTree(operation.output))));
    expect(operation.output === undefined).toBe(modelled.output === undefined);
    // Every name on the wire is one of the model, so that every SDK has a class for it.
    for (const error of Object.values(operation.errors as Record<string, ErrorDeclaration>)) {
      expect(model.shapes[error.aws ?? '']?.exception).toBe(true);
    }
    const required = model.shapes[modelled.input?.shape ?? '']?.required ?? [];
    const ours = shapeTree(operation.input);
    for (const name of required) expect(ours.kind === 'structure' && ours.byName.get(name)?.required).toBe(true);
  });
});
