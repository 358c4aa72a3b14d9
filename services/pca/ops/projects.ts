/** Authorities and certificates from elsewhere in enterprise projects. Projects stand in guarded rows; iam says whether one takes resources. */
import { previewMove } from '../../../platform/authz/move-preview.ts';
import type { ResourceFacts } from '../../../platform/contract/enterprise-project.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type AuthorizationTarget, implementFor, noResource, type Resolved } from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import { pcaOperations } from '../api/index.ts';
import { DescribeResourceFacts, ListResourcesInProject, MoveResource, PreviewMoveResource } from '../api/projects.ts';
import type { PcaDeps } from '../deps.ts';
import { authorityArn, parseAuthorityArn } from '../domain/authority-ref.ts';
import { parseKeptArn } from '../domain/scm/certificate-ref.ts';
import { type AuthorityRecord, guardedAuthority } from '../store/authorities.ts';
import { listAuthorities } from '../store/authority-queries.ts';
import { guardedKept, listKeptOfProject } from '../store/scm/kept-queries.ts';
import { type AnyCall, askAboutAuthority, missingAuthority } from './authority-access.ts';
import { changeAuthority } from './authority-change.ts';
import { requireOpenProject } from './open-project.ts';
import { openPage } from './page.ts';
import { changeKept } from './scm/keep.ts';
import { arnOfKept, type KeptRecord, keptById, resolveReference } from './scm/kept-access.ts';

const implement = implementFor<PcaDeps>();
export const RESOURCE_TYPE = 'acm-pca:certificate-authority';
const CERTIFICATE_TYPE = 'acm-pca:certificate';

type Moved = { target: AuthorizationTarget } & (
  | { kind: 'authority'; record: AuthorityRecord }
  | { kind: 'certificate'; record: KeptRecord }
);

/** The permission is needed on the authority or the certificate where it is and where it is to be. */
async function resolveMove(
  call: AnyCall,
  input: { ResourceArn: string; EnterpriseProjectId: string },
  deps: PcaDeps,
): Promise<Resolved<Moved>> {
  const toBoth = (target: AuthorizationTarget) => [target, { ...target, project: input.EnterpriseProjectId }];
  const kept = parseKeptArn(input.ResourceArn, deps.settings);
  if (kept) {
    const { state: record, targets, absent } = await resolveReference(call, deps, kept);
    const [target] = targets as [AuthorizationTarget];
    if (absent) return { targets: toBoth(target), state: undefined as never, absent };
    return { targets: toBoth(target), state: { kind: 'certificate', record, target } };
  }
  const { target, record } = await askAboutAuthority(call, deps, input.ResourceArn);
  const targets = toBoth(target);
  if (record) return { targets, state: { kind: 'authority', record, target } };
  return { targets, state: undefined as never, absent: missingAuthority(call, input.ResourceArn) };
}

function moveOf({ record: { arn, row } }: Moved, to: string) {
  return { ResourceArn: arn, FromEnterpriseProjectId: row.enterprise_project_id, EnterpriseProjectId: to };
}

export const moveResource = implement(MoveResource, {
  resolve: resolveMove,
  async run(call, input, moved: Moved, deps) {
    const to = input.EnterpriseProjectId;
    await requireOpenProject(call, deps, to);
    const edit = { enterprise_project_id: to };
    const output = moveOf(moved, to);
    return moved.kind === 'authority'
      ? changeAuthority(call, deps, moved.record, { action: 'Tag', edit, output })
      : changeKept(call, deps, moved.record, { action: 'Update', edit, output });
  },
});

/** Every action that is authorized on one kind of resource. */
function actionsOn(resource: string): string[] {
  const actions = (Object.values(pcaOperations) as AnyOperation[]).flatMap(({ authz }) =>
    typeof authz === 'object' && authz.resource === resource ? [authz.action] : [],
  );
  return [...new Set(actions)];
}

const ACTIONS: Readonly<Record<Moved['kind'], readonly string[]>> = {
  authority: actionsOn(RESOURCE_TYPE),
  // Those of moves name authorities in their declarations.
  certificate: [...actionsOn(CERTIFICATE_TYPE), 'acm-pca:MoveResource', 'acm-pca:PreviewMoveResource'],
};

export const previewMoveResource = implement(PreviewMoveResource, {
  resolve: resolveMove,
  async run(call, input, moved: Moved, deps) {
    const { record, target } = moved;
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
      questions: ACTIONS[moved.kind].map((action) => ({ ...target, action })),
      toProject: to,
      origin: call.origin,
      now: call.now,
      region: deps.settings.region,
      organization: call.organization,
    });
    return { ...moveOf(moved, to), ...effect, ...end };
  },
});

export const listResourcesInProject = implement(ListResourcesInProject, {
  resolve: noResource,
  async run(_call, { AccountId: accountId, EnterpriseProjectId: projectId, After = '', Limit: limit }, _state, deps) {
    const of = { accountId, after: After, limit, projectId };
    const authorities = await listAuthorities(deps.store.read, of);
    const certificates = await listKeptOfProject(deps.store.read, of);
    await deps.guard.verify([...authorities.map(guardedAuthority), ...certificates.map(guardedKept)]);
    const Resources = [
      ...authorities.map((row) => ({
        Position: row.authority_id,
        ResourceArn: authorityArn({ accountId, partition: row.partition, region: row.region }, row.authority_id),
        ResourceType: RESOURCE_TYPE,
      })),
      ...certificates.map((row) => ({
        Position: row.certificate_id,
        ResourceArn: arnOfKept(row),
        ResourceType: CERTIFICATE_TYPE,
      })),
    ];
    Resources.sort((a, b) => (a.Position < b.Position ? -1 : 1));
    return { Resources: Resources.slice(0, limit) };
  },
});

/** A certificate that was issued is where its authority is. Rows are verified like everywhere: of a forged one nothing is known. */
export const describeResourceFacts = implement(DescribeResourceFacts, {
  resolve: noResource,
  async run(_call, { AccountId, ResourceArns }, _state, deps) {
    const Resources: ResourceFacts[] = [];
    const Unknown: string[] = [];
    for (const ResourceArn of new Set(ResourceArns)) {
      const facts = await factsOf(deps, AccountId, ResourceArn);
      if (facts === 'damaged') Unknown.push(ResourceArn);
      else if (facts) Resources.push({ ResourceArn, ...facts });
    }
    return { Resources, Unknown };
  },
});

async function factsOf(deps: PcaDeps, accountId: string, arn: string) {
  const record = await ownRecord(deps, accountId, arn);
  if (record === undefined || record === 'damaged') return record;
  if (record.row.account_id !== accountId) return undefined;
  return { EnterpriseProjectId: record.row.enterprise_project_id, Tags: { ...record.tags } };
}

async function ownRecord(deps: PcaDeps, accountId: string, arn: string) {
  const kept = parseKeptArn(arn, deps.settings);
  if (kept) return kept.accountId === accountId ? orDamaged(() => keptById(deps, kept.certificateId)) : undefined;
  const reference = parseAuthorityArn(arn.split('/certificate/')[0] as string, deps.settings);
  if (reference?.accountId !== accountId) return undefined;
  return orDamaged(() => deps.authorities.byId(reference.authorityId));
}
