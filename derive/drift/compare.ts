/**
 * Where a declaration differs from what AWS clients expect. Answers one line per difference, `place: what`, stable so
 * that accepted differences can be listed by name.
 */
import type { AnyOperation, ErrorDeclaration } from '../../platform/contract/operation.ts';
import { type Shape, shapeTree } from '../../platform/contract/shape-tree.ts';
import type { WireModel, WireShape, WireStructure } from './wire-model.ts';

/** Errors that every service answers and no model names. */
const UNMODELLED_ERRORS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'Throttling',
  'ThrottlingException',
  'ValidationError',
  'ValidationException',
]);

/** Members of ours that AWS shapes carry as well: AWS clients do not give them and do not see them. */
const OUR_MEMBERS: ReadonlySet<string> = new Set(['EnterpriseProjectId', 'GrantedFields', 'MaxCacheSeconds']);

type Direction = 'input' | 'output';

export function differences(operation: AnyOperation, model: WireModel): string[] {
  const place = `${operation.area} ${operation.name}`;
  const modelled = model.operations.get(operation.name);
  if (!modelled) return [`${place}: is not an operation of ${model.source}`];
  return [
    ...inputDifferences(operation, modelled.input, place),
    ...outputDifferences(operation, modelled.output, place),
    ...errorDifferences(operation, model, place),
  ];
}

function inputDifferences(operation: AnyOperation, model: WireStructure, place: string): string[] {
  const shape: Shape = shapeTree(operation.input);
  const unsupported = operation.aws?.unsupported ?? [];
  const refused = new Set<string>(unsupported);
  const strays = unsupported.filter((name: string) => !model.members.has(name) || has(shape, name));
  return [
    ...strays.map((name: string) => `${place} input ${name}: is called unsupported but is declared or unknown`),
    ...structureDifferences(shape, model, 'input', `${place} input`).filter(
      (line) => ![...refused].some((name) => line === `${place} input ${name}: is not declared`),
    ),
  ];
}

function has(shape: Shape, name: string): boolean {
  return shape.kind === 'structure' && shape.byName.has(name);
}

function outputDifferences(operation: AnyOperation, model: WireStructure | undefined, place: string): string[] {
  if (operation.output === undefined) return model ? [`${place} output: is not declared`] : [];
  if (!model) return [`${place} output: AWS answers nothing`];
  return structureDifferences(shapeTree(operation.output), model, 'output', `${place} output`);
}

function structureDifferences(shape: Shape, model: WireStructure, direction: Direction, place: string): string[] {
  if (shape.kind !== 'structure') return [`${place}: is a ${shape.kind}, not a structure`];
  const found: string[] = [];
  for (const member of shape.members) {
    const at = `${place} ${member.name}`;
    const expected = model.members.get(member.name);
    if (!expected && OUR_MEMBERS.has(member.name)) continue;
    if (!expected) {
      found.push(`${at}: is not a member of AWS`);
      continue;
    }
    if (direction === 'input' && expected.required !== member.required)
      found.push(`${at}: ${expected.required ? 'is required by AWS' : 'is optional for AWS'}`);
    if (direction === 'output' && expected.required && !member.required) found.push(`${at}: AWS always answers it`);
    found.push(...shapeDifferences(member.shape, expected.shape(), direction, at));
  }
  for (const [name, { required }] of model.members) {
    if (shape.byName.has(name)) continue;
    if (direction === 'input') found.push(`${place} ${name}: is not declared`);
    else if (required) found.push(`${place} ${name}: AWS always answers it`);
  }
  return found;
}

function shapeDifferences(shape: Shape, model: WireShape, direction: Direction, place: string): string[] {
  const kind = shape.kind === 'integer' ? 'number' : shape.kind;
  if (kind !== model.kind) return [`${place}: is a ${kind}, AWS has a ${model.kind}`];
  const limits = direction === 'input' ? boundDifferences(shape as Bounds, model as Bounds, place) : [];
  switch (model.kind) {
    case 'structure':
      return structureDifferences(shape, model, direction, place);
    case 'list':
      return [
        ...limits,
        ...shapeDifferences((shape as Shape & { kind: 'list' }).item, model.item(), direction, `${place}[]`),
      ];
    case 'map': {
      const { key, value } = shape as Shape & { kind: 'map' };
      return [
        ...shapeDifferences(key, model.key(), direction, `${place} key`),
        ...shapeDifferences(value, model.value(), direction, `${place} value`),
      ];
    }
    case 'string':
      return [
        ...limits,
        ...valueDifferences(shape as Shape & { kind: 'string' }, model, direction, place),
        ...encodingDifferences(shape as Shape & { kind: 'string' }, model, direction, place),
      ];
    default:
      return limits;
  }
}

interface Bounds {
  min?: number;
  max?: number;
}

/** A bound that AWS does not have is ours to set; one that it has must not be narrower here. */
function boundDifferences(shape: Bounds, model: Bounds, place: string): string[] {
  const found: string[] = [];
  if (model.min !== undefined && (shape.min ?? model.min) > model.min)
    found.push(`${place}: begins at ${shape.min}, AWS at ${model.min}`);
  if (model.max !== undefined && (shape.max ?? model.max) < model.max)
    found.push(`${place}: ends at ${shape.max}, AWS at ${model.max}`);
  return found;
}

function valueDifferences(
  shape: Shape & { kind: 'string' },
  model: WireShape & { kind: 'string' },
  direction: Direction,
  place: string,
): string[] {
  const { values } = shape;
  if (!values || !model.values) return [];
  const [from, to] = direction === 'input' ? [model.values, values] : [values, model.values];
  const missing = from.filter((value) => !to.includes(value));
  if (missing.length === 0) return [];
  return [`${place}: ${direction === 'input' ? 'does not accept' : 'may answer'} ${missing.join(', ')}`];
}

/** Terraform and the SDKs decode policy documents of IAM by hand: plain JSON breaks them. */
function encodingDifferences(
  shape: Shape & { kind: 'string' },
  model: WireShape & { kind: 'string' },
  direction: Direction,
  place: string,
): string[] {
  if (direction === 'input' || model.percentEncoded === undefined || !place.startsWith('iam ')) return [];
  if (shape.document === model.percentEncoded) return [];
  return [
    `${place}: ${shape.document ? 'is answered percent-encoded, by AWS as it is' : 'is answered as it is, by AWS percent-encoded'}`,
  ];
}

function errorDifferences(operation: AnyOperation, model: WireModel, place: string): string[] {
  const found: string[] = [];
  const declared = operation.errors as Record<string, ErrorDeclaration>;
  for (const [code, { aws = code, status, awsStatus = status }] of Object.entries(declared)) {
    const known = model.errors.get(aws);
    if (!known && !UNMODELLED_ERRORS.has(aws)) found.push(`${place} error ${code}: AWS has no ${aws}`);
    else if (known?.status !== undefined && known.status !== awsStatus)
      found.push(`${place} error ${code}: status ${awsStatus}, AWS answers ${known.status}`);
  }
  return found;
}
