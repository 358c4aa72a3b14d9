/** Where a request reaches that is only asked about: the project of its resource, and whether beyond it. */
import { projectUnlessTold } from '../../../../platform/contract/enterprise-project.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { canonicalAction } from '../../../../policies/engine/index.ts';
import { iamApi } from '../../api/index.ts';

/** Operations of other services change nothing that somebody may do outside the project. */
const BEYOND: ReadonlySet<string> = new Set(
  (Object.values(iamApi) as AnyOperation[]).flatMap(({ authz }) =>
    typeof authz === 'object' && authz.beyondProject ? [canonicalAction(authz.action)] : [],
  ),
);

export const reachesBeyond = (action: string): boolean => BEYOND.has(canonicalAction(action));

export interface Reach {
  project: string | undefined;
  beyond: boolean;
}

export function reachOf(action: string, resource: string): Reach {
  return { project: projectUnlessTold(resource), beyond: reachesBeyond(action) };
}
