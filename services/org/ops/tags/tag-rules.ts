import type { OrgDeps } from '../../deps.ts';
import { checkTags, type Tag } from '../../domain/tags.ts';
import type { AnyCall } from '../standing.ts';

/** Throws when the tags may not be added to the existing ones. */
export function requireTags(call: AnyCall, deps: OrgDeps, added: readonly Tag[], existing: readonly Tag[]): void {
  const problem = checkTags(added, existing, deps.limits.tagsPerResource);
  if (problem) throw call.fail(problem.code, problem.message, { details: { reason: problem.reason } });
}
