import type { Ids } from '../../../../platform/runtime/ids.ts';

/** `rule-` and the like, then twelve letters and digits. */
export function newId(ids: Ids, prefix: 'rule' | 'exc'): string {
  return `${prefix}-${ids.unique('', 12).toLowerCase()}`;
}
