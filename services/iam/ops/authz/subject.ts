/** From the ARN in a question to who is meant. Principals of other accounts are nobody. */
import type { Principal } from '../../../../platform/authz/principal.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import type { IamDeps } from '../../deps.ts';
import { parseRoleArn, parseUserArn, rootArn } from '../../domain/names.ts';
import { type AnyCall, scopeOf } from '../targets.ts';
import type { Subject } from './decide.ts';

/** Undefined: not a principal of the caller's account. */
export async function findSubject(call: AnyCall, deps: IamDeps, arn: string): Promise<Subject | undefined> {
  const { caller } = call;
  if (arn === caller.arn) {
    const principal = await deps.directory.of(caller);
    return principal && { principal, caller };
  }
  const scope = scopeOf(call, deps);
  const principal = await (arn === rootArn(scope) ? deps.directory.principal(scope.accountId) : named(arn));
  return principal && { principal, caller: withoutSession(principal) };

  function named(text: string): Principal | undefined | Promise<Principal | undefined> {
    const user = parseUserArn(text, scope);
    if (user) return deps.subjects.user({ arn: text, accountId: scope.accountId, ...user });
    const role = parseRoleArn(text, scope);
    return role && deps.subjects.role({ arn: text, accountId: scope.accountId, ...role });
  }
}

/** A principal as it would call with nothing but its own rights: a role in a session without limits or tags. */
function withoutSession({ snapshot }: Principal): Caller {
  return {
    kind: snapshot.Kind,
    arn: snapshot.Arn,
    accountId: snapshot.AccountId,
    principalId: snapshot.PrincipalId,
    ...(snapshot.Kind === 'role' && { entityId: snapshot.PrincipalId }),
    ...(snapshot.UserName !== undefined && { userName: snapshot.UserName }),
  };
}
