/** AWS JSON 1.1 (`X-Amz-Target`): bodies in and out, errors with `__type`. Spec: smithy aws-json-1.1 protocol. */
import { decoder, encoder } from '../../platform/contract/codec.ts';
import { ServiceError } from '../../platform/contract/error.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { shapeTree } from '../../platform/contract/shape-tree.ts';
import { parseStrictJson } from '../../platform/http/json/strict-json.ts';
import type { WireAnswer } from '../../platform/http/wire.ts';
import { awsError } from './errors.ts';
import { reasonOf } from './organizations.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const EMPTY = Buffer.from('{}');

export function decodeJson(operation: AnyOperation, body: Buffer): unknown {
  const parsed = parseStrictJson(body.length === 0 ? EMPTY : body);
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
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError('Validation', 'the body must be a JSON object', { details: { wireCode: 'MalformedInput' } });
  }
  refuseUnsupported(operation, value as Record<string, unknown>);
  return decoder(shapeTree(operation.input), 'aws-json')(value);
}

/** A member we know but do not carry out must not be ignored: ignoring `DryRun: true` would execute. */
export function refuseUnsupported(operation: AnyOperation, input: Record<string, unknown>): void {
  for (const name of operation.aws?.unsupported ?? []) {
    const value = input[name];
    if (value === undefined || value === null || value === false) continue;
    throw new ServiceError('Validation', `member ${name} of ${operation.name} is not supported`, {
      hint: 'leave the member out',
      details: { wireCode: 'Unsupported' },
    });
  }
}

export function encodeJson(operation: AnyOperation, output: unknown): WireAnswer {
  const body = operation.output ? JSON.stringify(encoder(shapeTree(operation.output), 'aws-json')(output)) : '';
  return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body };
}

/** Secrets Manager spells the member of the errors of its model with a capital letter, Organizations that of all. */
function messageMember(operation: AnyOperation | undefined, { code }: ServiceError): 'message' | 'Message' {
  const isCapital = operation?.service === 'org' || (operation?.service === 'ccms' && code in operation.errors);
  return isCapital ? 'Message' : 'message';
}

export function encodeJsonError(operation: AnyOperation | undefined, error: ServiceError): WireAnswer {
  const aws = awsError(error, operation, 'json');
  const body: Record<string, unknown> = { __type: aws.name };
  if (aws.message !== undefined) body[messageMember(operation, error)] = aws.message;
  if (operation?.service === 'org') Object.assign(body, { Reason: reasonOf(error) });
  if (error.details.decisionId !== undefined) body.decisionId = error.details.decisionId;
  return {
    status: aws.status,
    headers: { 'content-type': CONTENT_TYPE, 'x-amzn-errortype': aws.name },
    body: JSON.stringify(body),
  };
}
