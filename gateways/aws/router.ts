/**
 * The AWS protocols as a wire: everything that is posted to `/` (and GET with `Action`, for presigned STS calls) is
 * found by `X-Amz-Target` or by `Action` and `Version`. Operations without an AWS binding cannot be reached here.
 */
import { ServiceError } from '../../platform/contract/error.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import type { FrontRequest } from '../../platform/http/server.ts';
import type { Wire, WireCall } from '../../platform/http/wire.ts';
import { UNSUPPORTED_ORGANIZATIONS_OPERATIONS } from '../../services/org/api/unsupported.ts';
import { decodeJson, encodeJson, encodeJsonError } from './json11.ts';
import { decodeQuery, encodeQuery, encodeQueryError, type Parameters, parseForm } from './query.ts';

// SECURITY: callers choose what is looked up in these, and an object has more names than those that were given to it.
/** Signing name by `X-Amz-Target` prefix. */
const JSON_SIGNING_NAMES: ReadonlyMap<string, string> = new Map([
  ['TrentService', 'kms'],
  ['secretsmanager', 'secretsmanager'],
  ['ACMPrivateCA', 'acm-pca'],
  ['AWSOrganizationsV20161128', 'organizations'],
]);

/** Signing name and answer namespace by API version. */
const QUERY_VERSIONS: ReadonlyMap<string, { name: string; namespace: string }> = new Map([
  ['2010-05-08', { name: 'iam', namespace: 'https://iam.amazonaws.com/doc/2010-05-08/' }],
  ['2011-06-15', { name: 'sts', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/' }],
]);

/** Operations that are known and not offered: they answer an error of their own. */
const UNSUPPORTED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['AWSOrganizationsV20161128', UNSUPPORTED_ORGANIZATIONS_OPERATIONS],
]);

const FORM = 'application/x-www-form-urlencoded';

export class AwsWire implements Wire {
  private readonly targets = new Map<string, AnyOperation>();
  private readonly actions = new Map<string, AnyOperation>();

  constructor(operations: readonly AnyOperation[]) {
    for (const operation of operations) {
      if (operation.authz === 'internal' || !operation.aws) continue;
      if (operation.aws.protocol === 'json-1.1') this.targets.set(operation.aws.target, operation);
      else this.actions.set(`${operation.aws.version} ${operation.name}`, operation);
    }
  }

  match(request: FrontRequest): WireCall | undefined {
    if (request.path !== '/') return undefined;
    const target = request.headers.get('x-amz-target');
    if (target !== undefined) {
      if (request.method !== 'POST') return undefined;
      const at = target.lastIndexOf('.');
      const [prefix, name] = [target.slice(0, at), target.slice(at + 1)];
      const unsupported = UNSUPPORTED.get(prefix)?.has(name) ? name : undefined;
      return new JsonCall(request, this.targets.get(target), JSON_SIGNING_NAMES.get(prefix), unsupported);
    }
    if (
      request.method === 'POST' &&
      request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() === FORM
    )
      return this.query(request, request.body.toString('utf8'));
    if (request.method === 'GET' && request.query.includes('Action=')) return this.query(request, request.query);
    if (request.method === 'POST') return new JsonCall(request, undefined, undefined);
    return undefined;
  }

  private query(request: FrontRequest, form: string): WireCall {
    let parameters: Parameters = new Map();
    let broken: ServiceError | undefined;
    try {
      parameters = parseForm(form);
    } catch (error) {
      broken = error as ServiceError;
    }
    const version = parameters.get('Version') ?? '';
    const service = QUERY_VERSIONS.get(version);
    const operation = this.actions.get(`${version} ${parameters.get('Action') ?? ''}`);
    return new QueryCall(request, operation, service, parameters, broken);
  }
}

class JsonCall implements WireCall {
  readonly protocol = 'aws';
  readonly operation: AnyOperation | undefined;
  readonly signingNames: readonly string[];
  private readonly request: FrontRequest;
  private readonly unsupported: string | undefined;

  constructor(
    request: FrontRequest,
    operation: AnyOperation | undefined,
    signingName: string | undefined,
    unsupported?: string,
  ) {
    this.request = request;
    this.operation = operation;
    this.unsupported = unsupported;
    this.signingNames = signingName === undefined ? [] : [signingName];
  }

  input(): unknown {
    return decodeJson(this.operation as AnyOperation, this.request.body);
  }

  answer(output: unknown) {
    return encodeJson(this.operation as AnyOperation, output);
  }

  failure(error: ServiceError) {
    if (this.unsupported !== undefined && error.details.wireCode === 'UnknownOperation')
      return encodeJsonError(
        undefined,
        new ServiceError('UnsupportedEndpoint', `${this.unsupported} is not offered here`),
      );
    return encodeJsonError(this.operation, error);
  }
}

class QueryCall implements WireCall {
  readonly protocol = 'aws';
  readonly operation: AnyOperation | undefined;
  readonly signingNames: readonly string[];
  private readonly namespace: string;
  private readonly request: FrontRequest;
  private readonly parameters: Parameters;
  private readonly broken: ServiceError | undefined;

  constructor(
    request: FrontRequest,
    operation: AnyOperation | undefined,
    service: { name: string; namespace: string } | undefined,
    parameters: Parameters,
    broken: ServiceError | undefined,
  ) {
    this.request = request;
    this.operation = operation;
    this.signingNames = service ? [service.name] : [];
    this.namespace = service?.namespace ?? 'https://sts.amazonaws.com/doc/2011-06-15/';
    this.parameters = parameters;
    this.broken = broken;
  }

  input(): unknown {
    if (this.broken) throw this.broken;
    return decodeQuery(this.operation as AnyOperation, this.parameters);
  }

  answer(output: unknown) {
    return encodeQuery(this.operation as AnyOperation, output, this.request.requestId);
  }

  failure(error: ServiceError) {
    return encodeQueryError(this.operation, this.namespace, error, this.request.requestId);
  }
}
