/** `5m` and the like. */
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function durationMs(text: string): number {
  const unit = UNITS[text.at(-1) ?? ''];
  const number = Number(text.slice(0, -1));
  if (unit === undefined || !Number.isSafeInteger(number)) throw new Error(`${text} is not a duration`);
  return number * unit;
}
