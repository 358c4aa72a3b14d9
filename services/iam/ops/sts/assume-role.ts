/**
 * AssumeRole: a session of a role for whoever its trust policy lets in. A role of another account that does not let the
 * caller in answers exactly what a missing one answers.
 */
import { authorize, policiesAllow } from '../../../../platform/authz/authorize.ts';
import { globalContext } from '../../../../platform/authz/context.ts';
import type { Session } from '../../../../platform/authz/principal.ts';
import { parseArn } from '../../../../platform/contract/arn.ts';
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { AuthorizationTarget } from '../../../../platform/runtime/call.ts';
import { ROLE_SESSION_SECONDS } from '../../api/roles.ts';
import { AssumeRole } from '../../api/sts.ts';
import type { IamDeps } from '../../deps.ts';
import { assumedRoleArn, parseRoleArn } from '../../domain/names.ts';
import { chainTags } from '../../domain/session-tags.ts';
import type { Tag } from '../../domain/tags.ts';
import type { RoleRow } from '../../store/db.ts';
import { roleByName } from '../../store/roles.ts';
import { tagRecord, tagsOf } from '../../store/tags.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { type AcceptedCode, acceptCode, checkSecondFactor } from '../mfa/second-factor.ts';
import { trustOf } from '../roles/trust-policy.ts';
import { type AnyCall, inProject, withTags } from '../targets.ts';
import { keepSession, makeCredentials, type NewSession, touchSession } from './new-session.ts';
import { readSessionPolicies, requireSessionTags } from './session-policies.ts';

type Input = InputOf<typeof AssumeRole>;

interface Assumption {
  role: RoleRow;
  tags: Tag[];
  transitiveKeys: string[];
  sourceIdentity: string | undefined;
  factor: AcceptedCode | undefined;
}

export const assumeRole = implement(AssumeRole, {
  async resolve(call, input, deps) {
    requireAssumer(call);
    const factor = await checkSecondFactor(call, deps, input);
    const session = await sessionOf(call, deps);
    const chained = chainedFacts(call, deps, input, session);
    const role = await findRole(call, deps, input.RoleArn);
    const targets = await targetsOf(call, deps, input, { ...chained, factor, role });
    return { targets, state: { ...chained, factor, role: role as RoleRow } };
  },

  async run(call, input, assumption: Assumption, deps) {
    const { role, tags, factor } = assumption;
    const limits = await readSessionPolicies(call, deps, role.account_id, input, tags);
    const session: NewSession = {
      kind: 'role',
      accountId: role.account_id,
      entityId: role.role_id,
      name: input.RoleSessionName,
      seconds: secondsOf(call, input, role),
      sourceIdentity: assumption.sourceIdentity,
      tags,
      transitiveKeys: assumption.transitiveKeys,
      policy: limits.policy,
      managedPolicies: limits.managedPolicies,
      mfaAt: factor ? call.now : inheritedMfa(call),
    };
    const Credentials = await makeCredentials(call, deps, session);
    touchSession(call, deps, role.account_id, Credentials.AccessKeyId);
    const scope = { partition: deps.settings.partition, accountId: role.account_id };
    return plainChange(async (tx) => {
      if (factor) await acceptCode(tx, call, factor);
      await keepSession(tx, call, Credentials.AccessKeyId, session);
      return {
        Credentials,
        AssumedRoleUser: {
          AssumedRoleId: `${role.role_id}:${input.RoleSessionName}`,
          Arn: assumedRoleArn(scope, role.name, input.RoleSessionName),
        },
        ...(limits.packedSize !== undefined && { PackedPolicySize: limits.packedSize }),
        ...(assumption.sourceIdentity !== undefined && { SourceIdentity: assumption.sourceIdentity }),
      };
    });
  },
});

function requireAssumer(call: AnyCall): void {
  const { kind } = call.caller;
  if (kind === 'root') throw call.fail('AccessDenied', 'Roles may not be assumed by root accounts.');
  if (kind !== 'user' && kind !== 'role')
    throw call.fail('AccessDenied', 'Cannot call AssumeRole with federation token credentials');
}

async function sessionOf(call: AnyCall, deps: IamDeps): Promise<Session | undefined> {
  return (await deps.directory.of(call.caller))?.session;
}

