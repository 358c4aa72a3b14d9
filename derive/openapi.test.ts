import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decoder } from '../platform/contract/codec.ts';
import { defineOperation } from '../platform/contract/operation.ts';
import { annotate, structure, text } from '../platform/contract/shape.ts';
import { shapeTree } from '../platform/contract/shape-tree.ts';
import { checkInput } from '../platform/contract/validation.ts';
import { boxes } from '../sdk/testing/fixture.ts';
import { openApiDocument } from './openapi.ts';
import { operations } from './operations.ts';

type Json = Record<string, unknown>;
const options = { serverUrl: 'https://cp.example' };
const document = openApiDocument(operations, options) as Json & { paths: Record<string, Record<string, Json>> };

/** Every object in the document with its RFC 6901 pointer. */
function* objects(value: unknown, pointer = ''): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [pointer, value as Json];
  for (const [key, item] of Object.entries(value))
    yield* objects(item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

function lookUp(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>(
      (at, step) => (at as Json | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    );
}

const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, item]) => [`${method.toUpperCase()} ${path}`, path, item] as const),
);

describe('the OpenAPI document', () => {
  it('has the members that OpenAPI 3.1 requires and no others', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const known = [
      'openapi',
      'info',
      'jsonSchemaDialect',
      'servers',
      'paths',
      'webhooks',
      'components',
      'security',
      'tags',
      'externalDocs',
    ];
    expect(Object.keys(document).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('names every public operation once, with its own operationId', () => {
    const ids = routes.map(([, , item]) => item.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(operations.map((o) => `${o.area}_${o.name}`)));
  });

  it('asks for credentials everywhere but where an operation needs none', () => {
    const open = operations.filter((o) => o.authz === 'public').map((o) => `${o.area}_${o.name}`);
    expect(open).toEqual(['iam_ClaimRootUser']);
    const bare = routes.map(([, , item]) => item).filter((item) => 'security' in item && item['x-parapet-effect']);
    expect(bare.map((item) => item.operationId)).toEqual(open);
  });

  it('resolves every $ref', () => {
    const references = [...objects(document)].flatMap(([, value]) =>
      typeof value.$ref === 'string' ? [value.$ref] : [],
    );
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((reference) => lookUp(reference) === undefined)).toEqual([]);
  });

  it('has component names that the standard allows', () => {
    for (const group of Object.values(document.components as Json)) {
      for (const name of Object.keys(group as Json)) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/);
    }
  });

  it.each(routes)('%s declares each path parameter once and nothing twice', (_, path, item) => {
    const parameters = (item.parameters ?? []) as { name: string; in: string; required?: boolean }[];
    const templates = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((p) => p.in === 'path').map((p) => p.name)).toEqual(templates);
    expect(parameters.filter((p) => p.in === 'path' && p.required !== true)).toEqual([]);
    expect(new Set(parameters.map((p) => `${p.in} ${p.name}`)).size).toBe(parameters.length);
  });

  it.each(routes)('%s describes each of its answers', (_, __, item) => {
    const responses = Object.entries(item.responses as Record<string, Json>);
    expect(responses.length).toBeGreaterThan(0);
    for (const [status, response] of responses) {
      expect(status).toMatch(/^[2-5]\d\d$/);
      expect(response.description).toEqual(expect.stringMatching(/./));
    }
  });

  it('has schemas that only use keywords of JSON Schema 2020-12', () => {
    const known = new Set(
      '$ref type properties required additionalProperties propertyNames items minItems maxItems minLength maxLength pattern enum minimum maximum format contentEncoding contentMediaType description maxProperties x-parapet-secret'.split(
        ' ',
      ),
    );
    const unknown: string[] = [];
    const check = (schema: unknown, pointer: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, value] of Object.entries(schema)) {
        if (!known.has(key)) unknown.push(`${pointer}/${key}`);
        if (key === 'properties')
          for (const [name, inner] of Object.entries(value as Json)) check(inner, `${pointer}/${name}`);
        if (key === 'items' || key === 'additionalProperties' || key === 'propertyNames')
          check(value, `${pointer}/${key}`);
      }
    };
    for (const [name, schema] of Object.entries((document.components as { schemas: Json }).schemas))
      check(schema, name);
    for (const [pointer, value] of objects(document.paths)) if ('schema' in value) check(value.schema, pointer);
    expect(unknown).toEqual([]);
  });

  it('has patterns that compile as ECMAScript regular expressions with the u flag', () => {
    for (const [pointer, { pattern }] of objects(document)) {
      if (typeof pattern === 'string') expect(() => new RegExp(pattern, 'u'), pointer).not.toThrow();
    }
  });

  it('requires only members that it describes', () => {
    for (const [pointer, { required, properties }] of objects(document)) {
      if (Array.isArray(required))
        expect(Object.keys(properties as Json), pointer).toEqual(expect.arrayContaining(required));
    }
  });

  it.each(operations.map((o) => [`${o.area} ${o.name}`, o] as const))(
    '%s has examples that the service accepts',
    (_, operation) => {
      expect(operation.examples.length).toBeGreaterThan(0);
      for (const { input } of operation.examples) {
        const decoded = decoder(shapeTree(operation.input), 'native')(input);
        expect(checkInput(operation.input, decoded)).toMatchObject({ ok: true });
      }
    },
  );

  it('shows no internal operation', () => {
    expect(operations.some((operation) => operation.authz === 'internal')).toBe(false);
    expect(JSON.stringify(document)).not.toContain('GetSigningKey');
  });

  it('can be read as JSON and is the same every time', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(JSON.stringify(openApiDocument(operations, options))).toBe(JSON.stringify(document));
  });
});

