/** "Did you mean": the candidate that takes the fewest edits. */

const MAX_EDITS = 3;
/** Longer names come from no keyboard, and the comparison costs their product. */
const MAX_LENGTH = 100;

/** Undefined when nothing is close: at most three edits and less than half of the word. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(MAX_EDITS, Math.floor((word.length - 1) / 2)) + 1;
  if (word.length > MAX_LENGTH) return undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= fewest) continue;
    const edits = editDistance(word, candidate);
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
