/** The native REST API as a wire: `/v1/...`, JSON in and out. The route table is built from the declarations. */
import { decoder, encoder } from '../contract/codec.ts';
import { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import { type Shape, shapeTree } from '../contract/shape-tree.ts';
import { parseStrictJson } from './json/strict-json.ts';
import { problem } from './problem.ts';
import type { FrontRequest } from './server.ts';
import type { Wire, WireCall } from './wire.ts';

/** Signing names: the area, the policy prefix (for clients that sign per AWS service) and the product's own. */
const OWN_SIGNING_NAME = 'parapet';

interface Route {
  operation: AnyOperation;
  /** Member that takes the rest of the path. */
  pathMember?: string;
}

export class RestWire implements Wire {
  private readonly exact = new Map<string, Route>();
  private readonly prefixes = new Map<string, Route>();

  constructor(operations: readonly AnyOperation[]) {
    for (const operation of operations) {
      if (operation.authz === 'internal') continue;
      const { method, path } = operation.rest;
      const at = path.indexOf('{');
      const [table, key, route] =
        at < 0
          ? [this.exact, `${method} ${path}`, { operation }]
          : [this.prefixes, `${method} ${path.slice(0, at)}`, { operation, pathMember: path.slice(at + 1, -1) }];
      if (table.has(key)) throw new Error(`two operations share the route ${method} ${path}`);
      table.set(key, route);
    }
  }

  match(request: FrontRequest): WireCall | undefined {
    if (!request.path.startsWith('/v1/')) return undefined;
    const key = `${request.method} ${request.path}`;
    const exact = this.exact.get(key);
    if (exact) return new RestCall(request, exact.operation);
    const at = key.lastIndexOf('/') + 1;
    const prefixed = this.prefixes.get(key.slice(0, at));
    if (prefixed?.pathMember !== undefined && at < key.length)
      return new RestCall(request, prefixed.operation, { [prefixed.pathMember]: key.slice(at) });
    return new RestCall(request, undefined);
  }
}

class RestCall implements WireCall {
  readonly protocol = 'native';
  readonly operation: AnyOperation | undefined;
  readonly signingNames: readonly string[];
  private readonly request: FrontRequest;
  private readonly path: Record<string, string>;

  constructor(request: FrontRequest, operation: AnyOperation | undefined, path: Record<string, string> = {}) {
    this.request = request;
    this.operation = operation;
    this.path = path;
    this.signingNames = operation ? [operation.area, signingPrefix(operation), OWN_SIGNING_NAME] : [];
  }

  input(): unknown {
    const operation = this.operation as AnyOperation;
    const shape = shapeTree(operation.input);
    const value = this.request.method === 'GET' ? fromQuery(shape, this.request.query) : this.body();
    return decoder(shape, 'native')({ ...value, ...this.path });
  }

  private body(): Record<string, unknown> {
    const { body, headers } = this.request;
    if (body.length === 0) return {};
    const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
    if (type !== undefined && type !== 'application/json') {
      throw new ServiceError('Validation', `content type ${type.slice(0, 100)} is not application/json`, {
        hint: 'send JSON',
      });
    }
    const parsed = parseStrictJson(body);
    if (!parsed.ok) {
      throw new ServiceError(
        'Validation',
        `the body is not acceptable JSON: ${parsed.message} at line ${parsed.line}, column ${parsed.column}`,
        {
          details: { wireCode: 'MalformedInput' },
        },
      );
    }
    const value = parsed.value;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new ServiceError('Validation', 'the body must be a JSON object', {
        details: { wireCode: 'MalformedInput' },
      });
    return value as Record<string, unknown>;
  }

  answer(output: unknown) {
    const shape = this.operation?.output && shapeTree(this.operation.output);
    const body = shape ? JSON.stringify(encoder(shape, 'native')(output)) : '{}';
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }

  failure(error: ServiceError) {
    return problem(error, this.request.requestId);
  }
}

function signingPrefix(operation: AnyOperation): string {
  return typeof operation.authz === 'object'
    ? operation.authz.action.slice(0, operation.authz.action.indexOf(':'))
    : operation.area;
}

/** Query parameters as members: numbers and booleans by shape, lists by repetition. */
function fromQuery(shape: Shape, query: string): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (shape.kind !== 'structure') return out;
  for (const [name, text] of new URLSearchParams(query)) {
    if (name.startsWith('X-Amz-')) continue;
    const member = shape.byName.get(name)?.shape;
    if (member?.kind === 'list') out[name] = [...((out[name] as unknown[] | undefined) ?? []), text];
    else if (name in out) throw new ServiceError('Validation', `parameter ${name.slice(0, 100)} is repeated`);
    else out[name] = member ? fromText(member, text) : text;
  }
  return out;
}

function fromText(shape: Shape, text: string): unknown {
  if ((shape.kind === 'integer' || shape.kind === 'number') && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (shape.kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
