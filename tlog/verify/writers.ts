/**
 * Which numbers of which writer never came, and who was silent for longer than a writer is. Only of writers that report
 * on themselves: others left numbers out whenever a transaction failed.
 */
import { arrive, HOLE_SETTLED_MS, type Hole } from '../holes.ts';
import type { RecordFacts } from './entry.ts';

/** A writer says every five minutes that it lives; the sixth is for the way here. */
export const SILENCE_MS = 6 * 60_000;

export interface MissingNumbers {
  boot: string;
  first: number;
  last: number;
}

export interface Silence {
  boot: string;
  /** Milliseconds: the record after which nothing came, and the next one; absent: none came. */
  from: number;
  to?: number;
}

interface Writer {
  highest: number;
  holes: Hole[];
  voids: { first: number; last: number }[];
  reports: boolean;
  ended: boolean;
  seenAt: number;
}

export class Writers {
  private readonly boots = new Map<string, Writer>();
  private readonly silences: Silence[] = [];
  private newest = 0;

  /** Records in the order of the log. */
  add({ boot, number, time, report }: RecordFacts): void {
    this.newest = Math.max(this.newest, time);
    if (boot === '' || number < 1) return;
    const writer = this.of(boot);
    if (writer.reports && !writer.ended && writer.seenAt > 0 && time - writer.seenAt > SILENCE_MS)
      this.silences.push({ boot, from: writer.seenAt, to: time });
    writer.seenAt = Math.max(writer.seenAt, time);
    writer.ended = false;
    take(writer, number, time);
    if (!report) return;
    writer.reports = true;
    writer.ended = report.state === 'Stopped';
    writer.voids.push(...report.voids);
    for (const { boot: earlier, last } of report.before) {
      const before = this.of(earlier);
      // Whoever came after it knows that it had come so far.
      if (last > before.highest) {
        before.holes.push({ first: before.highest + 1, last, noticedAt: time });
        before.highest = last;
      }
      before.ended = true;
    }
  }

  missing(): MissingNumbers[] {
    return [...this.boots].flatMap(([boot, { reports, holes, voids }]) => {
      if (!reports) return [];
      const settled = holes.filter(({ noticedAt }) => noticedAt <= this.newest - HOLE_SETTLED_MS);
      return settled.flatMap((hole) => without(hole, voids)).map(({ first, last }) => ({ boot, first, last }));
    });
  }

  silent(): Silence[] {
    const still = [...this.boots].filter(
      ([, { reports, ended, seenAt }]) => reports && !ended && this.newest - seenAt > SILENCE_MS,
    );
    return [...this.silences, ...still.map(([boot, { seenAt }]) => ({ boot, from: seenAt }))];
  }

  private of(boot: string): Writer {
    let writer = this.boots.get(boot);
    if (!writer) {
      writer = { highest: 0, holes: [], voids: [], reports: false, ended: false, seenAt: 0 };
      this.boots.set(boot, writer);
    }
    return writer;
  }
}

function take(writer: Writer, number: number, now: number): void {
  if (number === writer.highest + 1) writer.highest = number;
  else {
    const { highest, holes } = arrive(writer, [number], now);
    Object.assign(writer, { highest, holes: [...holes] });
  }
}

function without(
  hole: { first: number; last: number },
  voids: readonly { first: number; last: number }[],
): { first: number; last: number }[] {
  let parts = [hole];
  for (const gone of voids)
    parts = parts.flatMap((part) => {
      if (gone.last < part.first || gone.first > part.last) return [part];
      return [
        { first: part.first, last: gone.first - 1 },
        { first: gone.last + 1, last: part.last },
      ].filter(({ first, last }) => first <= last);
    });
  return parts;
}
