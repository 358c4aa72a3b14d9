/** Puts one case of the matrix to the server. */

import type { MatrixStatement, ResourceScope } from '../../derive/matrix.ts';
import { ServiceError } from '../../platform/contract/error.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { nativeRequest } from '../../sdk/native-request.ts';
import { type Credentials, type RawAnswer, raw } from '../harness/clients.ts';
import type { SharedServer } from '../harness/shared.ts';
import { send } from '../harness/signed.ts';
import type { Subject } from './subject.ts';

export interface Verdict {
  status: number;
  code: string | undefined;
  decisionId: string | undefined;
  text: string;
}

/** Without credentials the request is sent unsigned. */
export async function ask(
  server: SharedServer,
  operation: AnyOperation,
  subject: Subject,
  credentials?: Credentials,
): Promise<Verdict> {
  const { method, target, body } = nativeRequest(operation, subject.input);
  const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
  const message = { method, path: target, headers, ...(body && { body }) };
  const answer: RawAnswer = credentials ? await send(server, { ...message, credentials }) : await raw(server, message);
  const json = answer.json();
  return {
    status: answer.status,
    code: json.code as string | undefined,
    decisionId: json.decisionId as string | undefined,
    text: answer.text,
  };
}

export function policyDocument(statements: readonly MatrixStatement[], subject: Subject): object {
  return {
    Version: '2012-10-17',
    Statement: statements.map(({ resources, ...statement }) => ({ ...statement, Resource: scope(resources, subject) })),
  };
}

function scope(resources: ResourceScope, subject: Subject): string | string[] {
  if (resources === 'any') return '*';
  if (subject.resources.length === 0) throw new ServiceError('Internal', 'the subject of the case has no resource');
  if (resources === 'exact') return [...subject.resources];
  return subject.resources.map((arn) => `${arn.slice(0, arn.lastIndexOf('/'))}/elsewhere-00000000`);
}

/** The answer without what names the request: what a caller could tell two answers apart by. */
export function essence(verdict: Verdict, subject: Subject): string {
  if (verdict.status === 200) return '200';
  return `${verdict.status} ${withoutNames(verdict.text, subject)
    .replaceAll(/"(decisionId|requestId)":"[^"]+"/g, '')
    .replaceAll(/decisions\/[0-9a-f-]+/g, '')}`;
}

/** What the server says of itself, and not by repeating the question. */
export function withoutNames(text: string, subject: Subject): string {
  let rest = text;
  const ids = subject.names.flatMap((name) => [name, name.slice(name.lastIndexOf('/') + 1)]);
  for (const name of ids.sort((a, b) => b.length - a.length)) rest = rest.replaceAll(name, '<name>');
  return rest;
}
