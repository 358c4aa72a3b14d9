/** Errors as responses: one per status, naming every code that can come with it. */
import { PLATFORM_CODES, type PlatformCode } from '../../platform/contract/error.ts';
import type { AnyOperation, ErrorDeclaration } from '../../platform/contract/operation.ts';
import type { JsonObject } from './schema.ts';

/** What each platform code means, for this document and the reference of errors. */
export const PLATFORM_CODE_DOCS: Readonly<Record<PlatformCode, string>> = {
  Validation: 'The input is malformed or breaks a constraint; `issues` points at the members.',
  Unauthenticated: 'The credentials are missing, wrong, expired, disabled or used twice.',
  AccessDenied: 'A policy denies, or none allows; `decisionId` leads to the explanation.',
  NotFound: 'The object does not exist, or belongs to another account.',
  Conflict: 'The object was changed meanwhile, exists already, or the idempotency key was used for something else.',
  FailedPrecondition: 'The state of the object does not permit this.',
  LimitExceeded: 'A limit of the account is reached.',
  TooManyRequests: 'Too many requests; `Retry-After` says when to come back.',
  Unavailable: 'The HSM, the database or another part cannot be reached now; repeat after `Retry-After`.',
  Internal: 'The request failed for a reason on our side; the log holds the details under the request id.',
};

/** Platform codes that an operation can answer whatever it declares. */
function platformCodesOf(operation: AnyOperation): PlatformCode[] {
  return [
    'Validation',
    'Unauthenticated',
    ...(typeof operation.authz === 'object' ? (['AccessDenied'] as const) : []),
    ...(operation.effect === 'write' ? (['Conflict'] as const) : []),
    'TooManyRequests',
    'Internal',
    'Unavailable',
  ];
}

export function errorResponses(operation: AnyOperation): JsonObject {
  const byStatus = new Map<number, Map<string, string>>();
  const add = (status: number, code: string, doc: string) => {
    const codes = byStatus.get(status) ?? new Map<string, string>();
    byStatus.set(status, codes);
    codes.set(code, doc);
  };
  for (const code of platformCodesOf(operation)) add(PLATFORM_CODES[code], code, PLATFORM_CODE_DOCS[code]);
  for (const [code, { status, doc }] of Object.entries(operation.errors as Record<string, ErrorDeclaration>)) {
    // A declaration of a platform code says it better than the general text.
    for (const codes of byStatus.values()) codes.delete(code);
    add(status, code, doc);
  }
  const statuses = [...byStatus].filter(([, codes]) => codes.size > 0).sort(([a], [b]) => a - b);
  return Object.fromEntries(statuses.map(([status, codes]) => [String(status), response(status, codes)]));
}

function response(status: number, codes: ReadonlyMap<string, string>): JsonObject {
  return {
    description: [...codes].map(([code, doc]) => `\`${code}\`: ${doc}`).join('\n\n'),
    ...((status === 429 || status === 503) && {
      headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
    }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    'x-parapet-codes': [...codes.keys()],
  };
}

export const PROBLEM_SCHEMA: JsonObject = {
  type: 'object',
  description: 'Problem details (RFC 9457). `code` is stable; texts are for people.',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string', description: '`urn:parapet:error:` followed by the code' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    hint: { type: 'string', description: 'what to do' },
    reason: { type: 'string', description: 'a finer code where one code covers several situations' },
    requestId: { type: 'string' },
    decisionId: { type: 'string', description: 'GET /v1/authz/decisions/{DecisionId} explains it' },
    denial: {
      type: 'object',
      description: 'the guardrail that denied, for callers of the same organization',
      required: ['layer', 'level'],
      properties: {
        layer: { type: 'string', enum: ['scp', 'rcp'] },
        level: {
          type: 'object',
          description: 'root, unit or account it is attached to',
          required: ['id', 'name'],
          properties: { id: { type: 'string' }, name: { type: 'string' } },
        },
        statement: {
          type: 'object',
          description: 'absent when no guardrail of the level allows',
          required: ['policyArn', 'index'],
          properties: {
            policyArn: { type: 'string' },
            policyName: { type: 'string' },
            version: { type: 'string' },
            sid: { type: 'string' },
            index: { type: 'integer', description: 'of the statement in the document, from 0' },
          },
        },
      },
    },
    issues: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'rule', 'message'],
        properties: {
          pointer: { type: 'string', format: 'json-pointer' },
          rule: { type: 'string' },
          message: { type: 'string' },
          expected: {},
        },
      },
    },
    findings: {
      type: 'array',
      description: 'what is wrong with a policy document, and where',
      items: {
        type: 'object',
        required: ['code', 'message', 'pointer', 'line', 'column'],
        properties: {
          code: { type: 'string' },
          message: { type: 'string' },
          pointer: { type: 'string', format: 'json-pointer' },
          line: { type: 'integer' },
          column: { type: 'integer' },
        },
      },
    },
  },
};
