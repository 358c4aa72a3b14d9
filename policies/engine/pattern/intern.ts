/**
 * Strings made by cutting and joining are trees inside V8, and every comparison with one takes a slow path. A property
 * name is stored flat and only once. The bag has no prototype, so V8 keeps it as a table and derives no shapes from
 * names that policies chose.
 */
export function intern(text: string): string {
  const bag: Record<string, true> = Object.create(null);
  bag[text] = true;
  return Object.keys(bag)[0] ?? text;
}
