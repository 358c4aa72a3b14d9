/**
 * Who would gain or lose access to a resource by moving it into another enterprise project. Guarantees that each
 * answer is the production decision, once with the project the resource is in and once with the other one; nothing
 * else differs. Everybody is taken as they would call now without a session; the root user is there because guardrails
 * and the policies of resources bind it.
 */
import type { PolicySet } from '../../policies/engine/index.ts';
import { PROJECT_KEY } from '../contract/enterprise-project.ts';
import type { AuthorizationTarget, Caller, Origin } from '../runtime/call.ts';
import { authorize } from './authorize.ts';
import { globalContext } from './context.ts';
import type { PrincipalDirectory } from './directory.ts';
import type { OrganizationSnapshot } from './organization-snapshot.ts';
import type { Principal } from './principal.ts';

/** One action on the resource, as the operation itself would ask about it. */
export type MoveQuestion = AuthorizationTarget & { action: string };

export interface Move {
  questions: readonly MoveQuestion[];
  toProject: string;
  /** Under which the questions are asked: those of the request for the preview. */
  origin: Origin;
  now: number;
  region: string;
  /** Guardrails can ask about projects too. */
  organization: OrganizationSnapshot;
}

export interface MoveEffect {
  Gains: { PrincipalArn: string; Actions: string[] }[];
  Loses: { PrincipalArn: string; Actions: string[] }[];
  Considered: number;
}

const AT_ONCE = 16;

export async function previewMove(
  directory: PrincipalDirectory,
  principalIds: readonly string[],
  move: Move,
): Promise<MoveEffect> {
  const effect: MoveEffect = { Gains: [], Loses: [], Considered: principalIds.length };
  for (let from = 0; from < principalIds.length; from += AT_ONCE) {
    const some = principalIds.slice(from, from + AT_ONCE).map((id) => directory.principal(id));
    for (const principal of await Promise.all(some)) {
      if (!principal) continue;
      const { gains, loses } = effectOn(principal, move);
      const PrincipalArn = principal.snapshot.Arn;
      if (gains.length > 0) effect.Gains.push({ PrincipalArn, Actions: gains });
      if (loses.length > 0) effect.Loses.push({ PrincipalArn, Actions: loses });
    }
  }
  return effect;
}

function effectOn(principal: Principal, move: Move): { gains: string[]; loses: string[] } {
  const gains: string[] = [];
  const loses: string[] = [];
  const { organization } = move;
  const { AccountId } = principal.snapshot;
  const { scp = [], rcp = [] } = organization.guardrails(AccountId, AccountId);
  const binding = [principal.identity, principal.boundary, ...[...scp, ...rcp].map((level) => level.set)];
  const own = binding.some(asksAboutProject);
  const caller = standingCaller(principal);
  const context = globalContext(caller, principal, move.origin, move.now, move.region, organization);
  const allowed = (target: MoveQuestion) =>
    authorize(caller, principal, target.action, [target], context, organization).allowed;
  for (const question of move.questions) {
    // Nothing that decides knows of projects, so the project changes nothing.
    if (!own && !asksAboutProject(question.policy)) continue;
    const before = allowed(question);
    const after = allowed({ ...question, project: move.toProject });
    if (before !== after) (after ? gains : loses).push(question.action);
  }
  return { gains, loses };
}

const KEY = PROJECT_KEY.toLowerCase();
const answers = new WeakMap<PolicySet, boolean>();

/** Whether a decision of these policies can depend on the project of the resource. */
function asksAboutProject(set: PolicySet | undefined): boolean {
  if (!set) return false;
  let answer = answers.get(set);
  if (answer === undefined) {
    answer = set.policies.some((policy) =>
      policy.statements.some(
        ({ conditions, resources = [] }) =>
          conditions.some((cell) => cell.key === KEY || cell.variables.includes(KEY)) ||
          resources.some((pattern) => pattern.variables.includes(KEY)),
      ),
    );
    answers.set(set, answer);
  }
  return answer;
}

/** As somebody calls with nothing but the own rights: a role in a session without limits or tags. */
function standingCaller({ snapshot }: Principal): Caller {
  return {
    kind: snapshot.Kind,
    arn: snapshot.Arn,
    accountId: snapshot.AccountId,
    principalId: snapshot.PrincipalId,
    ...(snapshot.Kind === 'role' && { entityId: snapshot.PrincipalId }),
    ...(snapshot.UserName !== undefined && { userName: snapshot.UserName }),
  };
}
