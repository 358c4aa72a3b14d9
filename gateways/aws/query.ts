/**
 * AWS Query (form in, XML out), used by IAM and STS. Lists are `Name.member.N`, maps `Name.entry.N.key|value`,
 * structures `Parent.Child`; an empty value for a list means the empty list (botocore sends it).
 */
import { decodeBase64, parseTimestamp } from '../../platform/contract/codec.ts';
import { ServiceError } from '../../platform/contract/error.ts';
import type { AnyOperation, AwsBinding } from '../../platform/contract/operation.ts';
import { type Shape, shapeTree } from '../../platform/contract/shape-tree.ts';
import type { WireAnswer } from '../../platform/http/wire.ts';
import { awsError } from './errors.ts';
import { refuseUnsupported } from './json11.ts';
import { escapeXml, members } from './xml.ts';

const MAX_PARAMETERS = 1_000;
const MAX_LEVELS = 16;
const MAX_ITEMS = 256;

export type Parameters = ReadonlyMap<string, string>;

function malformed(message: string): ServiceError {
  return new ServiceError('Validation', message, { details: { wireCode: 'MalformedInput' } });
}

/** Parses a form body or query string; refuses repeated names, invalid percent-encoding and invalid UTF-8. */
export function parseForm(text: string): Parameters {
  const out = new Map<string, string>();
  if (text === '') return out;
  const pairs = text.split('&');
  if (pairs.length > MAX_PARAMETERS) throw malformed(`more than ${MAX_PARAMETERS} parameters`);
  for (const pair of pairs) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decodePart(at < 0 ? pair : pair.slice(0, at));
    if (out.has(name)) throw malformed('a parameter is repeated');
    out.set(name, at < 0 ? '' : decodePart(pair.slice(at + 1)));
  }
  return out;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed('a parameter is not valid percent-encoded UTF-8');
  }
}

type Node = { value?: string; children: Map<string, Node> };

/** Flat parameters as a tree; names are map keys, so hostile names stay names. */
function treeOf(parameters: Parameters): Node {
  const root: Node = { children: new Map() };
  for (const [name, value] of parameters) {
    const steps = name.split('.');
    if (steps.length > MAX_LEVELS) throw malformed(`a parameter is nested deeper than ${MAX_LEVELS} levels`);
    let at = root;
    for (const step of steps) {
      const next = at.children.get(step) ?? { children: new Map() };
      at.children.set(step, next);
      at = next;
    }
    at.value = value;
  }
  return root;
}

export function decodeQuery(operation: AnyOperation, parameters: Parameters): unknown {
  const root = treeOf(parameters);
  const shape = shapeTree(operation.input);
  const flat: Record<string, unknown> = Object.create(null);
  for (const [name, node] of root.children) flat[name] = node.value ?? true;
  refuseUnsupported(operation, flat);
  return decodeNode(shape, root) ?? {};
}

function decodeNode(shape: Shape, node: Node): unknown {
  switch (shape.kind) {
    case 'structure': {
      const out: Record<string, unknown> = {};
      for (const member of shape.members) {
        const child = node.children.get(member.name);
        if (child) out[member.name] = decodeNode(member.shape, child);
      }
      return out;
    }
    case 'list':
      return items(node, 'member').map((item) => decodeNode(shape.item, item));
    case 'map': {
      const out: Record<string, unknown> = Object.create(null);
      for (const entry of items(node, 'entry')) {
        const key = entry.children.get('key')?.value ?? '';
        const value = entry.children.get('value');
        out[key] = value && decodeNode(shape.value, value);
      }
      return { ...out };
    }
    case 'integer':
    case 'number':
      return node.value !== undefined && /^-?\d{1,15}$/.test(node.value) ? Number(node.value) : node.value;
    case 'boolean':
      return node.value === 'true' ? true : node.value === 'false' ? false : node.value;
    case 'blob':
      return node.value === undefined ? undefined : (decodeBase64(node.value) ?? node.value);
    case 'timestamp':
      return node.value === undefined ? undefined : (parseTimestamp(node.value) ?? node.value);
    default:
      return node.value;
  }
}

/** `Name.<word>.1`, `.2`, ... contiguous from 1. */
function items(node: Node, word: string): Node[] {
  const holder = node.children.get(word);
  if (!holder) return [];
  const count = holder.children.size;
  if (count > MAX_ITEMS) throw malformed(`a list has more than ${MAX_ITEMS} items`);
  const out: Node[] = [];
  for (let i = 1; i <= count; i++) {
    const item = holder.children.get(String(i));
    if (!item) throw malformed('the items of a list are not numbered from 1 without gaps');
    out.push(item);
  }
  return out;
}

type QueryBinding = Extract<AwsBinding, { protocol: 'query' }>;

export function encodeQuery(operation: AnyOperation, output: unknown, requestId: string): WireAnswer {
  const { namespace } = operation.aws as QueryBinding;
  const name = operation.name;
  const result = operation.output
    ? `<${name}Result>${members(shapeTree(operation.output), output)}</${name}Result>`
    : '';
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<${name}Response xmlns="${namespace}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`,
  };
}

export function encodeQueryError(
  operation: AnyOperation | undefined,
  namespace: string,
  error: ServiceError,
  requestId: string,
): WireAnswer {
  const aws = awsError(error, operation, 'query');
  const decision = error.details.decisionId;
  return {
    status: aws.status,
    headers: { 'content-type': 'text/xml' },
    body:
      `<ErrorResponse xmlns="${namespace}"><Error><Type>${aws.status >= 500 ? 'Receiver' : 'Sender'}</Type>` +
      `<Code>${aws.name}</Code><Message>${escapeXml(aws.message ?? '')}</Message></Error>` +
      `${decision === undefined ? '' : `<DecisionId>${escapeXml(decision)}</DecisionId>`}` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}
