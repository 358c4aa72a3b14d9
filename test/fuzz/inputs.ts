/** Inputs for an operation, made from its declaration: well-formed, nearly so, and hostile. */
import fc from 'fast-check';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { type Shape, shapeTree } from '../../platform/contract/shape-tree.ts';

/** What breaks parsers, canonical forms, look-ups and records elsewhere. */
const hostile = fc.constantFrom<unknown>(
  '',
  ' ',
  '*',
  '../../etc/passwd',
  "'; drop table iam_user; --",
  '__proto__',
  'constructor',
  'arn:aws:iam::000000000000:user/*',
  'ünïcode-😀',
  'x'.repeat(70_000),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable, not a template
  '${aws:username}',
  '%00',
  'a\u0000b',
  '{"Version":"2012-10-17"}',
  null,
  true,
  -1,
  0,
  1e308,
  2 ** 53,
  [],
  {},
  [[]],
  { a: { b: {} } },
);

/** Native JSON form. */
export function inputsOf(operation: AnyOperation): fc.Arbitrary<Record<string, unknown>> {
  const shape = shapeTree(operation.input);
  const made = wellFormed(shape) as fc.Arbitrary<Record<string, unknown>>;
  const examples = operation.examples.map(({ input }) => input);
  if (examples.length === 0) return made;
  return fc.oneof(
    made,
    fc.constantFrom(...examples).chain((example) => changed(example, shape)),
  );
}

/** An example with one member removed, replaced or added. */
function changed(example: Record<string, unknown>, shape: Shape): fc.Arbitrary<Record<string, unknown>> {
  const names = shape.kind === 'structure' ? shape.members.map((m) => m.name) : [];
  const name = fc.constantFrom(...names, ...Object.keys(example), 'Surprise');
  return fc.oneof(
    fc.constant(example),
    name.map((n) => Object.fromEntries(Object.entries(example).filter(([key]) => key !== n))),
    fc.tuple(name, hostile).map(([n, value]) => ({ ...example, [n]: value })),
  );
}

function valueFor(shape: Shape): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: wellFormed(shape), weight: 6 }, { arbitrary: hostile, weight: 1 });
}

function wellFormed(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure': {
      const required = shape.members.filter((m) => m.required).map((m) => m.name);
      return fc.record(Object.fromEntries(shape.members.map((m) => [m.name, valueFor(m.shape)])), {
        requiredKeys: required,
      });
    }
    case 'list':
      return fc.array(valueFor(shape.item), { maxLength: 3 });
    case 'map':
      return fc.dictionary(fc.string({ maxLength: 10 }), valueFor(shape.value), { maxKeys: 3 });
    case 'string':
      return text(shape);
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({
          min: Math.max(shape.min ?? -5, -(2 ** 31)),
          max: Math.min(shape.max ?? 2 ** 31 - 1, 2 ** 31 - 1),
        }),
        fc.constantFrom(shape.min ?? 0, shape.max ?? 1, 0.5),
      );
    case 'boolean':
      return fc.boolean();
    case 'blob':
      return fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'timestamp':
      return fc.constantFrom('2026-11-26T00:00:00Z', '1969-12-31T23:59:59Z', '9999-12-31T23:59:59Z');
    case 'any':
      return fc.jsonValue({ maxDepth: 3 });
  }
}

function text(shape: Shape & { kind: 'string' }): fc.Arbitrary<string> {
  if (shape.values) return fc.constantFrom(...shape.values);
  const max = Math.min(shape.max ?? 64, 64);
  const free = fc.string({ minLength: Math.min(shape.min ?? 0, max), maxLength: max });
  if (!shape.pattern) return free;
  try {
    return fc.oneof(fc.stringMatching(shape.pattern, { size: 'small' }), free);
  } catch {
    // A pattern with a look-ahead, which the generator cannot follow.
    return free;
  }
}
