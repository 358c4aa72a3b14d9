/** Which of our actions no grant in a project permits, as their declarations say. */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { iamApi } from '../../api/index.ts';
import type { ContextInput } from '../../domain/authorize-context.ts';

const BEYOND: ReadonlySet<string> = new Set(
  (Object.values(iamApi) as AnyOperation[]).flatMap(({ authz }) =>
    typeof authz === 'object' && authz.beyondProject ? [authz.action.toLowerCase()] : [],
  ),
);

/** Tags of a principal count wherever it acts, so making one with tags reaches beyond its project. */
const WITH_TAGS: ReadonlySet<string> = new Set(['iam:createuser', 'iam:createrole']);

export function reachesBeyond(action: string, context: ContextInput | undefined): boolean {
  const name = action.toLowerCase();
  if (BEYOND.has(name)) return true;
  return WITH_TAGS.has(name) && Object.keys(context ?? {}).some(isAboutNewTags);
}

function isAboutNewTags(key: string): boolean {
  const lower = key.toLowerCase();
  return lower.startsWith('aws:requesttag/') || lower === 'aws:tagkeys';
}
