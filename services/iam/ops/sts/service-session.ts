/**
 * Roles taken on by our own services. Guarantees: the trust policy of the role, guardrails and the state of the account
 * are asked as for everybody else; a role serves resources of its own account only; what is opened or refused is
 * recorded as AssumeRole in that account. No credentials are made: nobody outside can use such a session.
 */
import type { RecordDraft } from '../../../../platform/audit/record.ts';
import { type AuthorizationResult, accessDenied, authorize } from '../../../../platform/authz/authorize.ts';
import { type Context, globalContext } from '../../../../platform/authz/context.ts';
import type { OrganizationSnapshot } from '../../../../platform/authz/organization-snapshot.ts';
import { parseArn } from '../../../../platform/contract/arn.ts';
import type { AnyOperation, ServiceName } from '../../../../platform/contract/operation.ts';
import { AWS_NAMES, servicePrincipal } from '../../../../platform/contract/service-names.ts';
import { type Call, type Caller, change, noResource } from '../../../../platform/runtime/call.ts';
import { DescribeServiceRole, OpenServiceSession, SERVICE_SESSION_SECONDS } from '../../api/service-roles.ts';
import { AssumeRole } from '../../api/sts.ts';
import type { IamDeps } from '../../deps.ts';
import { assumedRoleArn, parseRoleArn, sessionArn } from '../../domain/names.ts';
import type { RoleRow, Tx } from '../../store/db.ts';
import { roleByName } from '../../store/roles.ts';
import { tagRecord, tagsOf } from '../../store/tags.ts';
import { implement } from '../implement.ts';
import { trustOf } from '../roles/trust-policy.ts';
import { expiryOf, keepSession, type NewSession } from './new-session.ts';

type AnyCall = Call<AnyOperation>;
type Request = { RoleArn: string; SourceArn: string };

interface Judged {
  result: AuthorizationResult;
  /** The service as policies name it. */
  caller: Caller;
  context: Context;
  organization: OrganizationSnapshot;
}

export const describeServiceRole = implement(DescribeServiceRole, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const role = await findRole(call, deps, input);
    if (!role) return {};
    const Tags = tagRecord(await tagsOf(deps.store.read, role.role_id));
    const { result } = await judge(call, deps, input, role, Tags);
    const { enterprise_project_id: EnterpriseProjectId } = role;
    return { Role: { Arn: input.RoleArn, EnterpriseProjectId, Tags, Trusted: result.allowed } };
  },
});

export const openServiceSession = implement(OpenServiceSession, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const role = await findRole(call, deps, input);
    if (!role) throw call.fail('NotFound', `role ${input.RoleArn} does not exist in the account of the resource`);
    const tags = tagRecord(await tagsOf(deps.store.read, role.role_id));
    const judged = await judge(call, deps, input, role, tags);
    const { account_id: accountId, role_id: entityId } = role;
    if (!judged.result.allowed) {
      const error = accessDenied(judged.result, judged.caller, call.eventId, judged.organization);
      await deps.recorder.append({ ...recordOf(call, input, accountId, judged), error });
      throw error;
    }
    const { RoleSessionName: name } = input;
    const sessionId = deps.ids.unique('ASIA', 16);
    const session: NewSession = { kind: 'role', accountId, entityId, name, seconds: SERVICE_SESSION_SECONDS };
    const scope = { partition: deps.settings.partition, accountId };
    const draft = recordOf(call, input, accountId, judged);
    draft.resources.push({ ARN: sessionArn(scope, sessionId), accountId, type: 'AWS::STS::Session' });
    return change(async (tx) => {
      await keepSession(tx as Tx, call, sessionId, session);
      await deps.recorder.appendIn(tx, draft);
      return {
        Arn: assumedRoleArn(scope, role.name, name),
        AccountId: accountId,
        PrincipalId: `${entityId}:${name}`,
        EntityId: entityId,
        SessionId: sessionId,
        IssuedAt: call.now,
        ExpiresAt: expiryOf(call, session.seconds),
      };
    });
  },
});

/** SECURITY: the account is that of the resource, whatever the role's ARN says. */
async function findRole(call: AnyCall, deps: IamDeps, input: Request): Promise<RoleRow | undefined> {
  const accountId = accountOf(call, input);
  const named = parseRoleArn(input.RoleArn, { partition: deps.settings.partition, accountId });
  const role = named && (await roleByName(deps.store.read, accountId, named.name));
  return role?.path === named?.path ? role : undefined;
}

function accountOf(call: AnyCall, { SourceArn }: Request): string {
  const source = parseArn(SourceArn);
  if (!source?.accountId || source.service !== AWS_NAMES[serviceOf(call)])
    throw call.fail('Validation', `${SourceArn} is no resource of ${call.caller.principalId}`);
  return source.accountId;
}

function serviceOf(call: AnyCall): ServiceName {
  return call.caller.principalId.slice('service:'.length) as ServiceName;
}

async function judge(
  call: AnyCall,
  deps: IamDeps,
  input: Request,
  role: RoleRow,
  resourceTags: Record<string, string>,
): Promise<Judged> {
  const organization = await deps.organization.snapshot();
  const arn = servicePrincipal(serviceOf(call));
  const caller: Caller = { ...call.caller, arn };
  const context = globalContext(caller, undefined, call.origin, call.now, deps.settings.region, organization);
  context.set('aws:principalservicename', arn);
  const target = {
    resource: input.RoleArn,
    accountId: role.account_id,
    project: role.enterprise_project_id,
    resourceTags,
    policy: trustOf(deps, role),
    trust: 'explicit' as const,
    context: [
      ['aws:SourceArn', input.SourceArn],
      ['aws:SourceAccount', role.account_id],
    ] as const,
  };
  const result = authorize(caller, undefined, 'sts:AssumeRole', [target], context, organization);
  return { result, caller, context, organization };
}

function recordOf(
  call: AnyCall,
  input: Request & { RoleSessionName: string },
  accountId: string,
  { result, caller, context, organization }: Judged,
): RecordDraft {
  const { RoleArn, RoleSessionName } = input;
  return {
    eventId: call.eventId,
    operation: AssumeRole,
    caller: { ...caller, accountId },
    origin: call.origin,
    now: call.now,
    input: { RoleArn, RoleSessionName, DurationSeconds: SERVICE_SESSION_SECONDS },
    context,
    organization,
    checks: result.checks,
    resources: [{ ARN: RoleArn, accountId, type: 'AWS::IAM::Role' }],
  };
}
