/**
 * Templates of `parapet render`: text with `{{ secret "shop/db" "password" }}` for one key of a secret,
 * `{{ secret "shop/api" }}` for a whole one, and `{{ "{{" }}` for braces. The marks are those of Go templates; there is
 * nothing else in them: no condition, no function, no code.
 */
import { UsageError } from '../terminal.ts';
import type { Reference } from './reference.ts';
import type { Wanted } from './values.ts';

export type Piece = { text: string } | { label: string; reference: Reference };

export function parseTemplate(text: string, name: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open < 0) return [...pieces, { text: text.slice(at) }];
    pieces.push({ text: text.slice(at, open) });
    const line = text.slice(0, open).split('\n').length;
    const mark = new Mark(text, open + 2, `${name} line ${line}`);
    pieces.push(mark.piece());
    at = mark.at;
  }
}

export function wantedBy(pieces: readonly Piece[]): Wanted[] {
  return pieces.flatMap((piece) => ('label' in piece ? [piece] : []));
}

export function filled(pieces: readonly Piece[], values: ReadonlyMap<string, string>): string {
  return pieces.map((piece) => ('label' in piece ? (values.get(piece.label) as string) : piece.text)).join('');
}

/** What stands between two braces and two braces. */
class Mark {
  at: number;
  private readonly text: string;
  private readonly place: string;

  constructor(text: string, at: number, place: string) {
    this.text = text;
    this.at = at;
    this.place = place;
  }

  piece(): Piece {
    const literal = this.string();
    if (literal !== undefined) {
      this.end();
      return { text: literal };
    }
    if (!this.text.startsWith('secret', this.at) || !this.isBlank(this.at + 'secret'.length)) throw this.wrong();
    this.at += 'secret'.length;
    const secretId = this.string();
    const field = this.string();
    this.end();
    if (!secretId || field === '') throw this.wrong();
    const reference = { secretId, ...(field !== undefined && { field }) };
    return { label: `${this.place} column ${this.column}`, reference };
  }

  /** A text in double quotes, written as in JSON; undefined: something else stands here. */
  private string(): string | undefined {
    this.skip();
    if (this.text[this.at] !== '"') return undefined;
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    try {
      const value = JSON.parse(this.text.slice(this.at, end + 1)) as string;
      this.at = end + 1;
      return value;
    } catch {
      throw this.wrong();
    }
  }

  private end(): void {
    this.skip();
    if (!this.text.startsWith('}}', this.at)) throw this.wrong();
    this.at += 2;
  }

  private skip(): void {
    while (this.isBlank(this.at)) this.at++;
  }

  private isBlank(at: number): boolean {
    return this.text[at] === ' ' || this.text[at] === '\t';
  }

  private get column(): number {
    return this.at - this.text.lastIndexOf('\n', this.at - 1);
  }

  private wrong(): UsageError {
    return new UsageError(
      `${this.place} holds a mark that is not understood`,
      'write {{ secret "name" "key" }}, {{ secret "name" }}, or {{ "{{" }} for braces',
    );
  }
}
