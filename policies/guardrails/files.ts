/** The guardrails that ship with the product, one file each. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Guardrail } from './guardrail.ts';
import { readGuardrail } from './load.ts';

const FOLDER = new URL('./library/', import.meta.url);

/** By id. Throws when a file is not understood: a guardrail that means nothing must not look like one that protects. */
export function readShippedGuardrails(): Map<string, Guardrail> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml') || name.endsWith('.json'));
  return new Map(
    names.sort().map((name) => {
      const loaded = readGuardrail(readFileSync(new URL(name, FOLDER), 'utf8'));
      if (!loaded.ok) throw new Error(`${name}: ${loaded.faults.join('; ')}`);
      return [loaded.guardrail.id, loaded.guardrail] as const;
    }),
  );
}
