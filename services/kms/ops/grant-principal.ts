/** Principals that a grant may name: accounts, users, roles and sessions that exist, with their unique ids. */
import { granteeArn } from '../../../platform/authz/grantees.ts';
import { principalIds } from '../../../platform/authz/named-principals.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Call } from '../../../platform/runtime/call.ts';
import type { KmsDeps } from '../deps.ts';

type AnyCall = Call<AnyOperation>;

/** The ARN under which a principal is kept; an account may be given by its number. */
export function readPrincipal(call: AnyCall, deps: KmsDeps, text: string | undefined): string {
  if (text === undefined) throw call.fail('Validation', 'name a principal: services are no principals of grants here');
  const arn = granteeArn(text, deps.settings.partition);
  if (arn !== undefined) return arn;
  throw notAPrincipal(call, text);
}

/** Unique ids of principals that must exist. */
export async function requirePrincipals(
  call: AnyCall,
  deps: KmsDeps,
  arns: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const ids = await principalIds(deps.clients.iam, arns);
  for (const arn of arns) if (!ids.has(arn)) throw notAPrincipal(call, arn);
  return ids;
}

function notAPrincipal(call: AnyCall, text: string) {
  return call.fail('InvalidArn', `ARN does not refer to a valid principal: ${text}`, {
    hint: 'name an account, a user, a role or a session that exists; groups and organizations are no principals',
  });
}
