/** Authorities in enterprise projects. The project stands in the guarded row; iam says whether one takes resources. */
import { previewMove } from '../../../platform/authz/move-preview.ts';
import type { ResourceFacts } from '../../../platform/contract/enterprise-project.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type AuthorizationTarget, implementFor, noResource, type Resolved } from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import { pcaOperations } from '../api/index.ts';
import { DescribeResourceFacts, ListResourcesInProject, MoveResource, PreviewMoveResource } from '../api/projects.ts';
import type { PcaDeps } from '../deps.ts';
import { authorityArn, parseAuthorityArn } from '../domain/authority-ref.ts';
import { type AuthorityRecord, guardedAuthority } from '../store/authorities.ts';
import { listAuthorities } from '../store/authority-queries.ts';
import { type AnyCall, askAboutAuthority, missingAuthority } from './authority-access.ts';
import { changeAuthority } from './authority-change.ts';
import { requireOpenProject } from './open-project.ts';
import { openPage } from './page.ts';

const implement = implementFor<PcaDeps>();
export const RESOURCE_TYPE = 'acm-pca:certificate-authority';

interface Moved {
  record: AuthorityRecord;
  target: AuthorizationTarget;
}

/** The permission is needed on the authority where it is and where it is to be. */
async function resolveMove(
  call: AnyCall,
  input: { ResourceArn: string; EnterpriseProjectId: string },
  deps: PcaDeps,
): Promise<Resolved<Moved>> {
  const { target, record } = await askAboutAuthority(call, deps, input.ResourceArn);
  const targets = [target, { ...target, project: input.EnterpriseProjectId }];
  if (record) return { targets, state: { record, target } };
  return { targets, state: undefined as never, absent: missingAuthority(call, input.ResourceArn) };
}

function moveOf({ arn, row }: AuthorityRecord, to: string) {
  return { ResourceArn: arn, FromEnterpriseProjectId: row.enterprise_project_id, EnterpriseProjectId: to };
}

export const moveResource = implement(MoveResource, {
  resolve: resolveMove,
  async run(call, input, { record }, deps) {
    const to = input.EnterpriseProjectId;
    await requireOpenProject(call, deps, to);
    const edit = { enterprise_project_id: to };
    return changeAuthority(call, deps, record, { action: 'Tag', edit, output: moveOf(record, to) });
  },
});

/** Every action that is authorized on an authority. */
const ACTIONS = [
  ...new Set(
    (Object.values(pcaOperations) as AnyOperation[]).flatMap(({ authz }) =>
      typeof authz === 'object' && authz.resource === RESOURCE_TYPE ? [authz.action] : [],
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
      AccountId: record.row.account_id,
      ...(page.after !== '' && { After: page.after }),
      Limit: page.limit + 1,
    });
    const { rows, ...end } = page.end(PrincipalIds, (id) => id);
    const effect = await previewMove(deps.directory, rows, {
      questions: ACTIONS.map((action) => ({ ...target, action })),
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
  async run(_call, { AccountId: accountId, EnterpriseProjectId: projectId, After = '', Limit: limit }, _state, deps) {
    const found = await listAuthorities(deps.store.read, { accountId, after: After, limit, projectId });
    await deps.guard.verify(found.map(guardedAuthority));
    const Resources = found.map((row) => ({
      Position: row.authority_id,
      ResourceArn: authorityArn({ accountId, partition: row.partition, region: row.region }, row.authority_id),
      ResourceType: RESOURCE_TYPE,
    }));
    return { Resources };
  },
});

/** A certificate is where its authority is. Rows are verified like everywhere: of a forged one nothing is known. */
export const describeResourceFacts = implement(DescribeResourceFacts, {
  resolve: noResource,
  async run(_call, { AccountId, ResourceArns }, _state, deps) {
    const Resources: ResourceFacts[] = [];
    const Unknown: string[] = [];
    for (const ResourceArn of new Set(ResourceArns)) {
      const reference = parseAuthorityArn(ResourceArn.split('/certificate/')[0] as string, deps.settings);
      if (reference?.accountId !== AccountId) continue;
      const record = await orDamaged(() => deps.authorities.byId(reference.authorityId));
      if (record === 'damaged') Unknown.push(ResourceArn);
      else if (record?.row.account_id === AccountId)
        Resources.push({
          ResourceArn,
          EnterpriseProjectId: record.row.enterprise_project_id,
          Tags: { ...record.tags },
        });
    }
    return { Resources, Unknown };
  },
});
