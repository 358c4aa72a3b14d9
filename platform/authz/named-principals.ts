/** Finds the unique ids of the principals that a resource policy names, when it is written. */
import { type CompiledPolicy, namedPrincipals, type PrincipalBindings } from '../../policies/engine/index.ts';

/** What iam answers: unique ids of the principals that exist, in any order; of an account's root the account id. */
export interface PrincipalResolver {
  ResolvePrincipals(input: { Arns: string[] }): Promise<{ Principals: { Arn: string; PrincipalId: string }[] }>;
}

/** Principals asked for in one call. */
const BATCH = 200;

export async function resolveNamed(
  iam: PrincipalResolver,
  policy: CompiledPolicy,
  partition: string,
  /** The account of the resource: it exists. */
  home: string,
): Promise<{ bindings: PrincipalBindings; missing: readonly string[] }> {
  const names = namedPrincipals(policy, partition).filter((arn) => arn !== `arn:${partition}:iam::${home}:root`);
  const found = await principalIds(iam, names);
  const bindings = names.flatMap((arn) => {
    const id = found.get(arn);
    return id === undefined ? [] : [[arn, id] as const];
  });
  return { bindings, missing: names.filter((arn) => !found.has(arn)) };
}

/** Unique ids of those that exist, by ARN. */
export async function principalIds(iam: PrincipalResolver, arns: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let from = 0; from < arns.length; from += BATCH) {
    const { Principals } = await iam.ResolvePrincipals({ Arns: arns.slice(from, from + BATCH) });
    for (const principal of Principals) found.set(principal.Arn, principal.PrincipalId);
  }
  return found;
}

/** The hint for principals that do not exist. */
export function missingPrincipals(missing: readonly string[]): string {
  return `create these first or leave them out: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', ...' : ''}`;
}
