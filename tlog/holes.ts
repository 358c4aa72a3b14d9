/**
 * Which numbers of a writer never arrived. A writer counts its records from 1 without leaving any out, but a record
 * whose transaction failed never existed, and records overtake each other: a hole is a question, not a proof of loss,
 * until it is older than `HOLE_SETTLED_MS`.
 */
export interface Hole {
  first: number;
  last: number;
  /** Milliseconds. */
  noticedAt: number;
}

export interface WriterState {
  /** Largest number that arrived. */
  highest: number;
  holes: readonly Hole[];
}

/** A hole that is not filled after this time will not be: counted as missing. */
export const HOLE_SETTLED_MS = 10_000;

/** The state after `numbers` arrived, in any order, also repeatedly. */
export function arrive(state: WriterState, numbers: readonly number[], now: number): WriterState {
  let { highest } = state;
  let holes = [...state.holes];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (number > highest) {
      if (number > highest + 1) holes.push({ first: highest + 1, last: number - 1, noticedAt: now });
      highest = number;
    } else {
      holes = holes.flatMap((hole) => without(hole, number));
    }
  }
  return { highest, holes };
}

function without(hole: Hole, number: number): Hole[] {
  if (number < hole.first || number > hole.last) return [hole];
  const parts: Hole[] = [];
  if (hole.first < number) parts.push({ ...hole, last: number - 1 });
  if (hole.last > number) parts.push({ ...hole, first: number + 1 });
  return parts;
}
