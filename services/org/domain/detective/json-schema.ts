/**
 * The part of JSON Schema 2020-12 that types of external resources are described with. Interpreted: the server refuses
 * to make code from strings, which validators that compile schemas need. Guarantees that checking ends in time bounded
 * by schema and value; refuses, when the type is registered, every keyword it does not understand (also `pattern`: no
 * regular expression is ever made from data).
 */
export type Schema = boolean | { readonly [keyword: string]: unknown };
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

const ANNOTATIONS: ReadonlySet<string> = new Set(['$schema', 'title', 'description', 'default', 'examples', 'format']);
const TYPES: ReadonlySet<string> = new Set(['null', 'boolean', 'integer', 'number', 'string', 'array', 'object']);
const MAX_DEPTH = 24;
const MAX_STEPS = 100_000;
const MAX_FAULTS = 10;
const LOCAL_REF = /^#\/\$defs\/([A-Za-z0-9_-]{1,64})$/;

type Kind = 'schema' | 'schemas' | 'schemaMap' | 'count' | 'number' | 'strings' | 'types' | 'values' | 'any' | 'ref';

const KEYWORDS: Readonly<Record<string, Kind>> = {
  type: 'types',
  enum: 'values',
  const: 'any',
  properties: 'schemaMap',
  required: 'strings',
  additionalProperties: 'schema',
  items: 'schema',
  minItems: 'count',
  maxItems: 'count',
  minLength: 'count',
  maxLength: 'count',
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
  anyOf: 'schemas',
  allOf: 'schemas',
  oneOf: 'schemas',
  not: 'schema',
  $defs: 'schemaMap',
  $ref: 'ref',
};

/** Every fault of a schema; empty when values can be checked against it. */
export function schemaFaults(schema: unknown): string[] {
  const faults: string[] = [];
  const visit = (node: unknown, path: string, depth: number): void => {
    if (faults.length >= MAX_FAULTS) return;
    if (typeof node === 'boolean') return;
    if (!isObject(node)) return void faults.push(`${path || '/'}: not a schema`);
    if (depth > MAX_DEPTH) return void faults.push(`${path}: too deep`);
    for (const [keyword, value] of Object.entries(node)) {
      if (ANNOTATIONS.has(keyword)) continue;
      const kind = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
      const at = `${path}/${keyword}`;
      if (kind === undefined) faults.push(`${at}: the keyword is not available`);
      else if (!fits(kind, value, schema)) faults.push(`${at}: the value does not fit the keyword`);
      else if (kind === 'schema') visit(value, at, depth + 1);
      else if (kind === 'schemas')
        (value as unknown[]).forEach((item, index) => void visit(item, `${at}/${index}`, depth + 1));
      else if (kind === 'schemaMap')
        for (const [name, item] of Object.entries(value as object)) visit(item, `${at}/${name}`, depth + 1);
    }
  };
  visit(schema, '', 0);
  return faults;
}

function fits(kind: Kind, value: unknown, root: unknown): boolean {
  const strings = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((item) => typeof item === 'string');
  switch (kind) {
    case 'count':
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'strings':
      return strings(value);
    case 'types':
      return (strings(value) ? value : [value]).every((name) => typeof name === 'string' && TYPES.has(name));
    case 'values':
      return Array.isArray(value) && value.length > 0;
    case 'schemas':
      return Array.isArray(value) && value.length > 0;
    case 'schemaMap':
      return isObject(value);
    case 'ref':
      return definition(root, value) !== undefined;
    default:
      return true;
  }
}

/** Every fault of a value, at most ten, each with its JSON Pointer. */
export function valueFaults(schema: Schema, value: JsonValue): string[] {
  const check = new Check(schema);
  check.value(schema, value, '', 0);
  return check.faults;
}

class Check {
  readonly faults: string[] = [];
  private readonly root: Schema;
  private steps = 0;

  constructor(root: Schema) {
    this.root = root;
  }

  value(schema: Schema, value: JsonValue, path: string, depth: number): void {
    if (this.faults.length >= MAX_FAULTS) return;
    if (++this.steps > MAX_STEPS || depth > MAX_DEPTH * 2) {
      this.fault(path, 'takes too long to check');
      return;
    }
    if (schema === true) return;
    if (schema === false) {
      this.fault(path, 'is not permitted');
      return;
    }
    if (schema.$ref !== undefined) this.value(definition(this.root, schema.$ref) as Schema, value, path, depth + 1);
    this.generic(schema, value, path);
    if (typeof value === 'string') this.text(schema, value, path);
    else if (typeof value === 'number') this.number(schema, value, path);
    else if (Array.isArray(value)) this.list(schema, value as readonly JsonValue[], path, depth);
    else if (isObject(value)) this.object(schema, value as Record<string, JsonValue>, path, depth);
    this.combined(schema, value, path, depth);
  }

