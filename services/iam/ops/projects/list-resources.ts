import type { PlacedResource } from '../../../../platform/contract/enterprise-project.ts';
import { ListProjectResources } from '../../api/project-resources.ts';
import type { IamDeps } from '../../deps.ts';
import { entitiesOfProject, type ProjectPlace, RESOURCE_KINDS, RESOURCE_TYPES } from '../../store/project-resources.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { scopeOf } from '../targets.ts';
import { aboutProject } from './about-project.ts';

/** A list of resources that goes on after a position of its own. */
interface Source {
  name: string;
  list(place: ProjectPlace, after: string | undefined, limit: number): Promise<PlacedResource[]>;
}

/** Services besides iam that own resources in projects. */
export const OTHER_OWNERS = ['kms', 'ccms', 'pca'] as const;

/** In the order of the answer: what iam owns, then what the other services own. */
function sourcesOf(deps: IamDeps): Source[] {
  const own = RESOURCE_KINDS.map((kind) => ({
    name: kind,
    async list(place: ProjectPlace, after: string | undefined, limit: number) {
      const found = await entitiesOfProject(deps.store.read, kind, place, { after, limit });
      return found.map(({ position, arn }) => ({
        Position: position,
        ResourceArn: arn,
        ResourceType: RESOURCE_TYPES[kind],
      }));
    },
  }));
  const others = OTHER_OWNERS.map((name) => ({
    name,
    async list({ accountId, projectId }: ProjectPlace, After: string | undefined, Limit: number) {
      const input = {
        AccountId: accountId,
        EnterpriseProjectId: projectId,
        Limit,
        ...(After !== undefined && { After }),
      };
      return (await deps.clients[name].ListResourcesInProject(input)).Resources;
    },
  }));
  return [...own, ...others];
}

export const listProjectResources = implement(ListProjectResources, {
  resolve: (call, input, deps) => aboutProject(call, deps, input.EnterpriseProjectId),
  async run(call, input, project, deps) {
    const page = openPage(deps, call, input, project.id);
    const place = { ...scopeOf(call, deps), region: deps.settings.region, projectId: project.id };
    const sources = sourcesOf(deps);
    const [name, after] = page.range.after?.split('|') ?? [];
    const found: (PlacedResource & { source: string })[] = [];
    for (const source of sources.slice(
      Math.max(
        0,
        sources.findIndex((candidate) => candidate.name === name),
      ),
    )) {
      const left = page.range.limit - found.length;
      if (left === 0) break;
      const listed = await source.list(place, source.name === name ? after : undefined, left);
      found.push(...listed.map((resource) => ({ ...resource, source: source.name })));
    }
    const { rows, output } = closePage(deps, page, found, (row) => `${row.source}|${row.Position}`);
    return { Resources: rows.map(({ ResourceArn, ResourceType }) => ({ ResourceArn, ResourceType })), ...output };
  },
});
