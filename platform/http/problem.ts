/** Errors of the native API: RFC 9457 problem details, with our code, hint, pointers and decision id as extensions. */
import type { ServiceError } from '../contract/error.ts';
import { jsonPointer } from '../contract/validation.ts';
import type { WireAnswer } from './wire.ts';

export function problem(error: ServiceError, requestId: string): WireAnswer {
  const { issues, decisionId, denial, findings } = error.details;
  return {
    status: error.status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({
      type: `urn:parapet:error:${error.code}`,
      title: error.code,
      status: error.status,
      detail: error.message,
      code: error.code,
      hint: error.hint,
      requestId,
      decisionId,
      denial,
      findings,
      reason: error.details.wireCode,
      issues: issues?.map((issue) => ({
        pointer: jsonPointer(issue.path),
        rule: issue.rule,
        message: issue.message,
        expected: issue.expected,
      })),
    }),
  };
}
