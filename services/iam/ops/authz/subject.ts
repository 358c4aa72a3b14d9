/** Somebody a question is about: found by ARN in the caller's account, and as the evaluator sees them. */
import type { Principal } from '../../../../platform/authz/principal.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call, Resolved } from '../../../../platform/runtime/call.ts';
import type { PrincipalFacts } from '../../../../policies/engine/index.ts';
import type { IamDeps } from '../../deps.ts';
import type { SubjectFacts } from '../../domain/authorize-context.ts';
import { parseUserArn, rootArn } from '../../domain/names.ts';
import { scopeOf } from '../targets.ts';

/** Undefined: not a principal of the caller's account. */
export function subjectOf(
  call: Call<AnyOperation>,
  deps: IamDeps,
  arn: string,
): Principal | undefined | Promise<Principal | undefined> {
  const { caller } = call;
  if (arn === caller.arn) return deps.directory.principal(caller.principalId);
  const scope = scopeOf(call, deps);
  if (arn === rootArn(scope)) return deps.directory.principal(scope.accountId);
  const named = parseUserArn(arn, scope);
  return named && deps.subjects.user({ arn, accountId: scope.accountId, ...named });
}

/** Without an ARN the caller itself. What is missing is authorized under the ARN that was asked for. */
export async function aboutSubject(
  call: Call<AnyOperation>,
  deps: IamDeps,
  named: string | undefined,
): Promise<Resolved<Principal>> {
  const arn = named ?? call.caller.arn;
  const subject = await subjectOf(call, deps, arn);
  return {
    targets: [targetOf(arn, subject)],
    state: subject as Principal,
    ...(!subject && { absent: call.fail('NotFound', subjectMissing(arn)) }),
  };
}

export function targetOf(arn: string, subject: Principal | undefined): AuthorizationTarget {
  return { resource: arn, ...(subject && { resourceTags: subject.snapshot.Tags }) };
}

export const subjectMissing = (arn: string) => `principal ${arn} does not exist in this account`;

export function principalFactsOf({ snapshot, boundary }: Principal): PrincipalFacts {
  return {
    kind: snapshot.Kind,
    arn: snapshot.Arn,
    accountId: snapshot.AccountId,
    uniqueId: snapshot.PrincipalId,
    hasBoundary: boundary !== undefined,
  };
}

/** What the platform knows about them and sets in the context. */
export function subjectFactsOf({ snapshot }: Principal): SubjectFacts {
  return {
    kind: snapshot.Kind,
    arn: snapshot.Arn,
    accountId: snapshot.AccountId,
    principalId: snapshot.PrincipalId,
    userName: snapshot.UserName,
    tags: snapshot.Tags,
  };
}
