/**
 * Parameters of a landing zone: `${name}` in any text. A text that is nothing but a parameter becomes its value, with
 * its type; inside a longer text, numbers and texts are put in. Keys and the parameters themselves hold none.
 */
import type { Fault, PathStep } from './finding.ts';

const REFERENCE = /\$\{([^}]*)\}/g;
const ONLY = /^\$\{([^}]*)\}$/;

type Value = number | string | readonly string[];

export interface Expanded {
  value: unknown;
  faults: Fault[];
}

/** The value with every parameter filled in. `overrides`: values given from outside, in place of the defaults. */
export function expandParameters(value: Record<string, unknown>): Expanded {
  const faults: Fault[] = [];
  const values = parameterValues(value.parameters, faults);
  const used = new Set<string>();
  const walk = (node: unknown, path: readonly PathStep[]): unknown => {
    if (typeof node === 'string') return fill(node, path);
    if (Array.isArray(node)) return node.map((item, i) => walk(item, [...path, i]));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, item]) => [name, walk(item, [...path, name])]));
  };
  const look = (name: string, path: readonly PathStep[]): Value | undefined => {
    used.add(name);
    const found = values.get(name);
    if (found === undefined)
      faults.push({ code: 'unknown-parameter', message: `parameter ${name} is not declared`, path });
    return found;
  };
  const fill = (text: string, path: readonly PathStep[]): unknown => {
    if (!text.includes('${')) return text;
    const only = ONLY.exec(text);
    if (only) return look(only[1] as string, path) ?? text;
    return text.replace(REFERENCE, (whole, name: string) => {
      const found = look(name, path);
      if (Array.isArray(found)) {
        faults.push({
          code: 'list-in-text',
          message: `parameter ${name} is a list and cannot stand inside a text`,
          path,
        });
        return whole;
      }
      return found === undefined ? whole : String(found);
    });
  };
  const expanded = Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === 'parameters' ? item : walk(item, [name])]),
  );
  for (const name of values.keys())
    if (!used.has(name))
      faults.push({
        severity: 'warning',
        code: 'unused-parameter',
        message: `parameter ${name} is used nowhere`,
        path: ['parameters', name],
        onKey: true,
      });
  return { value: expanded, faults };
}

/** Declarations that are no parameters at all are reported by the shape. */
function parameterValues(declared: unknown, faults: Fault[]): Map<string, Value> {
  const values = new Map<string, Value>();
  if (typeof declared !== 'object' || declared === null) return values;
  for (const [name, parameter] of Object.entries(declared)) {
    if (typeof parameter !== 'object' || parameter === null) continue;
    const { type, default: value, min, max } = parameter as Record<string, unknown>;
    const path = ['parameters', name, 'default'];
    const wrong = (message: string) =>
      faults.push({ code: 'parameter-value', message: `parameter ${name} ${message}`, path });
    if (type === 'integer') {
      if (!Number.isSafeInteger(value)) wrong('is not a whole number');
      else if (typeof min === 'number' && (value as number) < min) wrong(`is less than ${min}`);
      else if (typeof max === 'number' && (value as number) > max) wrong(`is more than ${max}`);
    } else if (type === 'text' && typeof value !== 'string') wrong('is not a text');
    else if (type === 'list' && !Array.isArray(value)) wrong('is not a list');
    // A faulty value is filled in all the same: the rest of the file can be judged.
    values.set(name, value as Value);
  }
  return values;
}
