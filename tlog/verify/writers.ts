/**
 * Which numbers of which writer never came, who was silent for longer than a writer is, and who ended without saying so.
 * Only of writers that report on themselves: others left numbers out whenever a transaction failed.
 */
import { arrive, HOLE_SETTLED_MS, type Hole } from '../holes.ts';
import type { RecordFacts, WriterReport } from './entry.ts';

/** Of a writer that does not say how often it says that it lives. */
export const UNSAID_EVERY_MS = 5 * 60_000;
/** For the way here. */
export const SILENCE_MARGIN_MS = 60_000;

/** After which a writer is missed. */
export function silenceMs(everyMs: number | undefined): number {
  return (everyMs ?? UNSAID_EVERY_MS) + SILENCE_MARGIN_MS;
}

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

/** `Followed`: whoever came after it named it. `Closed`: it ended without saying so, and the audit service noticed. */
export type WriterEnd = 'Stopped' | 'Followed' | 'Closed';

export interface WriterSummary {
  boot: string;
  node: string;
  /** Milliseconds: of its first and its last record. */
  firstAt: number;
  lastAt: number;
  /** The highest number that is known of it. */
  highest: number;
  /** Absent: it lives, or is silent. */
  end?: WriterEnd;
  missing: { first: number; last: number }[];
  silent: { from: number; to?: number }[];
}

interface Writer {
  node: string;
  highest: number;
  holes: Hole[];
  voids: { first: number; last: number }[];
  reports: boolean;
  everyMs?: number;
  end?: WriterEnd | undefined;
  firstAt: number;
  seenAt: number;
  silences: { from: number; to: number }[];
}

export class Writers {
  private readonly boots = new Map<string, Writer>();
  private newest = 0;

  /** Records in the order of the log. */
  add({ boot, node, number, time, report, closed }: RecordFacts): void {
    this.newest = Math.max(this.newest, time);
    if (closed) this.end(closed.boot, closed.last, 'Closed', time);
    if (boot === '' || number < 1) return;
    const writer = this.of(boot);
    if (writer.seenAt === 0) Object.assign(writer, { node, firstAt: time });
    else if (writer.reports && !isOver(writer) && time - writer.seenAt > silenceMs(writer.everyMs))
      writer.silences.push({ from: writer.seenAt, to: time });
    writer.seenAt = Math.max(writer.seenAt, time);
    writer.end = undefined;
    take(writer, number, time);
    if (report) this.report(writer, report, time);
  }

  private report(writer: Writer, { state, everyMs, voids, before }: WriterReport, time: number): void {
    writer.reports = true;
    if (everyMs !== undefined) writer.everyMs = everyMs;
    writer.end = state === 'Stopped' ? 'Stopped' : undefined;
    writer.voids.push(...voids);
    for (const { boot, last } of before) this.end(boot, last, 'Followed', time);
  }

  /** Somebody else says that it ended, and how far it had come. */
  private end(boot: string, last: number, how: WriterEnd, time: number): void {
    const writer = this.of(boot);
    if (last > writer.highest) {
      writer.holes.push({ first: writer.highest + 1, last, noticedAt: time });
      writer.highest = last;
    }
    writer.end = how;
  }

  /** One after the other as they came, of those that report on themselves. */
  summaries(): WriterSummary[] {
    return [...this.boots]
      .filter(([, { reports }]) => reports)
      .map(([boot, writer]) => {
        const { node, firstAt, seenAt: lastAt, highest, end } = writer;
        const { missing, silent } = { missing: this.missingOf(writer), silent: this.silentOf(writer) };
        return { boot, node, firstAt, lastAt, highest, ...(end && { end }), missing, silent };
      });
  }

  missing(): MissingNumbers[] {
    return this.summaries().flatMap(({ boot, missing }) => missing.map((one) => ({ boot, ...one })));
  }

  silent(): Silence[] {
    return this.summaries().flatMap(({ boot, silent }) => silent.map((one) => ({ boot, ...one })));
  }

  private missingOf({ holes, voids }: Writer): { first: number; last: number }[] {
    const settled = holes.filter(({ noticedAt }) => noticedAt <= this.newest - HOLE_SETTLED_MS);
    return settled.flatMap((hole) => without(hole, voids)).map(({ first, last }) => ({ first, last }));
  }

  private silentOf({ silences, end, seenAt, everyMs }: Writer): { from: number; to?: number }[] {
    const isStill = end === undefined && this.newest - seenAt > silenceMs(everyMs);
    return isStill ? [...silences, { from: seenAt }] : silences;
  }

  private of(boot: string): Writer {
    let writer = this.boots.get(boot);
    if (!writer) {
      const nothing = { node: '', highest: 0, firstAt: 0, seenAt: 0, reports: false };
      writer = { ...nothing, holes: [], voids: [], silences: [] };
      this.boots.set(boot, writer);
    }
    return writer;
  }
}

/** A writer that was closed and speaks again was silent; one that stopped, or that another followed, said its last. */
function isOver({ end }: Writer): boolean {
  return end === 'Stopped' || end === 'Followed';
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
