/** The detective guardrails, packs and external resource types that ship with the product. */
import { readdirSync, readFileSync } from 'node:fs';
import type { DetectiveGuardrail, Pack, ShippedType } from './guardrail.ts';
import { type Loaded, readDetectiveGuardrail, readPack, readType } from './load.ts';

/** By id. Throws when a file is not understood: a rule that means nothing must not look like one that watches. */
export function readShippedDetective(): Map<string, DetectiveGuardrail> {
  return new Map(readFolder('library', readDetectiveGuardrail).map((guardrail) => [guardrail.id, guardrail]));
}

/** By name. */
export function readShippedPacks(known: ReadonlyMap<string, DetectiveGuardrail>): Map<string, Pack> {
  return new Map(readFolder('packs', (text) => readPack(text, known)).map((pack) => [pack.metadata.name, pack]));
}

/** By type. */
export function readShippedTypes(): Map<string, ShippedType> {
  return new Map(readFolder('types', readType).map((type) => [type.type, type]));
}

function readFolder<T>(folder: string, read: (text: string) => Loaded<T>): T[] {
  const url = new URL(`./${folder}/`, import.meta.url);
  const names = readdirSync(url).filter((name) => name.endsWith('.yaml') || name.endsWith('.json'));
  return names.sort().map((name) => {
    const loaded = read(readFileSync(new URL(name, url), 'utf8'));
    if (!loaded.ok) throw new Error(`${folder}/${name}: ${loaded.faults.join('; ')}`);
    return loaded.value;
  });
}
