/** Landing zones to begin with. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('./', import.meta.url);
const ENDING = '.yaml';

export function blueprintNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .sort();
}

/** Undefined: there is none of the name. */
export function readBlueprint(name: string): string | undefined {
  if (!blueprintNames().includes(name)) return undefined;
  return readFileSync(new URL(name + ENDING, FOLDER), 'utf8');
}
