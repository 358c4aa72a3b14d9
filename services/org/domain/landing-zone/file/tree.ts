/** Units of a landing zone as a list, each with its parent and the path of its node in the file. */
import type { LandingZone, UnitFile } from '../../../api/landing-zone/file.ts';
import type { PathStep } from './finding.ts';

/** How the root is named in a file. */
export const ROOT = 'root';

export interface ListedUnit {
  unit: UnitFile;
  parent: string;
  /** 1 under the root. */
  depth: number;
  path: readonly PathStep[];
}

export function listUnits(file: Pick<LandingZone, 'organizationalUnits'>): ListedUnit[] {
  const out: ListedUnit[] = [];
  const walk = (units: readonly UnitFile[], parent: string, depth: number, path: readonly PathStep[]) => {
    units.forEach((unit, i) => {
      const here = [...path, i];
      out.push({ unit, parent, depth, path: here });
      walk(unit.children, unit.key, depth + 1, [...here, 'children']);
    });
  };
  walk(file.organizationalUnits, ROOT, 1, ['organizationalUnits']);
  return out;
}