  private generic(schema: Exclude<Schema, boolean>, value: JsonValue, path: string): void {
    if (schema.type !== undefined) {
      const types = Array.isArray(schema.type) ? (schema.type as string[]) : [schema.type as string];
      if (!types.some((type) => isOfType(type, value))) this.fault(path, `is not of type ${types.join(' or ')}`);
    }
    if (schema.enum !== undefined && !(schema.enum as JsonValue[]).some((item) => same(item, value))) {
      this.fault(path, 'is none of the permitted values');
    }
    if (schema.const !== undefined && !same(schema.const as JsonValue, value))
      this.fault(path, 'is not the permitted value');
  }

  private text({ minLength, maxLength }: Exclude<Schema, boolean>, value: string, path: string): void {
    const length = [...value].length;
    if (typeof minLength === 'number' && length < minLength) this.fault(path, `is shorter than ${minLength}`);
    if (typeof maxLength === 'number' && length > maxLength) this.fault(path, `is longer than ${maxLength}`);
  }

  private number(schema: Exclude<Schema, boolean>, value: number, path: string): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
    if (typeof minimum === 'number' && value < minimum) this.fault(path, `is less than ${minimum}`);
    if (typeof maximum === 'number' && value > maximum) this.fault(path, `is more than ${maximum}`);
    if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum)
      this.fault(path, `is not more than ${exclusiveMinimum}`);
    if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum)
      this.fault(path, `is not less than ${exclusiveMaximum}`);
  }

  private list(schema: Exclude<Schema, boolean>, value: readonly JsonValue[], path: string, depth: number): void {
    const { minItems, maxItems, items } = schema;
    if (typeof minItems === 'number' && value.length < minItems) this.fault(path, `has fewer than ${minItems} items`);
    if (typeof maxItems === 'number' && value.length > maxItems) this.fault(path, `has more than ${maxItems} items`);
    if (items !== undefined)
      value.forEach((item, index) => void this.value(items as Schema, item, `${path}/${index}`, depth + 1));
  }

  private object(
    schema: Exclude<Schema, boolean>,
    value: Record<string, JsonValue>,
    path: string,
    depth: number,
  ): void {
    const properties = (schema.properties ?? {}) as Record<string, Schema>;
    for (const name of (schema.required ?? []) as string[]) {
      if (!Object.hasOwn(value, name)) this.fault(path, `has no member ${name}`);
    }
    for (const [name, item] of Object.entries(value)) {
      const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const own = Object.hasOwn(properties, name)
        ? properties[name]
        : (schema.additionalProperties as Schema | undefined);
      if (own !== undefined) this.value(own, item, at, depth + 1);
    }
  }

  private combined(schema: Exclude<Schema, boolean>, value: JsonValue, path: string, depth: number): void {
    const holds = (part: Schema) => {
      const inner = new Check(this.root);
      inner.steps = this.steps;
      inner.value(part, value, path, depth + 1);
      this.steps = inner.steps;
      return inner.faults.length === 0;
    };
    for (const part of (schema.allOf ?? []) as Schema[]) this.value(part, value, path, depth + 1);
    if (schema.anyOf !== undefined && !(schema.anyOf as Schema[]).some(holds))
      this.fault(path, 'fits none of the alternatives');
    if (schema.oneOf !== undefined && (schema.oneOf as Schema[]).filter(holds).length !== 1) {
      this.fault(path, 'does not fit exactly one of the alternatives');
    }
    if (schema.not !== undefined && holds(schema.not as Schema)) this.fault(path, 'is what it must not be');
  }

  private fault(path: string, text: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(`${path || '/'}: ${text}`);
  }
}

function definition(root: unknown, ref: unknown): Schema | undefined {
  const name = typeof ref === 'string' ? LOCAL_REF.exec(ref)?.[1] : undefined;
  const defs = isObject(root) ? root.$defs : undefined;
  return name !== undefined && isObject(defs) && Object.hasOwn(defs, name) ? (defs[name] as Schema) : undefined;
}

function isOfType(type: string, value: JsonValue): boolean {
  if (type === 'null') return value === null;
  if (type === 'integer') return typeof value === 'number' && Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  return typeof value === type;
}

function same(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = b as Record<string, JsonValue>;
  return (
    left.length === Object.keys(right).length &&
    left.every(([name, item]) => Object.hasOwn(right, name) && same(item, right[name] as JsonValue))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
