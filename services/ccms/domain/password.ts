/**
 * Random passwords (spec ccms 3.9). Every character is drawn evenly from those allowed; what must occur is placed first
 * and then shuffled, so that no position tells the class of its character.
 */
export interface PasswordRules {
  PasswordLength?: number | undefined;
  ExcludeCharacters?: string | undefined;
  ExcludeNumbers?: boolean | undefined;
  ExcludePunctuation?: boolean | undefined;
  ExcludeUppercase?: boolean | undefined;
  ExcludeLowercase?: boolean | undefined;
  IncludeSpace?: boolean | undefined;
  RequireEachIncludedType?: boolean | undefined;
}

export interface PasswordPlan {
  length: number;
  classes: readonly string[];
  requireEach: boolean;
}

const DEFAULT_LENGTH = 32;
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

export function planPassword(rules: PasswordRules): PasswordPlan | { problem: string } {
  const excluded = new Set(rules.ExcludeCharacters ?? '');
  const wanted: [boolean, string][] = [
    [rules.ExcludeLowercase !== true, 'abcdefghijklmnopqrstuvwxyz'],
    [rules.ExcludeUppercase !== true, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
    [rules.ExcludeNumbers !== true, '0123456789'],
    [rules.ExcludePunctuation !== true, PUNCTUATION],
    [rules.IncludeSpace === true, ' '],
  ];
  const classes = wanted
    .filter(([included]) => included)
    .map(([, characters]) => [...characters].filter((character) => !excluded.has(character)).join(''))
    .filter((characters) => characters !== '');
  if (classes.length === 0) return { problem: 'the password would have no character to choose from' };
  const length = rules.PasswordLength ?? DEFAULT_LENGTH;
  const requireEach = rules.RequireEachIncludedType ?? true;
  if (requireEach && length < classes.length)
    return { problem: `a password of ${length} cannot have a character of each of ${classes.length} kinds` };
  return { length, classes, requireEach };
}

/** How many choices `buildPassword` makes. */
export function choicesOf({ length }: PasswordPlan): number {
  return 2 * length;
}

/** ASCII bytes. @param below draws evenly from 0 to n-1 */
export function buildPassword({ length, classes, requireEach }: PasswordPlan, below: (n: number) => number): Buffer {
  const all = classes.join('');
  const password = Buffer.alloc(length);
  const required = requireEach ? classes : [];
  for (let at = 0; at < length; at++) {
    const from = required[at] ?? all;
    password[at] = from.charCodeAt(below(from.length));
  }
  for (let at = length - 1; at > 0; at--) {
    const other = below(at + 1);
    const character = password[at]!;
    password[at] = password[other]!;
    password[other] = character;
  }
  return password;
}

/**
 * Even draws from random bytes, two for each try: what lies beyond the last whole multiple is thrown away.
 * @throws RangeError when the bytes are used up
 */
export function drawFrom(random: Buffer): (n: number) => number {
  let at = 0;
  return (n) => {
    const fair = 65_536 - (65_536 % n);
    for (;;) {
      const value = random.readUInt16BE(at);
      at += 2;
      if (value < fair) return value % n;
    }
  };
}
