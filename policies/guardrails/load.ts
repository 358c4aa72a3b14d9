/** Reads a guardrail from its file's text. A file that is not understood completely is refused with every fault. */
import { readContent } from './content.ts';
import { type Guardrail, GuardrailFile } from './guardrail.ts';
import { parameterFaults } from './parameters.ts';
import { renderGuardrail } from './render.ts';

export type Loaded = { readonly ok: true; readonly guardrail: Guardrail } | { readonly ok: false; faults: string[] };

export function readGuardrail(text: string): Loaded {
  const content = readContent(text);
  if (!content.ok) return content;
  const checked = GuardrailFile.safeParse(content.value);
  if (!checked.success) {
    return { ok: false, faults: checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) };
  }
  const guardrail = checked.data;
  const faults = [...parameterFaults(guardrail, {}), ...statementFaults(guardrail)];
  return faults.length > 0 ? { ok: false, faults } : { ok: true, guardrail };
}

function statementFaults(guardrail: Guardrail): string[] {
  const faults: string[] = [];
  const statements = Object.values(guardrail.policies).flat();
  if (statements.length === 0) faults.push('policies: no statement');
  for (const statement of statements) {
    // A ceiling never grants, so an Allow in a red line could only be a mistake.
    if (statement.Effect !== 'Deny') faults.push('policies: a statement is not a Deny');
    if ('Sid' in statement) faults.push('policies: a statement has a Sid, which the compiler gives');
  }
  try {
    renderGuardrail(guardrail);
  } catch (cause) {
    faults.push(`policies: ${cause instanceof Error ? cause.message : 'not a template'}`);
  }
  return faults;
}
