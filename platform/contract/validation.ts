/** Checks a decoded input against its schema and says what is wrong in protocol-neutral terms. */
import type { z } from 'zod';
import type { InputIssue } from './error.ts';
import { type Shape, shapeTree } from './shape-tree.ts';

export type Checked<T> = { ok: true; value: T } | { ok: false; issues: InputIssue[] };

export function checkInput<T extends z.ZodObject>(schema: T, input: unknown): Checked<z.output<T>> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const tree = shapeTree(schema);
  return { ok: false, issues: result.error.issues.flatMap((issue) => describe(issue, input, tree)) };
}

function describe(issue: z.core.$ZodIssue, input: unknown, tree: Shape): InputIssue[] {
  const path = issue.path.map((p) => (typeof p === 'symbol' ? String(p) : p));
  const found = valueAt(input, path);
  const shown = isSecret(tree, path) ? undefined : printable(found);
  const common = { path, ...(shown !== undefined && { value: shown }) };
  switch (issue.code) {
    case 'invalid_type':
      if (found === undefined) return [{ path, rule: 'required', message: 'must be present' }];
      return [{ ...common, rule: 'type', expected: issue.expected, message: `must be of type ${issue.expected}` }];
    case 'too_small': {
      const min = Number(issue.minimum);
      return issue.origin === 'number' || issue.origin === 'int'
        ? [{ ...common, rule: 'minimum', expected: min, message: `must be at least ${min}` }]
        : [{ ...common, rule: 'minLength', expected: min, message: `must have length at least ${min}` }];
    }
    case 'too_big': {
      const max = Number(issue.maximum);
      return issue.origin === 'number' || issue.origin === 'int'
        ? [{ ...common, rule: 'maximum', expected: max, message: `must be at most ${max}` }]
        : [{ ...common, rule: 'maxLength', expected: max, message: `must have length at most ${max}` }];
    }
    case 'invalid_format':
      return [{ ...common, rule: 'pattern', expected: issue.pattern ?? '', message: `must match ${issue.pattern}` }];
    case 'invalid_value': {
      if (found === undefined) return [{ path, rule: 'required', message: 'must be present' }];
      const values = issue.values.map(String);
      return [{ ...common, rule: 'enum', expected: values, message: `must be one of ${values.join(', ')}` }];
    }
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], rule: 'unknown', message: 'is not a member' }) as const);
    case 'custom': {
      if (found === undefined) return [{ path, rule: 'required', message: 'must be present' }];
      const params = (issue.params ?? {}) as { rule?: InputIssue['rule']; expected?: number };
      if (params.rule === undefined)
        return [{ ...common, rule: 'custom', expected: issue.message, message: `must be ${issue.message}` }];
      const side = params.rule === 'minLength' ? 'at least' : 'at most';
      return [
        {
          ...common,
          rule: params.rule,
          expected: params.expected ?? 0,
          message: `must have length ${side} ${params.expected}`,
        },
      ];
    }
    default:
      return [{ ...common, rule: 'custom', message: 'is not valid' }];
  }
}

function valueAt(input: unknown, path: (string | number)[]): unknown {
  let at = input;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

function isSecret(shape: Shape, path: (string | number)[]): boolean {
  let at: Shape | undefined = shape;
  for (const step of path) {
    if (at === undefined || at.secret) break;
    if (at.kind === 'structure') at = at.byName.get(String(step))?.shape;
    else if (at.kind === 'list') at = at.item;
    else if (at.kind === 'map') at = at.value;
    else break;
  }
  return at === undefined || at.secret || at.audit === 'drop' || at.kind === 'blob';
}

function printable(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value.length > 256 ? `${value.slice(0, 256)}...` : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return undefined;
}

/** RFC 6901 pointer of a member path. */
export function jsonPointer(path: readonly (string | number)[]): string {
  return path.map((p) => `/${String(p).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
