/**
 * One value, three ways: what the file wants, what is there, what was last applied. The file changed it: do so. Somebody
 * else changed it: drift, put right only where that was asked for. Both changed it, differently: a conflict.
 */
import type { Value } from './live.ts';

export interface Policy {
  /** How conflicts and drift are settled; without it drift stays and conflicts are refused. */
  prefer: 'file' | 'live' | undefined;
  repair: 'none' | 'inheritance' | 'all';
}

export type Outcome = 'same' | 'change' | 'repair' | 'drift' | 'conflict';

export interface Choice {
  value: Value | undefined;
  outcome: Outcome;
}

export interface Three {
  wanted: Value | undefined;
  live: Value | undefined;
  /** Undefined in an object that was applied: it was absent. */
  applied: Value | undefined;
  /** False: the landing zone has never applied the object, so nobody else can have changed it. */
  known: boolean;
  /** Of the place in the tree, from which guardrails are inherited. */
  inheritance?: boolean;
}

export function choose(
  { wanted, live, applied, known, inheritance = false }: Three,
  { prefer, repair }: Policy,
): Choice {
  if (wanted === live) return { value: wanted, outcome: 'same' };
  if (!known || applied === live) return { value: wanted, outcome: 'change' };
  if (applied === wanted) {
    const repaired =
      prefer === 'file' || (prefer === undefined && (repair === 'all' || (repair === 'inheritance' && inheritance)));
    return repaired ? { value: wanted, outcome: 'repair' } : { value: live, outcome: 'drift' };
  }
  if (prefer === 'file') return { value: wanted, outcome: 'repair' };
  return { value: live, outcome: prefer === 'live' ? 'drift' : 'conflict' };
}
