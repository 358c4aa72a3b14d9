/** Which actions can be asked about, and what somebody who mistyped one may have meant. */
import { type ActionCatalogue, canonicalAction } from '../../../policies/engine/index.ts';
import type { Definition } from './namespace.ts';

/** Prefixes of the product's own actions. */
export const PRODUCT_PREFIXES: ReadonlySet<string> = new Set([
  'iam',
  'sts',
  'kms',
  'secretsmanager',
  'acm-pca',
  'organizations',
  'authz',
  'audit',
]);

export interface KnownActions {
  /** Undefined: every action under a prefix of the product counts as known. */
  catalogue: ActionCatalogue | undefined;
  namespaces: ReadonlyMap<string, Definition>;
}

export function isKnownAction(action: string, known: KnownActions): boolean {
  const [prefix, name] = split(action);
  if (known.namespaces.get(prefix)?.names.has(name)) return true;
  if (known.catalogue) return known.catalogue.services.get(prefix)?.has(name) ?? false;
  return PRODUCT_PREFIXES.has(prefix);
}

const MOST_CANDIDATES = 5_000;

/** The known action with the fewest letters different; undefined when none is near. */
export function nearestAction(action: string, known: KnownActions): string | undefined {
  const wanted = canonicalAction(action);
  let best: { name: string; distance: number } | undefined;
  let looked = 0;
  for (const candidate of candidates(known)) {
    if (++looked > MOST_CANDIDATES) break;
    const limit = best ? best.distance - 1 : Math.max(2, Math.floor(wanted.length / 3));
    const distance = editDistance(wanted, candidate.toLowerCase(), limit);
    if (distance !== undefined) best = { name: candidate, distance };
    if (distance === 0) break;
  }
  return best?.name;
}

function* candidates({ catalogue, namespaces }: KnownActions): Generator<string> {
  for (const [prefix, definition] of namespaces) for (const { Name } of definition.Actions) yield `${prefix}:${Name}`;
  for (const [prefix, actions] of catalogue?.services ?? [])
    for (const { name } of actions.values()) yield `${prefix}:${name}`;
}

/** Levenshtein distance when it is at most `limit`. */
export function editDistance(a: string, b: string, limit: number): number | undefined {
  if (limit < 0 || Math.abs(a.length - b.length) > limit) return undefined;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    if (Math.min(...next) > limit) return undefined;
    row = next;
  }
  const distance = row[b.length] as number;
  return distance <= limit ? distance : undefined;
}

function split(action: string): [prefix: string, name: string] {
  const canonical = canonicalAction(action);
  const colon = canonical.indexOf(':');
  return [canonical.slice(0, colon), canonical.slice(colon + 1)];
}
