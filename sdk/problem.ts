/** Reads problem+json (RFC 9457) answers, and everything a proxy may answer in their place. */
import { ParapetError, type ParapetIssue, type PolicyFinding } from './error.ts';
import { parseRetryAfter } from './retry.ts';
import type { HttpAnswer } from './transport.ts';

export function readProblem(answer: HttpAnswer, now: number): ParapetError {
  const { status, headers } = answer;
  const common = {
    status,
    requestId: requestIdOf(answer),
    retryAfterMs: parseRetryAfter(headers['retry-after'], now),
  };
  const problem = parse(answer);
  const code = problem && text(problem.code);
  if (problem === undefined || code === undefined) {
    return new ParapetError('UnreadableAnswer', `the answer has status ${status} and is not one of Parapet`, {
      ...common,
      hint: 'check the endpoint and the proxies on the way',
    });
  }
  return new ParapetError(code, text(problem.detail) ?? text(problem.title) ?? code, {
    ...common,
    requestId: text(problem.requestId) ?? common.requestId,
    hint: text(problem.hint),
    decisionId: text(problem.decisionId),
    issues: Array.isArray(problem.issues) ? problem.issues.flatMap(readIssue) : [],
    findings: Array.isArray(problem.findings) ? problem.findings.flatMap(readFinding) : [],
  });
}

/** Id of the request on the server, from the answer's headers. */
export function requestIdOf(answer: HttpAnswer): string | undefined {
  return text(answer.headers['x-request-id']) ?? text(answer.headers['x-amzn-requestid']);
}

function parse(answer: HttpAnswer): Record<string, unknown> | undefined {
  if (!/^application\/(problem\+)?json\b/.test(answer.headers['content-type'] ?? '')) return undefined;
  try {
    const value: unknown = JSON.parse(answer.body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readIssue(value: unknown): ParapetIssue[] {
  if (typeof value !== 'object' || value === null) return [];
  const issue = value as Record<string, unknown>;
  const pointer = text(issue.pointer);
  const message = text(issue.message) ?? text(issue.detail);
  const rule = text(issue.rule);
  if (pointer === undefined || message === undefined) return [];
  return [{ pointer, message, ...(rule !== undefined && { rule }) }];
}

function readFinding(value: unknown): PolicyFinding[] {
  if (typeof value !== 'object' || value === null) return [];
  const { code, message, pointer, line, column } = value as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string' || typeof pointer !== 'string') return [];
  return [{ code, message, pointer, line: Number(line) || 0, column: Number(column) || 0 }];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
