/** A guardrail with its parameters filled in and its exemptions written into the conditions. */
import { fillStatement } from './fill.ts';
import { type Guardrail, POLICY_TYPES, type PolicyType, type StatementJson } from './guardrail.ts';
import type { Values } from './parameters.ts';

export interface RenderedStatement {
  readonly guardrailId: string;
  readonly type: PolicyType;
  readonly statement: StatementJson;
}

/** Values must have been checked (`parameterFaults`). Roles in `exemptPrincipals` count only where exemptions may be. */
export function renderGuardrail(
  guardrail: Guardrail,
  values: Values = {},
  exemptPrincipals: readonly string[] = [],
): RenderedStatement[] {
  const defaults = Object.entries(guardrail.parameters).map(([name, parameter]) => [name, parameter.default] as const);
  const filled: Values = { ...Object.fromEntries(defaults), ...values };
  const exempt = guardrail.exempt.principals ? exemptPrincipals : [];
  return POLICY_TYPES.flatMap((type) =>
    (guardrail.policies[type] ?? [])
      .flatMap((template) => fillStatement(template, filled))
      .map((statement) => ({
        guardrailId: guardrail.id,
        type,
        statement: withExemptions(statement, guardrail.exempt.breakGlass, exempt),
      })),
  );
}

type Condition = Record<string, Record<string, unknown>>;

function withExemptions(statement: StatementJson, breakGlass: boolean, roles: readonly string[]): StatementJson {
  const condition = dropEmpty(statement.Condition as Condition | undefined);
  if (breakGlass) {
    // Absent for everybody but break-glass sessions, so only those escape.
    condition.BoolIfExists = { ...condition.BoolIfExists, 'parapet:BreakGlassSession': 'false' };
  }
  if (roles.length > 0) {
    const own = condition.ArnNotLike?.['aws:PrincipalArn'];
    const named = own === undefined ? [] : Array.isArray(own) ? own : [own];
    condition.ArnNotLike = { ...condition.ArnNotLike, 'aws:PrincipalArn': [...named, ...roles] };
  }
  const { Condition: _, ...rest } = statement;
  return Object.keys(condition).length > 0 ? { ...rest, Condition: condition } : rest;
}

/**
 * A cell without values says "none of nothing": for the negated operators, which are the ones that exempt, it always
 * holds, so it goes. For any other operator it would never hold, and stays: the document is then refused.
 */
function dropEmpty(condition: Condition = {}): Condition {
  const kept = Object.entries(condition).map(([operator, cells]) => {
    const exempts = operator.includes('Not');
    const rest = Object.entries(cells).filter(([, value]) => !(exempts && Array.isArray(value) && value.length === 0));
    return [operator, Object.fromEntries(rest)] as const;
  });
  return Object.fromEntries(kept.filter(([, cells]) => Object.keys(cells).length > 0));
}
