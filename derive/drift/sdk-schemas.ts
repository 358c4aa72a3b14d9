/**
 * Reads the schemas that the clients of the AWS SDK for JavaScript carry: tuples that begin with a kind (3 structure,
 * 4 union, 1 list, 2 map, 0 simple, 9 operation, -3 error) and numbers for simple types, with bits for lists (64) and
 * maps (128).
 */
import type { WireError, WireMember, WireModel, WireOperation, WireShape, WireStructure } from './wire-model.ts';

type Schema = number | string | readonly unknown[] | (() => Schema);

const LIST = 64;
const MAP = 128;
const NOTHING: WireStructure = { kind: 'structure', name: 'none', members: new Map() };

/** `client`: everything that `@aws-sdk/client-<service>` exports. */
export function readSdkSchemas(client: Readonly<Record<string, unknown>>, source: string): WireModel {
  const operations = new Map<string, WireOperation>();
  const errors = new Map<string, WireError>();
  for (const [name, value] of Object.entries(client)) {
    if (!name.endsWith('$') || !Array.isArray(value)) continue;
    if (value[0] === 9) operations.set(value[2] as string, operation(value));
    if (value[0] === -3) {
      const [code, status] = (value[3] as { awsQueryError?: [string, number] }).awsQueryError ?? [];
      errors.set(value[2] as string, { status: undefined });
      // The name of the Query protocol, which differs from that of the shape.
      if (code !== undefined) errors.set(code, { status });
    }
  }
  return { source, operations, errors };
}

function operation(tuple: readonly unknown[]): WireOperation {
  const input = resolve(tuple[4] as Schema);
  const output = resolve(tuple[5] as Schema);
  return {
    input: input.kind === 'structure' ? input : NOTHING,
    output: output.kind === 'structure' ? output : undefined,
  };
}

function resolve(schema: Schema): WireShape {
  if (typeof schema === 'function') return resolve(schema());
  if (typeof schema === 'number') return simple(schema);
  if (typeof schema === 'string') return { kind: 'other', name: schema };
  const [kind, , name] = schema as [number | Schema, string, string];
  // A member with traits of its own: the schema, then the traits.
  if (typeof kind !== 'number') return resolve(kind);
  if (Array.isArray(schema) && schema.length === 2) return resolve(kind);
  if (kind === 3 || kind === 4) return structure(schema);
  if (kind === 0) return { ...resolve(schema[4] as Schema), name };
  if (kind === 1) return { kind: 'list', name, item: () => resolve(schema[4] as Schema) };
  if (kind === 2)
    return { kind: 'map', name, key: () => resolve(schema[4] as Schema), value: () => resolve(schema[5] as Schema) };
  return { kind: 'other', name };
}

function structure(tuple: readonly unknown[]): WireStructure {
  const names = tuple[4] as readonly string[];
  const schemas = tuple[5] as readonly Schema[];
  // Required members come first; the last element of the tuple counts them.
  const required = (tuple[6] as number | undefined) ?? 0;
  const members = new Map<string, WireMember>();
  names.forEach((name, i) => {
    members.set(name, { required: i < required, shape: () => resolve(schemas[i] as Schema) });
  });
  return { kind: 'structure', name: tuple[2] as string, members };
}

function simple(bits: number): WireShape {
  if (bits & MAP) return { kind: 'map', name: 'map', key: () => simple(0), value: () => simple(bits & ~MAP) };
  if (bits & LIST) return { kind: 'list', name: 'list', item: () => simple(bits & ~LIST) };
  if (bits === 0) return { kind: 'string', name: 'string' };
  if (bits === 1) return { kind: 'number', name: 'number' };
  if (bits === 2) return { kind: 'boolean', name: 'boolean' };
  if (bits >= 4 && bits <= 7) return { kind: 'timestamp', name: 'timestamp' };
  if (bits === 21) return { kind: 'blob', name: 'blob' };
  return { kind: 'other', name: String(bits) };
}