/** What the calling session hands on; a source identity stays for the whole chain. */
function chainedFacts(call: AnyCall, deps: IamDeps, input: Input, session: Session | undefined) {
  const given = input.Tags ?? [];
  requireSessionTags(call, deps, given);
  const inherited = Object.entries(session?.snapshot.Tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
  const chained = chainTags(given, input.TransitiveTagKeys ?? [], {
    tags: inherited,
    transitiveKeys: session?.snapshot.TransitiveTagKeys ?? [],
  });
  if (!chained.ok) throw call.fail('Validation', chained.message);
  requireSessionTags(call, deps, chained.tags);
  const before = session?.snapshot.SourceIdentity;
  if (before !== undefined && input.SourceIdentity !== undefined && input.SourceIdentity !== before)
    throw call.fail('Validation', `source identity ${before} is set by an earlier session of the chain and stays`);
  return { ...chained, sourceIdentity: input.SourceIdentity ?? before };
}

async function findRole(call: AnyCall, deps: IamDeps, arn: string): Promise<RoleRow | undefined> {
  const { partition } = deps.settings;
  const accountId = parseArn(arn)?.accountId ?? '';
  const named = /^\d{12}$/.test(accountId) ? parseRoleArn(arn, { partition, accountId }) : undefined;
  if (!named) throw call.fail('Validation', `${arn} is invalid`, { hint: 'give the ARN of a role' });
  const role = await roleByName(deps.store.read, accountId, named.name);
  return role?.path === named.path ? role : undefined;
}

async function targetsOf(
  call: AnyCall,
  deps: IamDeps,
  input: Input,
  assumption: Omit<Assumption, 'role'> & { role: RoleRow | undefined },
): Promise<AuthorizationTarget[]> {
  const accountId = parseArn(input.RoleArn)?.accountId as string;
  const base = contextOf(input, assumption);
  const missing: AuthorizationTarget = { resource: input.RoleArn, accountId, trust: 'explicit', ...base };
  const { role } = assumption;
  if (!role) return [missing];
  const tags = tagRecord(await tagsOf(deps.store.read, role.role_id));
  const target: AuthorizationTarget = {
    ...missing,
    policy: trustOf(deps, role),
    ...inProject(call, role),
    ...withTags(tags, 'iam:ResourceTag/', base),
  };
  const targets = [target];
  if (assumption.tags.length > 0) targets.push({ ...target, action: 'sts:TagSession' });
  if (assumption.sourceIdentity !== undefined) targets.push({ ...target, action: 'sts:SetSourceIdentity' });
  if (accountId === call.caller.accountId || (await isAllowed(call, deps, targets))) return targets;
  return [missing];
}

function contextOf(input: Input, { tags, transitiveKeys, sourceIdentity, factor }: Omit<Assumption, 'role'>) {
  const context: [string, string | readonly string[]][] = [['sts:RoleSessionName', input.RoleSessionName]];
  if (input.ExternalId !== undefined) context.push(['sts:ExternalId', input.ExternalId]);
  if (sourceIdentity !== undefined) context.push(['sts:SourceIdentity', sourceIdentity]);
  if (transitiveKeys.length > 0) context.push(['sts:TransitiveTagKeys', transitiveKeys]);
  if (factor) context.push(['aws:MultiFactorAuthPresent', 'true'], ['aws:MultiFactorAuthAge', '0']);
  return { context, ...(tags.length > 0 && { requestTags: tagRecord(tags) }) };
}

async function isAllowed(call: AnyCall, deps: IamDeps, targets: readonly AuthorizationTarget[]): Promise<boolean> {
  const principal = await deps.directory.of(call.caller);
  const { organization } = call;
  const context = globalContext(call.caller, principal, call.origin, call.now, deps.settings.region, organization);
  return policiesAllow(authorize(call.caller, principal, 'sts:AssumeRole', targets, context, organization));
}

/** A session of a role that is assumed from a role session lasts an hour at most. */
function secondsOf(call: AnyCall, input: Input, role: RoleRow): number {
  const seconds = input.DurationSeconds ?? ROLE_SESSION_SECONDS.default;
  if (call.caller.kind === 'role' && seconds > ROLE_SESSION_SECONDS.chained) {
    throw call.fail(
      'Validation',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  if (seconds > role.max_session_seconds)
    throw call.fail('Validation', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  return seconds;
}

/** A user's session with a second factor hands it on, with its age; a chain of roles does not. */
function inheritedMfa(call: AnyCall): number | undefined {
  return call.caller.kind === 'user' ? call.caller.session?.mfaAt : undefined;
}
