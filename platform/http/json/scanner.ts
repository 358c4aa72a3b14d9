import type { JsonFailureCode, JsonLimits } from './limits.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Above this many members a set finds a repeated name faster than a walk. */
const SMALL_OBJECT = 8;

/**
 * One walk over a JSON text that checks grammar (RFC 8259) and limits and builds nothing but member names. Recursion
 * is bounded by `maxDepth`. After `scan` returned false, `code`, `position` and `path` say what and where.
 */
export class JsonScanner {
  code: JsonFailureCode = 'Syntax';
  position = 0;
  /** Names and indexes of the containers that are open, outermost first. */
  readonly path: (string | number)[] = [];
  private tokens = 0;
  private readonly text: string;
  private readonly limits: JsonLimits;

  constructor(text: string, limits: JsonLimits) {
    this.text = text;
    this.limits = limits;
  }

  /** True when the whole text is one acceptable value. */
  scan(): boolean {
    this.skipBlanks();
    if (this.position === this.text.length) return this.fail('Empty');
    if (!this.value(0)) return false;
    this.skipBlanks();
    return this.position === this.text.length || this.fail('TrailingData');
  }

  private fail(code: JsonFailureCode, position = this.position): false {
    this.code = code;
    this.position = position;
    return false;
  }

  private skipBlanks(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.position);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.position++;
    }
  }

  private value(depth: number): boolean {
    if (++this.tokens > this.limits.maxTokens) return this.fail('TooManyTokens');
    switch (this.text.charCodeAt(this.position)) {
      case 0x7b:
        return depth < this.limits.maxDepth ? this.object(depth + 1) : this.fail('TooDeep');
      case 0x5b:
        return depth < this.limits.maxDepth ? this.array(depth + 1) : this.fail('TooDeep');
      case QUOTE:
        return this.string();
      case 0x74:
        return this.word('true');
      case 0x66:
        return this.word('false');
      case 0x6e:
        return this.word('null');
      default:
        return this.number();
    }
  }

  private object(depth: number): boolean {
    const { text, path } = this;
    this.position++;
    this.skipBlanks();
    if (text.charCodeAt(this.position) === 0x7d) {
      this.position++;
      return true;
    }
    const names: string[] = [];
    let large: Set<string> | undefined;
    for (let count = 1; ; count++) {
      const start = this.position;
      if (text.charCodeAt(start) !== QUOTE) return this.fail('Syntax');
      if (++this.tokens > this.limits.maxTokens) return this.fail('TooManyTokens');
      if (!this.string()) return false;
      const name = memberName(text.slice(start, this.position));
      path.push(name);
      if (name === '__proto__' || name === 'constructor' || name === 'prototype')
        return this.fail('ForbiddenKey', start);
      if (large === undefined && names.length === SMALL_OBJECT) large = new Set(names);
      if (large === undefined ? names.includes(name) : large.has(name)) return this.fail('DuplicateKey', start);
      if (count > this.limits.maxKeysPerObject) return this.fail('TooManyKeys', start);
      if (large === undefined) names.push(name);
      else large.add(name);
      this.skipBlanks();
      if (text.charCodeAt(this.position) !== 0x3a) return this.fail('Syntax');
      this.position++;
      this.skipBlanks();
      if (!this.value(depth)) return false;
      path.pop();
      this.skipBlanks();
      const c = text.charCodeAt(this.position);
      if (c === 0x7d) break;
      if (c !== 0x2c) return this.fail('Syntax');
      this.position++;
      this.skipBlanks();
    }
    this.position++;
    return true;
  }

  private array(depth: number): boolean {
    const { text, path } = this;
    this.position++;
    this.skipBlanks();
    if (text.charCodeAt(this.position) === 0x5d) {
      this.position++;
      return true;
    }
    for (let index = 0; ; index++) {
      path.push(index);
      if (!this.value(depth)) return false;
      path.pop();
      this.skipBlanks();
      const c = text.charCodeAt(this.position);
      if (c === 0x5d) break;
      if (c !== 0x2c) return this.fail('Syntax');
      this.position++;
      this.skipBlanks();
    }
    this.position++;
    return true;
  }

  private string(): boolean {
    const { text } = this;
    const start = this.position;
    let i = start + 1;
    for (;;) {
      const c = text.charCodeAt(i);
      if (c === QUOTE) break;
      if (c === BACKSLASH) {
        const next = this.escape(i);
        if (next < 0) return false;
        i = next;
      } else if (c >= 0x20) {
        i++;
      } else {
        // A control character, or NaN at the end of the text.
        return this.fail(c === 0 ? 'NulCharacter' : 'Syntax', i);
      }
    }
    const length = i - start - 1;
    const { maxStringBytes } = this.limits;
    // A UTF-16 unit is at most three bytes of UTF-8, so most strings need no counting.
    if (length * 3 > maxStringBytes && Buffer.byteLength(text.slice(start + 1, i)) > maxStringBytes) {
      return this.fail('StringTooLong', start);
    }
    this.position = i + 1;
    return true;
  }

  /** Position after the escape at `at`, or -1 after `fail`. */
  private escape(at: number): number {
    switch (this.text.charCodeAt(at + 1)) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return at + 2;
      case 0x75:
        break;
      default:
        this.fail('Syntax', at);
        return -1;
    }
    const unit = this.hex4(at + 2);
    if (unit < 0) {
      this.fail('Syntax', at);
      return -1;
    }
    if (unit === 0) {
      this.fail('NulCharacter', at);
      return -1;
    }
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    const paired = unit < 0xdc00 && this.text.charCodeAt(at + 6) === BACKSLASH && this.text.charCodeAt(at + 7) === 0x75;
    const low = paired ? this.hex4(at + 8) : -1;
    if (low >= 0xdc00 && low <= 0xdfff) return at + 12;
    this.fail('LoneSurrogate', at);
    return -1;
  }

  private hex4(at: number): number {
    let unit = 0;
    for (let i = at; i < at + 4; i++) {
      const c = this.text.charCodeAt(i) | 0x20;
      const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : c >= 0x61 && c <= 0x66 ? c - 0x57 : -1;
      // `| 0x20` folds letters, and also 0x10..0x19 onto digits: refuse those.
      if (digit < 0 || this.text.charCodeAt(i) < 0x30) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  private word(word: string): boolean {
    if (!this.text.startsWith(word, this.position)) return this.fail('Syntax');
    this.position += word.length;
    return true;
  }

  private number(): boolean {
    const { text } = this;
    const start = this.position;
    let i = start;
    if (text.charCodeAt(i) === 0x2d) i++;
    const integerStart = i;
    if (text.charCodeAt(i) === 0x30) i++;
    else i = digitsEnd(text, i);
    if (i === integerStart) return this.fail('Syntax');
    let end = i;
    let plain = true;
    if (text.charCodeAt(end) === 0x2e) {
      plain = false;
      const fraction = digitsEnd(text, end + 1);
      if (fraction === end + 1) return this.fail('Syntax', fraction);
      end = fraction;
    }
    if ((text.charCodeAt(end) | 0x20) === 0x65) {
      plain = false;
      const sign = text.charCodeAt(end + 1);
      const from = sign === 0x2b || sign === 0x2d ? end + 2 : end + 1;
      const exponent = digitsEnd(text, from);
      if (exponent === from) return this.fail('Syntax', exponent);
      end = exponent;
    }
    // Fifteen digits always fit; everything else is read the way JSON.parse will read it.
    if (!(plain && i - integerStart <= 15) && !exactEnough(text.slice(start, end), plain)) {
      return this.fail('NumberOutOfRange');
    }
    this.position = end;
    return true;
  }
}

function digitsEnd(text: string, from: number): number {
  let i = from;
  for (;;) {
    const c = text.charCodeAt(i);
    if (!(c >= 0x30 && c <= 0x39)) return i;
    i++;
  }
}

/** Integers must be exact, and no number may silently become Infinity or zero. */
function exactEnough(literal: string, plain: boolean): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  if (plain || Number.isInteger(value)) {
    if (!Number.isSafeInteger(value)) return false;
    return value !== 0 || !hasNonZeroMantissa(literal);
  }
  return true;
}

function hasNonZeroMantissa(literal: string): boolean {
  for (let i = 0; i < literal.length; i++) {
    const c = literal.charCodeAt(i);
    if ((c | 0x20) === 0x65) return false;
    if (c >= 0x31 && c <= 0x39) return true;
  }
  return false;
}

/** The decoded name of a scanned string literal. Only a literal with an escape needs decoding. */
function memberName(literal: string): string {
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}
