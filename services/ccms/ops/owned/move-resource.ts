/** What the vault owns moves between the enterprise projects of its account. */
import { previewMove } from '../../../../platform/authz/move-preview.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { type AuthorizationTarget, implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import { ccmsOperations } from '../../api/index.ts';
import { MoveResource, PreviewMoveResource } from '../../api/projects.ts';
import type { CcmsDeps } from '../../deps.ts';
import { isGrantable } from '../../domain/grant.ts';
import { openPage } from '../page.ts';
import type { AnyCall } from '../secret-access.ts';
import { moveOf, type OwnedKind, type OwnedResource } from './kind.ts';
import { KINDS } from './kinds.ts';
import { requireOpenProject } from './open-project.ts';

const implement = implementFor<CcmsDeps>();

interface Moved {
  kind: OwnedKind;
  resource: OwnedResource;
  target: AuthorizationTarget;
}

/** The permission is needed on the resource where it is and where it is to be. Only those of the own account move. */
async function resolveMove(
  call: AnyCall,
  input: { ResourceArn: string; EnterpriseProjectId: string },
  deps: CcmsDeps,
): Promise<Resolved<Moved>> {
  const { ResourceArn, EnterpriseProjectId: project } = input;
  const missing = call.fail('NotFound', `${ResourceArn} does not exist`, {
    hint: 'ListProjectResources of iam shows what is in a project',
  });
  for (const kind of KINDS) {
    const asked = await kind.askToMove(call, deps, ResourceArn);
    if (!asked) continue;
    const { target, resource } = asked;
    const targets = [target, { ...target, project }];
    if (resource) return { targets, state: { kind, resource, target } };
    return { targets, state: undefined as never, absent: missing };
  }
  throw missing;
}

export const moveResource = implement(MoveResource, {
  resolve: resolveMove,
  async run(call, input, { resource }, deps) {
    await requireOpenProject(call, deps, input.EnterpriseProjectId);
    return resource.moveTo(call, deps, input.EnterpriseProjectId);
  },
});

/** Every action that is authorized on a kind of resource. */
function actionsOn(type: string): string[] {
  const operations: AnyOperation[] = Object.values(ccmsOperations);
  const named = operations.flatMap(({ authz }) =>
    typeof authz === 'object' && authz.resource === type ? [authz.action] : [],
  );
  return [...new Set(named)];
}

export const previewMoveResource = implement(PreviewMoveResource, {
  resolve: resolveMove,
  async run(call, input, { kind, resource, target }, deps) {
    const to = input.EnterpriseProjectId;
    await requireOpenProject(call, deps, to);
    const page = openPage<string>(call, deps, input, [resource.arn, to]);
    const { PrincipalIds } = await deps.clients.iam.ListAccountPrincipals({
      AccountId: resource.accountId,
      ...(page.after !== undefined && { After: page.after }),
      Limit: page.limit + 1,
    });
    const { rows, ...end } = page.end(PrincipalIds, (id) => id);
    const granted = await resource.granted?.(deps);
    const effect = await previewMove(deps.directory, rows, {
      questions: actionsOn(kind.type).map((action) => ({ ...target, ...(isGrantable(action) && granted), action })),
      toProject: to,
      origin: call.origin,
      now: call.now,
      region: deps.settings.region,
      organization: call.organization,
    });
    return { ...moveOf(resource, to), ...effect, ...end };
  },
});
