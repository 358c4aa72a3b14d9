/** Public test vectors, read from beside the repository when they are there. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../shared/vectors/wycheproof/', import.meta.url));

export const vectorsMissing = !existsSync(FOLDER);
/** For the title of a skipped suite. */
export const vectorsNote = vectorsMissing ? ' (skipped: ../shared/vectors/wycheproof is absent)' : '';

export interface VectorGroup<T> {
  keySize: number;
  ivSize?: number;
  tagSize?: number;
  tests: (T & { tcId: number; comment: string; result: 'valid' | 'invalid' | 'acceptable' })[];
}

export function readVectors<T>(name: string): VectorGroup<T>[] {
  return (JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')) as { testGroups: VectorGroup<T>[] }).testGroups;
}

export const hex = (text: string) => Buffer.from(text, 'hex');
