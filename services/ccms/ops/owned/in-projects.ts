/** What iam asks about resources of the vault: which are in a project, and where one is. */
import type { ResourceFacts } from '../../../../platform/contract/enterprise-project.ts';
import type { OutputOf } from '../../../../platform/contract/operation.ts';
import { implementFor, noResource } from '../../../../platform/runtime/call.ts';
import { DescribeResourceFacts, ListResourcesInProject } from '../../api/projects.ts';
import type { CcmsDeps } from '../../deps.ts';
import { findOwned, kindsAfter, positionOf } from './kinds.ts';

const implement = implementFor<CcmsDeps>();

export const listResourcesInProject = implement(ListResourcesInProject, {
  resolve: noResource,
  async run(call, { AccountId: accountId, EnterpriseProjectId: projectId, After, Limit }, _state, deps) {
    const kinds = kindsAfter(After);
    if (!kinds) throw call.fail('Validation', 'After is no position of this list');
    const Resources: OutputOf<typeof ListResourcesInProject>['Resources'] = [];
    for (const { kind, after } of kinds) {
      const limit = Limit - Resources.length;
      if (limit === 0) break;
      for (const { id, arn } of await kind.inProject(deps, { accountId, projectId, after, limit }))
        Resources.push({ Position: positionOf(kind, id), ResourceArn: arn, ResourceType: kind.type });
    }
    return { Resources };
  },
});

export const describeResourceFacts = implement(DescribeResourceFacts, {
  resolve: noResource,
  async run(_call, { AccountId, ResourceArns }, _state, deps) {
    const Resources: ResourceFacts[] = [];
    const Unknown: string[] = [];
    for (const ResourceArn of new Set(ResourceArns)) {
      const { found } = (await findOwned(deps, ResourceArn)) ?? {};
      if (found === 'damaged') Unknown.push(ResourceArn);
      else if (found && 'arn' in found && found.accountId === AccountId)
        Resources.push({ ResourceArn, EnterpriseProjectId: found.project, Tags: { ...found.tags } });
    }
    return { Resources, Unknown };
  },
});
