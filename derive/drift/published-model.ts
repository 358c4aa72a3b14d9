/** Reads the published service models (`service-2.json` of botocore without documentation). */
import { existsSync, readFileSync } from 'node:fs';
import type { WireError, WireMember, WireModel, WireOperation, WireShape, WireStructure } from './wire-model.ts';

interface ModelFile {
  metadata: { protocol: string };
  operations: Record<string, { input?: { shape: string }; output?: { shape: string } }>;
  shapes: Record<string, ModelShape>;
}

interface ModelShape {
  type: string;
  members?: Record<string, { shape: string }>;
  required?: string[];
  member?: { shape: string };
  key?: { shape: string };
  value?: { shape: string };
  min?: number;
  max?: number;
  enum?: string[];
  exception?: boolean;
  error?: { code?: string; httpStatusCode?: number };
}

const FOLDER = new URL('../../../shared/vectors/aws-models/', import.meta.url);

/** The models lie beside the checkout and are no part of it. */
export function publishedModelsPresent(): boolean {
  return existsSync(FOLDER);
}

const MODELS: Readonly<Record<string, string>> = {
  org: 'organizations',
  ccms: 'secretsmanager',
  pca: 'acm-pca',
};

/** Name of the model of an area: ours are named after what they hold. */
export function modelName(area: string): string {
  return MODELS[area] ?? area;
}

/** `service`: `kms`, `iam`, `sts`, `organizations`, `secretsmanager`. */
export function readPublishedModel(service: string): WireModel {
  const file = JSON.parse(readFileSync(new URL(`${service}.json`, FOLDER), 'utf8')) as ModelFile;
  return wireModel(file, `the published model of ${service}`);
}

export function wireModel(file: ModelFile, source: string): WireModel {
  const { shapes } = file;
  const operations = new Map<string, WireOperation>();
  for (const [name, { input, output }] of Object.entries(file.operations)) {
    operations.set(name, {
      input: input ? structure(shapes, input.shape) : { kind: 'structure', name: 'none', members: new Map() },
      output: output && structure(shapes, output.shape),
    });
  }
  const errors = new Map<string, WireError>();
  for (const [name, shape] of Object.entries(shapes)) {
    if (!shape.exception) continue;
    // JSON services answer 400 for every client error, whatever the model says.
    const status = file.metadata.protocol === 'query' ? shape.error?.httpStatusCode : undefined;
    errors.set(shape.error?.code ?? name, { status });
  }
  return { source, operations, errors };
}

function structure(shapes: ModelFile['shapes'], name: string): WireStructure {
  const { members = {}, required = [] } = shapes[name] as ModelShape;
  const resolved = new Map<string, WireMember>();
  for (const [member, { shape }] of Object.entries(members)) {
    resolved.set(member, { required: required.includes(member), shape: () => resolve(shapes, shape) });
  }
  return { kind: 'structure', name, members: resolved };
}

function resolve(shapes: ModelFile['shapes'], name: string): WireShape {
  const shape = shapes[name] as ModelShape;
  const bounds = {
    ...(shape.min !== undefined && { min: shape.min }),
    ...(shape.max !== undefined && { max: shape.max }),
  };
  switch (shape.type) {
    case 'structure':
      return structure(shapes, name);
    case 'list':
      return { kind: 'list', name, item: () => resolve(shapes, shape.member?.shape ?? ''), ...bounds };
    case 'map':
      return {
        kind: 'map',
        name,
        key: () => resolve(shapes, shape.key?.shape ?? ''),
        value: () => resolve(shapes, shape.value?.shape ?? ''),
      };
    case 'string':
      // SDKs decode exactly this shape of IAM.
      return {
        kind: 'string',
        name,
        ...bounds,
        ...(shape.enum && { values: shape.enum }),
        percentEncoded: name === 'policyDocumentType',
      };
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
      return { kind: 'number', name, ...bounds };
    case 'boolean':
    case 'blob':
    case 'timestamp':
      return { kind: shape.type, name };
    default:
      return { kind: 'other', name };
  }
}
