/** Collects findings about one text and turns character offsets into line and column. */
import type { Finding, Severity } from '../model.ts';

/** A spot in the text: RFC 6901 pointer and UTF-16 offset. */
export interface Place {
  readonly pointer: string;
  readonly offset: number;
}

export class FindingList {
  readonly #lineStarts: number[] = [0];
  readonly #findings: Finding[] = [];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  add(severity: Severity, code: string, place: Place, message: string, hint?: string): void {
    const { line, column } = this.locate(place.offset);
    const finding = { code, severity, message, pointer: place.pointer, line, column };
    this.#findings.push(hint === undefined ? finding : { ...finding, hint });
  }

  error(code: string, place: Place, message: string, hint?: string): void {
    this.add('error', code, place, message, hint);
  }

  get hasErrors(): boolean {
    return this.#findings.some((finding) => finding.severity === 'error');
  }

  /** In document order; findings at one place keep the order in which they were made. */
  sorted(): Finding[] {
    return this.#findings.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  /** Line and column, both from 1. */
  locate(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 };
  }
}

/** Thrown for a document that cannot be compiled; carries every finding made on the way. */
export class PolicySyntaxError extends Error {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const first = findings.find((finding) => finding.severity === 'error');
    super(first ? `policy document line ${first.line}, column ${first.column}: ${first.message}` : 'policy document');
    this.name = 'PolicySyntaxError';
    this.findings = findings;
  }
}
