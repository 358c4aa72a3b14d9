/**
 * Grants of resources (keys, secrets): whom one may name, and what it becomes for the evaluator. A grant is a policy
 * that only allows; whether it counts is decided after every deny (`authorize.ts`).
 */
import { bindPrincipals, buildPolicySet, compilePolicy, type PolicySet } from '../../policies/engine/index.ts';
import type { Caller } from '../runtime/call.ts';

const ACCOUNT = /^\d{12}$/;
const NAMED =
  /^arn:([a-z-]+):(iam::\d{12}:(root|user\/.+|role\/.+)|sts::\d{12}:(assumed-role\/[^/]+\/[^/]+|federated-user\/[^/]+))$/;

/** The ARN under which a principal is kept; an account may be given by its number. Undefined: it names nobody. */
export function granteeArn(text: string, partition: string): string | undefined {
  const arn = ACCOUNT.test(text) ? `arn:${partition}:iam::${text}:root` : text;
  return NAMED.exec(arn)?.[1] === partition ? arn : undefined;
}

/** The ids under which a grant may name the caller: its own or its role's, and its account's. */
export function granteeIds(caller: Caller): string[] {
  return [...new Set([caller.entityId ?? caller.principalId, caller.accountId])];
}

/** The policy of one grant; decisions name it. Principals without an id match nobody. */
export function grantingSet(
  document: string,
  grant: { arn: string; id: string },
  principals: readonly (readonly [arn: string, id: string | null])[],
): PolicySet {
  const ids = new Map(principals);
  const policy = compilePolicy(document, { arn: grant.arn, kind: 'resource', name: grant.id });
  return buildPolicySet([bindPrincipals(policy, (arn) => ids.get(arn) ?? undefined)]);
}
