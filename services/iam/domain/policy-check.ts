/** Whether a document may be stored. Errors refuse it and say where; advice does not. */
import { type Finding, type PolicyKind, type PolicyLimits, validatePolicy } from '../../../policies/engine/index.ts';

export interface DocumentProblem {
  message: string;
  findings: readonly Finding[];
}

/** Undefined: the document compiles. */
export function checkDocument(
  text: string,
  limits: PolicyLimits,
  kind: PolicyKind = 'identity',
): DocumentProblem | undefined {
  const findings = validatePolicy(text, { kind, limits });
  const errors = findings.filter((finding) => finding.severity === 'error');
  const first = errors[0];
  if (!first) return undefined;
  const place = `${first.pointer === '' ? 'the document' : first.pointer} (line ${first.line}, column ${first.column})`;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return { message: `Syntax errors in policy. ${first.message} at ${place}${more}`, findings };
}
