/**
 * The OpenAPI 3.1 document of the native API, made from the declarations: what it says is what the dispatcher serves.
 * Pure; the same operations give the same document. Throws when two operations cannot stand in one document.
 */
import type { AnyOperation } from '../platform/contract/operation.ts';
import { type Member, type Shape, shapeTree } from '../platform/contract/shape-tree.ts';
import { FIXED_PATHS } from './openapi/fixed-paths.ts';
import { errorResponses, PROBLEM_SCHEMA } from './openapi/responses.ts';
import { type JsonObject, SchemaWriter } from './openapi/schema.ts';
import { byArea } from './operations.ts';

export interface OpenApiOptions {
  serverUrl: string;
  /** Of the product; default that of this release. */
  version?: string;
}

const VERSION = '0.1.0';

export function openApiDocument(operations: readonly AnyOperation[], options: OpenApiOptions): JsonObject {
  const schemas = new SchemaWriter();
  const paths: Record<string, JsonObject> = { ...(FIXED_PATHS as Record<string, JsonObject>) };
  for (const operation of operations) {
    const { path } = operation.rest;
    const method = operation.rest.method.toLowerCase();
    if (paths[path]?.[method] !== undefined)
      throw new Error(`two operations share the route ${operation.rest.method} ${path}`);
    paths[path] = { ...paths[path], [method]: describeOperation(operation, schemas) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Parapet',
      version: options.version ?? VERSION,
      summary: 'Security control plane: IAM, KMS and audit.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.serverUrl }],
    tags: [...byArea(operations).keys(), 'system'].map((name) => ({ name })),
    security: [{ 'aws4-hmac': [] }, { bearer: [] }, { mtls: [] }],
    paths,
    components: {
      schemas: { Problem: PROBLEM_SCHEMA, ...Object.fromEntries([...schemas.components].sort(byName)) },
      headers: {
        RetryAfter: { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } },
        RequestId: { description: 'Id of the request in records and logs.', schema: { type: 'string' } },
      },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

const SECURITY_SCHEMES: JsonObject = {
  'aws4-hmac': {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      'Signature Version 4 (AWS4-HMAC-SHA256) with an access key; the service in the scope is the part of the path after /v1/.',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Session token of CreateSession.' },
  mtls: { type: 'mutualTLS', description: 'A client certificate that is bound to a principal.' },
};

function describeOperation(operation: AnyOperation, schemas: SchemaWriter): JsonObject {
  const { area, name, doc, authz, rest, effect } = operation;
  const input: Shape = shapeTree(operation.input);
  const members = input.kind === 'structure' ? input.members : [];
  const parameters = [
    ...(rest.method === 'GET' ? members.map((member) => parameter(operation, member, schemas)) : []),
    ...(effect === 'write' ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: `${area}_${name}`,
    tags: [area],
    summary: firstSentence(doc),
    description: doc,
    ...(parameters.length > 0 && { parameters }),
    ...(rest.method === 'POST' && { requestBody: requestBody(operation, input, schemas) }),
    responses: { '200': success(operation, schemas), ...errorResponses(operation) },
    // Credentials may be sent with it and are not asked for.
    ...(authz === 'public' && { security: [] }),
    'x-parapet-service': operation.service,
    'x-parapet-effect': effect,
    ...(typeof authz === 'object' && {
      'x-parapet-action': authz.action,
      ...(authz.alsoChecks?.length && { 'x-parapet-also-checks': authz.alsoChecks }),
      'x-parapet-resource': authz.resource,
      ...(authz.conditions?.length && { 'x-parapet-condition-keys': authz.conditions }),
    }),
    ...awsExtension(operation),
  };
}

function awsExtension({ aws, name }: AnyOperation): JsonObject {
  if (aws === undefined) return {};
  if (aws.protocol === 'json-1.1') return { 'x-parapet-aws-target': aws.target };
  return { 'x-parapet-aws-action': `Action=${name}&Version=${aws.version}` };
}

const IDEMPOTENCY_KEY: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'A repeat with the same key and input within a day answers the first result and does nothing.',
  schema: { type: 'string', maxLength: 128 },
};

function parameter(operation: AnyOperation, member: Member, schemas: SchemaWriter): JsonObject {
  const inPath = operation.rest.path.includes(`{${member.name}}`);
  const example = operation.examples.find(({ input }) => input[member.name] !== undefined)?.input[member.name];
  return {
    name: member.name,
    in: inPath ? 'path' : 'query',
    ...((inPath || member.required) && { required: true }),
    schema: schemas.write(member.shape, operation.area, 'input'),
    ...(example !== undefined && { example }),
  };
}

function requestBody(operation: AnyOperation, input: Shape, schemas: SchemaWriter): JsonObject {
  const examples = operation.examples.map(({ title, input: value }, i) => [
    `example${i + 1}`,
    { summary: title, value },
  ]);
  return {
    required: input.kind === 'structure' && input.members.some((member) => member.required),
    content: {
      'application/json': {
        schema: schemas.write(input, operation.area, 'input'),
        ...(examples.length > 0 && { examples: Object.fromEntries(examples) }),
      },
    },
  };
}

function success(operation: AnyOperation, schemas: SchemaWriter): JsonObject {
  const schema = operation.output
    ? schemas.write(shapeTree(operation.output), operation.area, 'output')
    : { type: 'object', maxProperties: 0 };
  return {
    description: operation.output ? 'done' : 'done; there is nothing to answer',
    headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' } },
    content: { 'application/json': { schema } },
  };
}

function firstSentence(text: string): string {
  const end = text.indexOf('. ');
  return end < 0 ? text : text.slice(0, end + 1);
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
