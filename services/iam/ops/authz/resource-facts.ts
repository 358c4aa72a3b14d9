/**
 * Where the resources of a question are, and their tags, as the services that own them know it. An application may say
 * what it likes about its own resources; about ours it is not asked. What a service cannot tell is unknown, and whoever
 * decides about it denies.
 */
import { parseArn } from '../../../../platform/contract/arn.ts';
import { AWS_NAMES } from '../../../../platform/contract/service-names.ts';
import type { IamDeps } from '../../deps.ts';
import { projectArn } from '../../domain/names.ts';
import { projectById } from '../../store/enterprise-projects.ts';
import { OTHER_OWNERS } from '../projects/list-resources.ts';
import { findMovable } from '../projects/movable.ts';
import { type AnyCall, scopeOf } from '../targets.ts';

export interface KnownResource {
  project: string;
  tags: Readonly<Record<string, string>>;
  /** Lower case: what the service calls tags in conditions, besides `aws:ResourceTag/`. */
  tagPrefix?: string;
}

/** By ARN. A resource that is not in it is the application's own, or does not exist. */
export type KnownResources = ReadonlyMap<string, KnownResource | 'unknown'>;

/** Keys have none of their own. */
const TAG_PREFIXES: Partial<Record<string, { tagPrefix: string }>> = {
  ccms: { tagPrefix: 'secretsmanager:resourcetag/' },
};

/** Of one question to a service. */
const MOST_ASKED = 100;

export async function knownResources(
  call: AnyCall,
  deps: IamDeps,
  resources: Iterable<string>,
): Promise<KnownResources> {
  const { accountId } = call.caller;
  const known = new Map<string, KnownResource | 'unknown'>();
  const asked = new Map<(typeof OTHER_OWNERS)[number], string[]>();
  for (const resource of new Set(resources)) {
    const arn = parseArn(resource);
    // Of another account nothing is told: its resource policy must let the caller in anyway.
    if (arn?.accountId !== accountId) continue;
    const owner = OTHER_OWNERS.find((name) => AWS_NAMES[name] === arn.service);
    if (owner) asked.set(owner, [...(asked.get(owner) ?? []), resource]);
    else if (arn.service === 'iam' || arn.service === 'authz') {
      const found = await ownResource(call, deps, resource);
      if (found) known.set(resource, found);
    }
  }
  for (const [owner, arns] of asked) {
    for (let at = 0; at < arns.length; at += MOST_ASKED) {
      const ResourceArns = arns.slice(at, at + MOST_ASKED);
      for (const [arn, facts] of await askOwner(deps, owner, accountId, ResourceArns)) known.set(arn, facts);
    }
  }
  return known;
}

async function ownResource(call: AnyCall, deps: IamDeps, arn: string): Promise<KnownResource | undefined> {
  const found = await findMovable(call, deps, arn);
  if (found) return { project: found.projectId, tags: found.target.resourceTags ?? {}, tagPrefix: 'iam:resourcetag/' };
  const start = projectArn(scopeOf(call, deps), '');
  const row = arn.startsWith(start)
    ? await projectById(deps.store.read, call.caller.accountId, arn.slice(start.length))
    : undefined;
  return row && { project: row.project_id, tags: {} };
}

/** SECURITY: a service that does not answer must not turn a resource of a project into one of the default project. */
async function askOwner(
  deps: IamDeps,
  owner: (typeof OTHER_OWNERS)[number],
  AccountId: string,
  ResourceArns: string[],
): Promise<[string, KnownResource | 'unknown'][]> {
  try {
    const { Resources, Unknown } = await deps.clients[owner].DescribeResourceFacts({ AccountId, ResourceArns });
    return [
      ...Resources.map(({ ResourceArn, EnterpriseProjectId, Tags }): [string, KnownResource] => [
        ResourceArn,
        { project: EnterpriseProjectId, tags: Tags, ...TAG_PREFIXES[owner] },
      ]),
      ...Unknown.map((arn): [string, 'unknown'] => [arn, 'unknown']),
    ];
  } catch (error) {
    deps.log.warn({ err: String(error), owner }, 'facts about resources could not be asked for');
    return ResourceArns.map((arn) => [arn, 'unknown']);
  }
}
