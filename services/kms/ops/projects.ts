/**
 * Keys in enterprise projects. The project stands in the guarded row of the key; iam says whether a project takes
 * resources. A project that is disabled while a request for it is under way may still get what the request puts there.
 */
import { previewMove } from '../../../platform/authz/move-preview.ts';
import { DEFAULT_PROJECT, projectProblem, type ResourceFacts } from '../../../platform/contract/enterprise-project.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import {
  type AuthorizationTarget,
  type Call,
  implementFor,
  noResource,
  type Resolved,
} from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import { kmsOperations } from '../api/index.ts';
import { DescribeResourceFacts, ListResourcesInProject, MoveResource, PreviewMoveResource } from '../api/projects.ts';
import type { KmsDeps } from '../deps.ts';
import { keyArn, parseKeyReference } from '../domain/key-ref.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { guardedKey, type ListedKey, listKeys } from '../store/queries.ts';
import { askAboutKey, findOwnKey, missingKey } from './key-access.ts';
import { changeKey } from './key-change.ts';
import { openPage } from './page.ts';

type AnyCall = Call<AnyOperation>;

const implement = implementFor<KmsDeps>();

/** Throws unless the project exists in the caller's account and is enabled. */
export async function requireOpenProject(call: AnyCall, deps: KmsDeps, projectId: string): Promise<void> {
  if (projectId === DEFAULT_PROJECT) return;
  const { Project } = await deps.clients.iam.FindEnterpriseProject({
    AccountId: call.caller.accountId,
    EnterpriseProjectId: projectId,
  });
  const problem = projectProblem(projectId, Project);
  if (problem) throw call.fail(problem.code, problem.message, { hint: problem.hint });
}

interface MovedKey {
  record: KeyRecord;
  target: AuthorizationTarget;
}

/** The permission is needed on the key where it is and where it is to be. */
async function resolveMove(
  call: AnyCall,
  input: { ResourceArn: string; EnterpriseProjectId: string },
  deps: KmsDeps,
): Promise<Resolved<MovedKey>> {
  const found = await findOwnKey(call, deps, input.ResourceArn);
  const { target, record } = await askAboutKey(call, deps, found);
  const targets = [target, { ...target, project: input.EnterpriseProjectId }];
  if (record) return { targets, state: { record, target } };
  return { targets, state: undefined as never, absent: missingKey(call, found.reference) };
}

function moveOf(record: KeyRecord, to: string) {
  const from = record.row.enterprise_project_id;
  return { ResourceArn: record.arn, FromEnterpriseProjectId: from, EnterpriseProjectId: to };
}

export const moveResource = implement(MoveResource, {
  resolve: resolveMove,
  async run(call, input, { record }, deps) {
    const to = input.EnterpriseProjectId;
    await requireOpenProject(call, deps, to);
    return changeKey(call, deps, 'MoveResource', record, { enterprise_project_id: to }, moveOf(record, to));
  },
});

/** Every action that is authorized on a key: operations on keys, and on aliases, which ask about the key too. */
const KEY_ACTIONS = [
  ...new Set(
    (Object.values(kmsOperations) as AnyOperation[]).flatMap(({ authz }) =>
      typeof authz === 'object' && (authz.resource === 'kms:key' || authz.resource === 'kms:alias')
        ? [authz.action, ...(authz.alsoChecks ?? [])]
        : [],
    ),
  ),
];

export const previewMoveResource = implement(PreviewMoveResource, {
  resolve: resolveMove,
  async run(call, input, { record, target }, deps) {
    const to = input.EnterpriseProjectId;
    await requireOpenProject(call, deps, to);
    const page = openPage(call, deps, input, [record.arn, to]);
    const { PrincipalIds } = await deps.clients.iam.ListAccountPrincipals({
      AccountId: record.accountId,
      ...(page.after !== '' && { After: page.after }),
      Limit: page.limit + 1,
    });
    const { rows, ...end } = page.end(PrincipalIds, (id) => id);
    const effect = await previewMove(deps.directory, rows, {
      questions: KEY_ACTIONS.map((action) => ({ ...target, action })),
      toProject: to,
      origin: call.origin,
      now: call.now,
      region: deps.settings.region,
      organization: call.organization,
    });
    return { ...moveOf(record, to), ...effect, ...end };
  },
});

export const listResourcesInProject = implement(ListResourcesInProject, {
  resolve: noResource,
  async run(_call, { AccountId, EnterpriseProjectId, After = '', Limit }, _state, deps) {
    const found = await listKeys(deps.store.read, AccountId, After, Limit, EnterpriseProjectId);
    await deps.guard.verify(found.map(guardedKey));
    const show = (row: ListedKey) => ({
      Position: row.key_id,
      ResourceArn: keyArn({ accountId: row.account_id, partition: row.partition, region: row.region }, row.key_id),
      ResourceType: 'kms:key',
    });
    return { Resources: found.map(show) };
  },
});

/** An alias is where its key is. Rows are verified like everywhere: of a forged one nothing is known. */
export const describeResourceFacts = implement(DescribeResourceFacts, {
  resolve: noResource,
  async run(_call, { AccountId, ResourceArns }, _state, deps) {
    const { partition, region } = deps.settings;
    const Resources: ResourceFacts[] = [];
    const Unknown: string[] = [];
    for (const ResourceArn of new Set(ResourceArns)) {
      const reference = parseKeyReference(ResourceArn, { accountId: AccountId, partition, region });
      if (reference.kind === 'refused' || reference.accountId !== AccountId) continue;
      // As requests find it that use the key.
      const record = await orDamaged(async () =>
        reference.kind === 'key' ? deps.keys.key(reference.keyId) : deps.keys.byAlias(AccountId, reference.aliasName),
      );
      if (record === 'damaged') Unknown.push(ResourceArn);
      else if (record?.accountId === AccountId) {
        const Tags = reference.kind === 'key' ? { ...record.tags } : {};
        Resources.push({ ResourceArn, EnterpriseProjectId: record.row.enterprise_project_id, Tags });
      }
    }
    return { Resources, Unknown };
  },
});
