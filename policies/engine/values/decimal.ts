/** Exact decimals of any length. Never a float: 0.1 + 0.2 and 2^53 + 1 compare as written (iam.md 1.7). */

export interface Decimal {
  readonly negative: boolean;
  /** Without leading zeros; empty for zero. */
  readonly integer: string;
  /** Without trailing zeros. */
  readonly fraction: string;
}

const DECIMAL = /^([+-]?)0*([0-9]*)(?:\.([0-9]+))?$/;
const DIGIT_FIRST = /^[+-]?[0-9]/;

/** Optional sign, digits, optionally a point and digits. Undefined for anything else, exponents included. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DIGIT_FIRST.test(text) ? DECIMAL.exec(text) : null;
  if (!match) return undefined;
  const integer = match[2] ?? '';
  const fraction = trimZeros(match[3] ?? '');
  return { negative: match[1] === '-' && (integer !== '' || fraction !== ''), integer, fraction };
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  const magnitude =
    a.integer.length - b.integer.length || compareText(a.integer, b.integer) || compareText(a.fraction, b.fraction);
  return a.negative ? -magnitude : magnitude;
}

/** Fractions without trailing zeros order like text: a prefix is smaller. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Removes trailing zeros by hand: a regular expression here would be quadratic. */
export function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, end);
}
