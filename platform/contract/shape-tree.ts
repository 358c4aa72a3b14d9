/**
 * The neutral description of a schema: what codecs, redaction, OpenAPI, CLI and the drift test are derived from, so
 * that none of them depends on zod's internals. Throws at start-up for a schema the wires cannot carry.
 */
import type { z } from 'zod';
import { type AuditRule, shapeInfo } from './shape.ts';

export interface ShapeTraits {
  audit: AuditRule | undefined;
  secret: boolean;
  title?: string;
}

export interface Member {
  name: string;
  shape: Shape;
  required: boolean;
}

export type Shape = ShapeTraits &
  (
    | { kind: 'structure'; members: readonly Member[]; byName: ReadonlyMap<string, Member> }
    | { kind: 'list'; item: Shape; min?: number; max?: number }
    | { kind: 'map'; key: Shape; value: Shape }
    | { kind: 'string'; min?: number; max?: number; pattern?: RegExp; values?: readonly string[]; document: boolean }
    | { kind: 'integer' | 'number'; min?: number; max?: number }
    | { kind: 'boolean' }
    | { kind: 'blob' }
    | { kind: 'timestamp' }
    | { kind: 'any' }
  );

const trees = new WeakMap<z.core.$ZodType, Shape>();

export function shapeTree(schema: z.core.$ZodType): Shape {
  let tree = trees.get(schema);
  if (!tree) {
    tree = read(schema);
    trees.set(schema, tree);
  }
  return tree;
}

// biome-ignore lint/suspicious/noExplicitAny: zod's definition objects are untyped at this level
type Definition = any;

function read(schema: z.core.$ZodType): Shape {
  const def: Definition = schema._zod.def;
  const info = shapeInfo(schema);
  const traits: ShapeTraits = {
    audit: info.audit,
    secret: info.secret ?? false,
    ...(info.title && { title: info.title }),
  };
  if (info.wire === 'blob') return { ...traits, kind: 'blob' };
  if (info.wire === 'timestamp') return { ...traits, kind: 'timestamp' };
  const checks = checksOf(def);
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'nullable':
    case 'readonly':
    case 'prefault': {
      const inner = shapeTree(def.innerType);
      return info.audit === undefined ? inner : { ...inner, audit: info.audit };
    }
    case 'pipe':
      return shapeTree(def.in);
    case 'object': {
      const members = Object.entries(def.shape as Record<string, z.core.$ZodType>).map(([name, member]) => ({
        name,
        shape: shapeTree(member),
        required: member._zod.optin === undefined,
      }));
      return { ...traits, kind: 'structure', members, byName: new Map(members.map((m) => [m.name, m])) };
    }
    case 'array':
      return { ...traits, kind: 'list', item: shapeTree(def.element), ...bounds(checks) };
    case 'record':
      return { ...traits, kind: 'map', key: shapeTree(def.keyType), value: shapeTree(def.valueType) };
    case 'string': {
      const pattern = checks.find((check) => check.pattern instanceof RegExp)?.pattern as RegExp | undefined;
      return {
        ...traits,
        kind: 'string',
        ...bounds(checks),
        ...(pattern && { pattern }),
        document: info.wire === 'document',
      };
    }
    case 'enum':
      return { ...traits, kind: 'string', values: Object.values(def.entries) as string[], document: false };
    case 'literal':
      return { ...traits, kind: 'string', values: def.values as string[], document: false };
    case 'number':
      return { ...traits, kind: isInteger(def, checks) ? 'integer' : 'number', ...bounds(checks) };
    case 'boolean':
      return { ...traits, kind: 'boolean' };
    case 'any':
    case 'unknown':
    case 'lazy':
    case 'union':
      return { ...traits, kind: 'any' };
    default:
      throw new Error(`shape of type ${String(def.type)} cannot be carried by the wires`);
  }
}

/** The checks of a schema as plain definitions; zod keeps bounds, patterns and formats nowhere else. */
function checksOf(def: Definition): Definition[] {
  return ((def.checks ?? []) as { _zod: { def: Definition } }[]).map((check) => check._zod.def);
}

function isInteger(def: Definition, checks: readonly Definition[]): boolean {
  return def.format === 'safeint' || checks.some((check) => check.format === 'safeint');
}

function bounds(checks: readonly Definition[]): { min?: number; max?: number } {
  let min = Number.NEGATIVE_INFINITY;
  let max = Number.POSITIVE_INFINITY;
  for (const { check, minimum, maximum, length, value } of checks) {
    if (check === 'min_length') min = Math.max(min, minimum);
    else if (check === 'max_length') max = Math.min(max, maximum);
    else if (check === 'length_equals') [min, max] = [length, length];
    else if (check === 'greater_than') min = Math.max(min, value);
    else if (check === 'less_than') max = Math.min(max, value);
  }
  return {
    ...(min > Number.MIN_SAFE_INTEGER && { min }),
    ...(max < Number.MAX_SAFE_INTEGER && { max }),
  };
}
