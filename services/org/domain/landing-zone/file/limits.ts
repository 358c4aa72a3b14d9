/** How much of everything there may be: what the organization allows, and what the file says on top, if that is less. */
import type { LandingZone } from '../../../api/landing-zone/file.ts';
import type { OrgLimits } from '../../limits.ts';
import type { Ceiling } from './ceilings.ts';
import type { Fault } from './finding.ts';
import { listUnits, ROOT } from './tree.ts';

export { DEFAULT_LIMITS } from '../../limits.ts';

export type LandingZoneLimits = Pick<
  OrgLimits,
  'accounts' | 'units' | 'unitDepth' | 'policiesPerType' | 'attachmentsPerNode' | 'policyBytes' | 'tagsPerResource'
>;

export function limitsOf(file: Pick<LandingZone, 'settings'>, allowed: LandingZoneLimits): LandingZoneLimits {
  const { accounts, units, depth, scpPerNode, scpBytes } = file.settings.limits;
  const least = (ours: number, theirs: number | undefined) => Math.min(ours, theirs ?? ours);
  return {
    ...allowed,
    accounts: least(allowed.accounts, accounts),
    units: least(allowed.units, units),
    unitDepth: least(allowed.unitDepth, depth),
    attachmentsPerNode: least(allowed.attachmentsPerNode, scpPerNode),
    policyBytes: least(allowed.policyBytes, scpBytes),
  };
}

export function limitFaults(file: LandingZone, ceilings: readonly Ceiling[], limits: LandingZoneLimits): Fault[] {
  const faults: Fault[] = [];
  const units = listUnits(file);
  const over = (message: string, path: Fault['path']) => faults.push({ code: 'limit', message, path });
  if (file.accounts.length > limits.accounts)
    over(`the file has ${file.accounts.length} accounts, the limit is ${limits.accounts}`, ['accounts']);
  if (units.length > limits.units)
    over(`the file has ${units.length} units, the limit is ${limits.units}`, ['organizationalUnits']);
  for (const { unit, depth, path } of units)
    if (depth > limits.unitDepth)
      over(`unit ${unit.key} would stand ${depth} levels below the root, the limit is ${limits.unitDepth}`, path);
  file.accounts.forEach(({ key, tags }, i) => {
    if (Object.keys(tags).length > limits.tagsPerResource)
      over(`account ${key} has more than ${limits.tagsPerResource} tags`, ['accounts', i, 'tags']);
  });
  const places = new Map<string, Fault['path']>([
    [ROOT, ['root']],
    ...units.map(({ unit, path }) => [unit.key, path] as const),
    ...file.accounts.map(({ key }, i) => [key, ['accounts', i]] as const),
  ]);
  for (const [place, attached] of byPlace(ceilings)) {
    const [key = '', type = ''] = place.split(' ');
    const count = attached.length + (attached.some(({ allowList }) => allowList) ? 0 : 1);
    if (count > limits.attachmentsPerNode)
      over(
        `${key} would have ${count} policies of type ${type}, the limit is ${limits.attachmentsPerNode}`,
        places.get(key) ?? [],
      );
  }
  return faults;
}

/** By target and type. */
function byPlace(ceilings: readonly Ceiling[]): Map<string, Ceiling[]> {
  const places = new Map<string, Ceiling[]>();
  for (const ceiling of ceilings)
    for (const target of ceiling.targets) {
      const place = `${target} ${ceiling.type}`;
      const held = places.get(place);
      if (held) held.push(ceiling);
      else places.set(place, [ceiling]);
    }
  return places;
}
