/**
 * Narrows a compiled policy by conditions that do not stand in its text: every statement, grants and denials alike,
 * then applies only where they hold too. They become part of the document and of the compiled form, so that decision,
 * explanation and every other reader of the result see one and the same policy.
 */
import { compileCell } from '../condition/cell.ts';
import type { ConditionElement } from '../syntax/ast.ts';
import { FindingList, type Place, PolicySyntaxError } from '../syntax/findings.ts';
import type { CompiledPolicy } from './compile-policy.ts';

/** As in a Condition block of the document. */
export interface AddedCondition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/**
 * @param effect restricts only the statements of this effect.
 * @throws PolicySyntaxError when an operator is unknown or a value cannot be read.
 */
export function restrictPolicy(
  policy: CompiledPolicy,
  conditions: readonly AddedCondition[],
  effect?: 'Allow' | 'Deny',
): CompiledPolicy {
  const findings = new FindingList(policy.text);
  const concerns = (statement: { effect: 'Allow' | 'Deny' }) => effect === undefined || statement.effect === effect;
  const variables = policy.document.version === '2012-10-17';
  const compile = (added: AddedCondition) => compileCell(elementAt(added, policy.document), { variables, findings });
  const cells = conditions.map(compile).filter((cell) => cell !== undefined);
  if (findings.hasErrors) throw new PolicySyntaxError(findings.sorted());
  const document = {
    ...policy.document,
    statements: policy.document.statements.map((statement) =>
      concerns(statement)
        ? {
            ...statement,
            conditions: [...conditions.map((condition) => elementAt(condition, statement)), ...statement.conditions],
          }
        : statement,
    ),
  };
  // First, because they are cheap and mostly fail: a request is about one place of many.
  const confinedTo = conditions.flatMap((condition) => literal(condition) ?? [])[0];
  const statements = policy.statements.map((s) =>
    concerns(s) ? { ...s, ...(confinedTo && { confinedTo }), conditions: [...cells, ...s.conditions] } : s,
  );
  return { ...policy, document, statements };
}

/** Undefined unless the condition is that a key has one value without variables. */
function literal({ operator, key, values: [value, ...others] }: AddedCondition) {
  if (operator !== 'StringEquals' || value === undefined || others.length > 0 || value.includes('$')) return undefined;
  return { key: key.toLowerCase(), value };
}

/** Stands where the statement stands. */
function elementAt({ operator, key, values }: AddedCondition, { pointer, offset }: Place): ConditionElement {
  const text = (value: string) => ({ value, pointer, offset });
  return { pointer, offset, operator: text(operator), key: text(key), values: values.map(text) };
}
