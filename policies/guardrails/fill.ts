/**
 * Fills the parameters of a template in, by structure: a value becomes a JSON value of the document, never text that is
 * parsed again. A template is the JSON of a statement with these nodes in it:
 *
 *   { $param: name }                       the value; inside a list, a list value is spliced
 *   { $join: [text, { $param: name }] }    text with values inside; a list value makes one text for each of its items
 *   { $each: name, ... } as a statement    the statement once for each item of a list; { $item: name } is the item
 *   $entry: { key, value } in an object    a member whose name is filled in
 */
import type { StatementJson } from './guardrail.ts';
import type { Values } from './parameters.ts';

type Json = unknown;
type JsonObject = Record<string, Json>;
type Scalar = string | number;

/** Throws on a template that is not well formed: templates ship with the product and are tested. */
export function fillStatement(template: StatementJson, values: Values): StatementJson[] {
  const { $each, ...statement } = template as JsonObject;
  if ($each === undefined) return [fillObject(statement, values, undefined)];
  const items = lookUp(String($each), values);
  return items.map((item) => fillObject(statement, values, { name: String($each), item }));
}

interface Each {
  readonly name: string;
  readonly item: Scalar;
}

function fillObject(node: JsonObject, values: Values, each: Each | undefined): JsonObject {
  const out: [string, Json][] = [];
  for (const [name, value] of Object.entries(node)) {
    if (name === '$entry') {
      const entry = value as JsonObject;
      out.push([scalars(entry.key, values, each).join(''), fill(entry.value, values, each)]);
    } else if (name.startsWith('$')) throw new Error(`${name} stands where a member is expected`);
    else out.push([name, fill(value, values, each)]);
  }
  return Object.fromEntries(out);
}

function fill(node: Json, values: Values, each: Each | undefined): Json {
  if (Array.isArray(node)) {
    return node.flatMap((item) => (isMarker(item) ? scalars(item, values, each) : [fill(item, values, each)]));
  }
  if (isMarker(node)) {
    const found = scalars(node, values, each);
    return found.length === 1 ? found[0] : found;
  }
  return typeof node === 'object' && node !== null ? fillObject(node as JsonObject, values, each) : node;
}

/** What a `$`-node, or a plain text, stands for. */
function scalars(node: Json, values: Values, each: Each | undefined): Scalar[] {
  if (typeof node === 'string' || typeof node === 'number') return [node];
  const { $param, $item, $join } = node as JsonObject;
  if (typeof $param === 'string') return lookUp($param, values);
  if (typeof $item === 'string' && each?.name === $item) return [each.item];
  if (Array.isArray($join)) {
    return $join.reduce<Scalar[]>(
      (texts, part) => texts.flatMap((text) => scalars(part, values, each).map((value) => `${text}${value}`)),
      [''],
    );
  }
  throw new Error('a template node is neither $param, $item nor $join');
}

function isMarker(node: Json): boolean {
  return typeof node === 'object' && node !== null && ('$param' in node || '$item' in node || '$join' in node);
}

function lookUp(name: string, values: Values): Scalar[] {
  if (!Object.hasOwn(values, name)) throw new Error(`the template names no parameter ${name}`);
  const value = values[name] as Values[string];
  return Array.isArray(value) ? value : [value];
}
