/**
 * Secrets in enterprise projects. The project stands in the guarded row of the secret; iam says whether a project takes
 * resources. A project that is disabled while a request for it is under way may still get what the request puts there.
 */
import { previewMove } from '../../../platform/authz/move-preview.ts';
import { DEFAULT_PROJECT, projectProblem, type ResourceFacts } from '../../../platform/contract/enterprise-project.ts';
import type { AnyOperation, ErrorCodeOf } from '../../../platform/contract/operation.ts';
import { type AuthorizationTarget, implementFor, noResource, type Resolved } from '../../../platform/runtime/call.ts';
import { ccmsOperations } from '../api/index.ts';
import { DescribeResourceFacts, ListResourcesInProject, MoveResource, PreviewMoveResource } from '../api/projects.ts';
import type { CcmsDeps } from '../deps.ts';
import { isGrantable } from '../domain/grant.ts';
import { grantsOfTarget } from '../store/grants.ts';
import { guardedSecret, listInProject } from '../store/queries.ts';
import { arnOf, type SecretRecord } from '../store/secret-record.ts';
import { openPage } from './page.ts';
import { type AnyCall, askAboutSecret, isForeign, missingSecret, requireLive } from './secret-access.ts';
import { changeSecret } from './secret-change.ts';
import { secretOfArn } from './secret-of-arn.ts';

const implement = implementFor<CcmsDeps>();

/** Throws unless the project exists in the caller's account and is enabled. */
export async function requireOpenProject(call: AnyCall, deps: CcmsDeps, projectId: string): Promise<void> {
  if (projectId === DEFAULT_PROJECT) return;
  const { Project } = await deps.clients.iam.FindEnterpriseProject({
    AccountId: call.caller.accountId,
    EnterpriseProjectId: projectId,
  });
  const problem = projectProblem(projectId, Project);
  if (problem) throw call.fail(problem.code as ErrorCodeOf<AnyOperation>, problem.message, { hint: problem.hint });
}

interface Moved {
  secret: SecretRecord;
  target: AuthorizationTarget;
}

/** The permission is needed on the secret where it is and where it is to be. Only secrets of the own account move. */
async function resolveMove(
  call: AnyCall,
  input: { ResourceArn: string; EnterpriseProjectId: string },
  deps: CcmsDeps,
): Promise<Resolved<Moved>> {
  const { target, record } = await askAboutSecret(call, deps, input.ResourceArn);
  const targets = [target, { ...target, project: input.EnterpriseProjectId }];
  if (record && !isForeign(call, record)) return { targets, state: { secret: record, target } };
  return { targets, state: undefined as never, absent: missingSecret(call) };
}

function moveOf(secret: SecretRecord, to: string) {
  const from = secret.row.enterprise_project_id;
  return { ResourceArn: secret.arn, FromEnterpriseProjectId: from, EnterpriseProjectId: to };
}

export const moveResource = implement(MoveResource, {
  resolve: resolveMove,
  async run(call, input, { secret }, deps) {
    requireLive(call, secret);
    const to = input.EnterpriseProjectId;
    await requireOpenProject(call, deps, to);
    return changeSecret(call, deps, secret, { edit: { enterprise_project_id: to }, output: moveOf(secret, to) });
  },
});

/** Every action that is authorized on a secret. */
const SECRET_ACTIONS = [
  ...new Set(
    (Object.values(ccmsOperations) as AnyOperation[]).flatMap(({ authz }) =>
      typeof authz === 'object' && authz.resource === 'secretsmanager:secret' ? [authz.action] : [],
    ),
  ),
];

export const previewMoveResource = implement(PreviewMoveResource, {
  resolve: resolveMove,
  async run(call, input, { secret, target }, deps) {
    const to = input.EnterpriseProjectId;
    await requireOpenProject(call, deps, to);
    const page = openPage<string>(call, deps, input, [secret.arn, to]);
    const { PrincipalIds } = await deps.clients.iam.ListAccountPrincipals({
      AccountId: secret.row.account_id,
      ...(page.after !== undefined && { After: page.after }),
      Limit: page.limit + 1,
    });
    const { rows, ...end } = page.end(PrincipalIds, (id) => id);
    const granted = grantsOfTarget(await deps.grants.of(secret, 'everybody'));
    const effect = await previewMove(deps.directory, rows, {
      questions: SECRET_ACTIONS.map((action) => ({ ...target, ...(isGrantable(action) && granted), action })),
      toProject: to,
      origin: call.origin,
      now: call.now,
      region: deps.settings.region,
      organization: call.organization,
    });
    return { ...moveOf(secret, to), ...effect, ...end };
  },
});

export const listResourcesInProject = implement(ListResourcesInProject, {
  resolve: noResource,
  async run(_call, { AccountId, EnterpriseProjectId, After = '', Limit }, _state, deps) {
    const found = await listInProject(deps.store.read, AccountId, EnterpriseProjectId, After, Limit);
    await deps.guard.verify(found.map(guardedSecret));
    const Resources = found.map((row) => ({
      Position: row.secret_id,
      ResourceArn: arnOf(row),
      ResourceType: 'secretsmanager:secret',
    }));
    return { Resources };
  },
});

export const describeResourceFacts = implement(DescribeResourceFacts, {
  resolve: noResource,
  async run(_call, { AccountId, ResourceArns }, _state, deps) {
    const Resources: ResourceFacts[] = [];
    const Unknown: string[] = [];
    for (const ResourceArn of new Set(ResourceArns)) {
      const found = await secretOfArn(deps, ResourceArn);
      if (found === 'damaged') Unknown.push(ResourceArn);
      else if (found && 'arn' in found && found.row.account_id === AccountId) {
        const EnterpriseProjectId = found.row.enterprise_project_id;
        Resources.push({ ResourceArn, EnterpriseProjectId, Tags: { ...found.tags } });
      }
    }
    return { Resources, Unknown };
  },
});
