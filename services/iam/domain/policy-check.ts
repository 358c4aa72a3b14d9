/** Whether a document may be stored. Errors refuse it and say where; advice does not. */
import {
  type ActionCatalogue,
  type Finding,
  type PolicyLimits,
  validatePolicy,
} from '../../../policies/engine/index.ts';

export interface DocumentProblem {
  message: string;
  findings: readonly Finding[];
}

/** Undefined: the document compiles. */
export function checkDocument(
  text: string,
  limits: PolicyLimits,
  catalogue: ActionCatalogue | undefined,
  kind: 'identity' | 'resource' = 'identity',
): DocumentProblem | undefined {
  const findings = validatePolicy(text, { kind, limits, ...(catalogue && { catalogue }) });
  const errors = findings.filter((finding) => finding.severity === 'error');
  const first = errors[0];
  if (!first) return undefined;
  const place = `${first.pointer === '' ? 'the document' : first.pointer} (line ${first.line}, column ${first.column})`;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return { message: `Syntax errors in policy. ${first.message} at ${place}${more}`, findings };
}
