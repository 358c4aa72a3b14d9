import type { OrgDeps } from '../../deps.ts';
import { checkTags, type Tag } from '../../domain/tags.ts';
import type { Fails } from '../changes.ts';

/** Throws when the tags may not be added to the existing ones. */
export function requireTags(by: Fails, deps: OrgDeps, added: readonly Tag[], existing: readonly Tag[]): void {
  const problem = checkTags(added, existing, deps.limits.tagsPerResource);
  if (problem) throw by.fail(problem.code, problem.message, { details: { reason: problem.reason } });
}
