import { describe, expect, it } from 'vitest';
import { kebabCase } from '../platform/contract/operation.ts';
import { type Shape, shapeTree } from '../platform/contract/shape-tree.ts';
import { boxes } from '../sdk/testing/fixture.ts';
import { operations, serviceApis } from './operations.ts';

/** Internal operations leave no record of their own, but their inputs reach logs and errors by the same rules. */
const all = serviceApis.flatMap(({ table }) => Object.values(table));
const table = all.map((operation) => [`${operation.area} ${operation.name}`, operation] as const);

/** Places of an input or output that break the rules of the audit record. */
function faults(shape: Shape, place: string): string[] {
  const own = [
    ...(shape.audit === undefined ? [`${place} has no audit rule`] : []),
    ...(shape.secret && shape.audit !== 'drop' ? [`${place} is secret and not dropped`] : []),
  ];
  // Nothing below is kept, whatever it says.
  if (shape.audit === 'drop' || shape.audit === 'length') return own;
  if (shape.kind === 'structure')
    return [...own, ...shape.members.flatMap((m) => faults(m.shape, `${place} ${m.name}`))];
  if (shape.kind === 'list') return [...own, ...faults(shape.item, `${place}[]`)];
  if (shape.kind === 'map') return [...own, ...faults(shape.value, `${place} value`)];
  return own;
}

describe('every declaration', () => {
  it.each(table)('%s says for every member what the audit record keeps', (_, operation) => {
    expect(faults(shapeTree(operation.input), 'input')).toEqual([]);
    if (operation.output) expect(faults(shapeTree(operation.output), 'output')).toEqual([]);
  });

  it.each(table)('%s has a name, a text and a route of its own area', (_, operation) => {
    expect(operation.name).toMatch(/^[A-Z][A-Za-z0-9]+$/);
    expect(operation.doc).toMatch(/^[A-Z].*\.$/s);
    expect(operation.rest.path.startsWith(`/v1/${operation.area}/`)).toBe(true);
    if (operation.effect !== 'read') expect(operation.rest.method).toBe('POST');
  });

  it.each(table.filter(([, o]) => o.rest.method === 'GET'))(
    '%s has an input that a query can carry',
    (_, operation) => {
      const shape: Shape = shapeTree(operation.input);
      const [, inPath] = /\{(\w+)\}$/.exec(operation.rest.path) ?? [];
      for (const { name, shape: member, required } of shape.kind === 'structure' ? shape.members : []) {
        const scalar = ['string', 'integer', 'number', 'boolean', 'timestamp'].includes(member.kind);
        const texts = member.kind === 'list' && member.item.kind === 'string';
        expect(scalar || texts, name).toBe(true);
        if (name === inPath) expect([member.kind, required]).toEqual(['string', true]);
      }
    },
  );

  it.each(table.filter(([, o]) => o.pagination !== undefined))(
    '%s declares the members of its pagination',
    (_, operation) => {
      const { token, nextToken, limit, more } = operation.pagination ?? {};
      expect(Object.keys(operation.input.shape)).toEqual(expect.arrayContaining([token, limit]));
      expect(Object.keys(operation.output.shape)).toEqual(
        expect.arrayContaining([nextToken, ...(more === undefined ? [] : [more])]),
      );
    },
  );

  it('has a route, a command and an AWS name of its own', () => {
    const unique = (values: string[]) => expect(values.filter((value, i) => values.indexOf(value) !== i)).toEqual([]);
    unique(all.map((o) => `${o.rest.method} ${o.rest.path}`));
    unique(all.map((o) => `${o.area} ${kebabCase(o.name)}`));
    unique(
      all.flatMap((o) => (o.aws ? [o.aws.protocol === 'query' ? `${o.aws.version} ${o.name}` : o.aws.target] : [])),
    );
  });

  it('names its policy actions with a prefix, in the spelling of policies', () => {
    const actions = operations.flatMap((o) =>
      typeof o.authz === 'object' ? [o.authz.action, ...(o.authz.alsoChecks ?? [])] : [],
    );
    expect(actions.filter((action) => !/^[a-z]+(-[a-z]+)*:[A-Z][A-Za-z0-9]+$/.test(action))).toEqual([]);
  });
});

describe('the audit check', () => {
  it('would notice a member without a rule and a secret that is kept', () => {
    const shape: Shape = shapeTree(boxes.Seal.input);
    const broken: Shape = {
      audit: 'plain',
      secret: false,
      kind: 'list',
      item: { audit: undefined, secret: false, kind: 'boolean' },
    };
    expect(faults(shape, 'input')).toEqual([]);
    expect(faults(broken, 'x')).toEqual(['x[] has no audit rule']);
    expect(faults({ audit: 'plain', secret: true, kind: 'blob' }, 'x')).toEqual(['x is secret and not dropped']);
  });
});
