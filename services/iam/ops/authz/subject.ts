/** Somebody a question is about: found by ARN in the caller's account, and as the evaluator sees them. */
import { PRINCIPAL_TYPES } from '../../../../platform/authz/context.ts';
import type { Principal } from '../../../../platform/authz/principal.ts';
import type { AuthorizationTarget, Caller, Resolved } from '../../../../platform/runtime/call.ts';
import type { IamDeps } from '../../deps.ts';
import type { SubjectFacts } from '../../domain/authorize-context.ts';
import { parseRoleArn, parseUserArn, rootArn } from '../../domain/names.ts';
import { type AnyCall, scopeOf } from '../targets.ts';

/** Somebody of the account, or the asker itself within its session. */
export interface Subject {
  principal: Principal;
  caller: Caller;
}

/** Undefined: not a principal of the caller's account. */
export async function findSubject(call: AnyCall, deps: IamDeps, arn: string): Promise<Subject | undefined> {
  const { caller } = call;
  if (arn === caller.arn) {
    const principal = await deps.directory.of(caller);
    return principal && { principal, caller };
  }
  const scope = scopeOf(call, deps);
  const principal = await (arn === rootArn(scope) ? deps.directory.principal(scope.accountId) : named(arn));
  return principal && subjectOf(principal);

  function named(text: string): Principal | undefined | Promise<Principal | undefined> {
    const user = parseUserArn(text, scope);
    if (user) return deps.subjects.user({ arn: text, accountId: scope.accountId, ...user });
    const role = parseRoleArn(text, scope);
    return role && deps.subjects.role({ arn: text, accountId: scope.accountId, ...role });
  }
}

/** A principal as it would call with nothing but its own rights: a role in a session without limits or tags. */
export function subjectOf(principal: Principal): Subject {
  const { snapshot } = principal;
  const caller: Caller = {
    kind: snapshot.Kind,
    arn: snapshot.Arn,
    accountId: snapshot.AccountId,
    principalId: snapshot.PrincipalId,
    ...(snapshot.Kind === 'role' && { entityId: snapshot.PrincipalId }),
    ...(snapshot.UserName !== undefined && { userName: snapshot.UserName }),
  };
  return { principal, caller };
}

/** Without an ARN the caller itself. What is missing is authorized under the ARN that was asked for. */
export async function aboutSubject(
  call: AnyCall,
  deps: IamDeps,
  named: string | undefined,
): Promise<Resolved<Subject>> {
  const arn = named ?? call.caller.arn;
  const subject = await findSubject(call, deps, arn);
  return {
    targets: [targetOf(arn, subject)],
    state: subject as Subject,
    ...(!subject && { absent: call.fail('NotFound', subjectMissing(arn)) }),
  };
}

export function targetOf(arn: string, subject: Subject | undefined): AuthorizationTarget {
  if (!subject) return { resource: arn };
  const { Tags, EnterpriseProjectId: project } = subject.principal.snapshot;
  return { resource: arn, resourceTags: Tags, ...(project !== undefined && { project }) };
}

export const subjectMissing = (arn: string) => `principal ${arn} does not exist in this account`;

/** What the platform knows about them and sets in the context. */
export function subjectFactsOf({ principal, caller }: Subject): SubjectFacts {
  return {
    type: PRINCIPAL_TYPES[caller.kind],
    arn: caller.kind === 'role' ? principal.snapshot.Arn : caller.arn,
    accountId: caller.accountId,
    principalId: caller.principalId,
    userName: caller.userName,
    tags: principal.snapshot.Tags,
    session: caller.session && {
      ...caller.session,
      sourceIdentity: principal.session?.snapshot.SourceIdentity,
    },
  };
}
