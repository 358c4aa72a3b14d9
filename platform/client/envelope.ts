/** How an invocation and its answer are written when they leave their thread or process. */
import { decoder, encoder } from '../contract/codec.ts';
import { ServiceError, type WireError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import { type Shape, shapeTree } from '../contract/shape-tree.ts';
import type { Caller, Invocation, Origin } from '../runtime/call.ts';
import { asServiceError } from '../runtime/errors.ts';
import type { Execute } from './local.ts';

export interface Envelope {
  operation: string;
  caller: Caller;
  origin: Origin;
  /** Not yet validated: bytes are marked, everything else is JSON. */
  input: unknown;
  idempotencyToken?: string;
  replayed?: boolean;
  refusal?: WireError;
}

export type Reply = { output: unknown } | { error: WireError };

export function seal(invocation: Invocation): Envelope {
  const { operation, caller, origin, input, idempotencyToken, replayed, refusal } = invocation;
  return {
    operation: operation.name,
    caller,
    origin,
    input: (holdsBytes(operation) ? mark(input) : input) ?? null,
    ...(idempotencyToken !== undefined && { idempotencyToken }),
    ...(replayed && { replayed }),
    ...(refusal && { refusal }),
  };
}

export function open(envelope: Envelope, operation: AnyOperation): Invocation {
  const { caller, origin, idempotencyToken, replayed, refusal } = envelope;
  return {
    operation,
    caller,
    origin,
    input: holdsBytes(operation) ? unmark(envelope.input) : envelope.input,
    ...(idempotencyToken !== undefined && { idempotencyToken }),
    ...(replayed && { replayed }),
    ...(refusal && { refusal }),
  };
}

/** Runs an opened envelope; errors become part of the reply. */
export async function answer(
  envelope: Envelope,
  operations: ReadonlyMap<string, AnyOperation>,
  execute: Execute,
): Promise<Reply> {
  try {
    const operation = operations.get(envelope.operation);
    if (!operation) throw new ServiceError('NotFound', `there is no operation ${envelope.operation}`);
    const output = await execute(open(envelope, operation));
    return { output: operation.output ? encoder(shapeTree(operation.output), 'native')(output) : null };
  } catch (thrown) {
    return { error: asServiceError(thrown).toWire() };
  }
}

/** The neutral output of a reply; throws the `ServiceError` it carries. */
export function result(reply: Reply, operation: AnyOperation): unknown {
  if ('error' in reply) throw ServiceError.fromWire(reply.error);
  return operation.output ? decoder(shapeTree(operation.output), 'native')(reply.output) : undefined;
}

const withBytes = new WeakMap<AnyOperation, boolean>();

/** Both ends know from the declaration whether there can be bytes; most inputs are handed on untouched. */
function holdsBytes(operation: AnyOperation): boolean {
  let known = withBytes.get(operation);
  if (known === undefined) {
    known = hasBlob(shapeTree(operation.input));
    withBytes.set(operation, known);
  }
  return known;
}

function hasBlob(shape: Shape): boolean {
  if (shape.kind === 'structure') return shape.members.some((member) => hasBlob(member.shape));
  if (shape.kind === 'list') return hasBlob(shape.item);
  if (shape.kind === 'map') return hasBlob(shape.value);
  return shape.kind === 'blob' || shape.kind === 'any';
}

// A caller's own object that looks like one of our marks is wrapped, so that no input can pass for bytes.
const isMarked = (record: object): boolean => '$blob' in record || '$object' in record;

function mark(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { $blob: value.toString('base64') };
  if (Array.isArray(value)) return value.map(mark);
  if (typeof value !== 'object' || value === null) return value;
  const record = mapValues(value, mark);
  return isMarked(value) ? { $object: record } : record;
}

function unmark(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as { $blob?: unknown; $object?: unknown };
  if (typeof record.$blob === 'string') return Buffer.from(record.$blob, 'base64');
  return mapValues(typeof record.$object === 'object' && record.$object !== null ? record.$object : value, unmark);
}

function mapValues(value: object, convert: (item: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item)]));
}
