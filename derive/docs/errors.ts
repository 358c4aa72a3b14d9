/** The reference of error codes, from the one table of platform codes and the declarations. */
import { PLATFORM_CODES, type PlatformCode } from '../../platform/contract/error.ts';
import type { AnyOperation, ErrorDeclaration } from '../../platform/contract/operation.ts';
import { PLATFORM_CODE_DOCS } from '../openapi/responses.ts';
import { code, GENERATED, table } from './markdown.ts';

interface Entry {
  code: string;
  status: number;
  aws: string;
  doc: string;
  operations: string[];
}

export function errorsReference(operations: readonly AnyOperation[]): string {
  const platform = Object.entries(PLATFORM_CODES).map(([name, status]) => [
    code(name),
    String(status),
    PLATFORM_CODE_DOCS[name as PlatformCode],
  ]);
  const declared = declaredErrors(operations).map((entry) => [
    code(entry.code),
    String(entry.status),
    entry.aws === '' ? '' : code(entry.aws),
    entry.doc,
    entry.operations.join(', '),
  ]);
  return `${GENERATED}# Errors

The native API answers problem+json (RFC 9457): \`code\` is stable, \`detail\` says what happened, \`hint\` what to do,
\`issues\` points at members, \`decisionId\` leads to the explanation of a denial, \`requestId\` to the record and the log.
The AWS wires answer the same error under the name that AWS clients match. Codes of the typed client and exit codes of the
command line: [sdk](../../sdk/README.md), [cli](../../cli/README.md).

## Codes that any operation can answer

${table(['code', 'status', 'meaning'], platform)}
## Codes that operations declare

${table(['code', 'status', 'AWS name', 'meaning', 'operations'], declared)}`;
}

/** One entry per code, status, AWS name and meaning, in the order of code and status. */
function declaredErrors(operations: readonly AnyOperation[]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const operation of operations) {
    for (const [name, { status, aws = '', doc }] of Object.entries(
      operation.errors as Record<string, ErrorDeclaration>,
    )) {
      const key = JSON.stringify([name, status, aws, doc]);
      const entry = entries.get(key) ?? { code: name, status, aws, doc, operations: [] };
      entries.set(key, entry);
      entry.operations.push(`${operation.area} ${operation.name}`);
    }
  }
  return [...entries.values()].sort(
    (a, b) => compare(a.code, b.code) || a.status - b.status || compare(a.aws, b.aws) || compare(a.doc, b.doc),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