describe('openApiDocument', () => {
  const of = (...all: Parameters<typeof openApiDocument>[0]) => openApiDocument(all, options) as typeof document;

  it('writes a POST with its body, examples, permission and AWS binding', () => {
    const { post } = of(boxes.Seal).paths['/v1/boxes/seal'] as { post: Json };
    expect(post).toMatchObject({
      operationId: 'boxes_Seal',
      'x-parapet-action': 'boxes:Seal',
      'x-parapet-resource': 'boxes:box',
      'x-parapet-aws-target': 'BoxService.Seal',
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              required: ['BoxId', 'Plaintext'],
              additionalProperties: false,
              properties: {
                BoxId: { type: 'string', minLength: 1, maxLength: 64 },
                Plaintext: { type: 'string', contentEncoding: 'base64', 'x-parapet-secret': true },
                Context: { type: 'object', additionalProperties: { type: 'string' } },
              },
            },
            examples: { example1: { summary: 'seals a greeting' } },
          },
        },
      },
      responses: {
        '200': {},
        '403': { 'x-parapet-codes': ['AccessDenied'] },
        '404': { 'x-parapet-codes': ['NotFound'] },
      },
    });
  });

  it('writes a GET with path and query parameters', () => {
    const paths = of(boxes.GetBox, boxes.ListBoxes).paths;
    expect(paths['/v1/boxes/box/{BoxId}']?.get).toMatchObject({
      parameters: [{ name: 'BoxId', in: 'path', required: true, example: 'box-1' }],
    });
    expect(paths['/v1/boxes/boxes']?.get).toMatchObject({
      parameters: [{ name: 'Limit', in: 'query' }, { name: 'Marker' }, { name: 'Specs', schema: { type: 'array' } }],
    });
    expect(paths['/v1/boxes/boxes']?.get).not.toHaveProperty('requestBody');
  });

  it('gives writes an idempotency key and everything that can be throttled a Retry-After', () => {
    const { post } = of(boxes.CreateBox).paths['/v1/boxes/create-box'] as { post: Json };
    expect(post.parameters).toMatchObject([{ name: 'Idempotency-Key', in: 'header' }]);
    expect(post.responses).toMatchObject({
      '429': { headers: { 'Retry-After': {} } },
      '503': { headers: { 'Retry-After': {} } },
    });
  });

  it('refuses two operations on one route and two shapes with one title', () => {
    const titled = (max: number) => ({
      ...boxes.GetBox,
      output: annotate(structure({ A: text(1, max) }), { title: 'Box' }),
    });
    const other = { ...titled(3), rest: boxes.ListBoxes.rest };
    expect(() => of(titled(2), other)).toThrow('two shapes are called boxes.Box');
    expect(() => of(boxes.GetBox, { ...boxes.GetBox, name: 'GetBoxAgain' })).toThrow('share the route');
  });

  it('serves what package.json calls the version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((document.info as Json).version).toBe(version);
    expect((openApiDocument([], { ...options, version: '9.9.9' }).info as Json).version).toBe('9.9.9');
  });

  it('does not demand a body where no member is required', () => {
    const empty = defineOperation({
      ...boxes.DropBox,
      name: 'Nothing',
      input: structure({}),
      output: structure({ A: text(1, 2) }),
    });
    expect(of(empty).paths['/v1/boxes/drop-box']).toMatchObject({ post: { requestBody: { required: false } } });
  });
});
