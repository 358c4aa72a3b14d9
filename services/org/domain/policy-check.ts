/** Whether a document may become a guardrail. Errors refuse it and say where; advice does not. */
import { defaultLimits, type Finding, type PolicyKind, validatePolicy } from '../../../policies/engine/index.ts';
import { GUARDRAIL_TYPES } from '../api/internal.ts';
import type { GuardrailType } from './shipped.ts';

const KINDS: Readonly<Record<GuardrailType, PolicyKind>> = {
  SERVICE_CONTROL_POLICY: 'scp',
  RESOURCE_CONTROL_POLICY: 'rcp',
};

/** The types the product has; AWS has more. */
export function isGuardrailType(type: string): type is GuardrailType {
  return (GUARDRAIL_TYPES as readonly string[]).includes(type);
}

export interface DocumentProblem {
  message: string;
  findings: readonly Finding[];
}

/** Undefined: the document compiles as a policy of the type. */
export function checkDocument(text: string, type: GuardrailType): DocumentProblem | undefined {
  return describe(validatePolicy(text, { kind: KINDS[type], limits: defaultLimits }));
}

/** The same for the policy of the organization itself. */
export function checkResourceDocument(text: string): DocumentProblem | undefined {
  return describe(validatePolicy(text, { kind: 'resource', limits: defaultLimits }));
}

function describe(findings: readonly Finding[]): DocumentProblem | undefined {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const first = errors[0];
  if (!first) return undefined;
  const place = `${first.pointer === '' ? 'the document' : first.pointer} (line ${first.line}, column ${first.column})`;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return { message: `${first.message} at ${place}${more}`, findings };
}

/** What counts against the limit: bytes in UTF-8, white space outside strings left out. */
export function contentBytes(text: string): number {
  let bare = '';
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (inString && character === '\\') {
      bare += character + (text[++at] ?? '');
      continue;
    }
    if (character === '"') inString = !inString;
    if (inString || !' \t\n\r'.includes(character)) bare += character;
  }
  return new TextEncoder().encode(bare).length;
}
