/**
 * Filters of ListSecrets (spec ccms 3.11): values of one filter are alternatives, filters all have to hold. A value that
 * begins with `!` excludes what it matches.
 */
import type { FILTER_KEYS } from '../api/shapes.ts';

export interface Filter {
  Key?: (typeof FILTER_KEYS)[number] | undefined;
  Values?: readonly string[] | undefined;
}

/** What filters look at. */
export interface Filtered {
  name: string;
  description: string;
  region: string;
  tags: Readonly<Record<string, string>>;
}

type Test = (secret: Filtered, value: string) => boolean;

const TESTS: Readonly<Record<(typeof FILTER_KEYS)[number], Test>> = {
  name: ({ name }, value) => name.startsWith(value),
  description: ({ description }, value) => hasWords(description, value),
  'tag-key': ({ tags }, value) => Object.keys(tags).some((key) => key.startsWith(value)),
  'tag-value': ({ tags }, value) => Object.values(tags).some((text) => text.startsWith(value)),
  'primary-region': ({ region }, value) => region.startsWith(value),
  // No secret belongs to another service.
  'owning-service': () => false,
  all: ({ name, description, region, tags }, value) => {
    const wanted = wordsOf(value);
    const there = [name, description, region, ...Object.keys(tags), ...Object.values(tags)].flatMap(wordsOf);
    return wanted.length > 0 && wanted.every((word) => there.some((candidate) => candidate.startsWith(word)));
  },
};

/** Why the filters cannot be used; undefined: they can. */
export function filterProblem(filters: readonly Filter[]): string | undefined {
  for (const { Key, Values } of filters) {
    if (Key === undefined) return 'a filter needs a Key';
    if (Values === undefined) return `filter ${Key} needs Values`;
  }
  return undefined;
}

export function matches(secret: Filtered, filters: readonly Filter[]): boolean {
  return filters.every(({ Key, Values = [] }) => {
    const test = Key && TESTS[Key];
    if (!test) return false;
    const excluded = Values.filter((value) => value.startsWith('!')).map((value) => value.slice(1));
    const included = Values.filter((value) => !value.startsWith('!'));
    if (excluded.some((value) => test(secret, value))) return false;
    return included.length === 0 || included.some((value) => test(secret, value));
  });
}

/** Every word of `wanted` begins a word of the text; letter case does not count. */
function hasWords(text: string, wanted: string): boolean {
  const there = text.toLowerCase().split(/\s+/);
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => there.some((candidate) => candidate.startsWith(word)));
}

/** Words end where case changes upwards, between letters and digits, and at everything else. */
function wordsOf(text: string): string[] {
  return (text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g) ?? []).map((word) => word.toLowerCase());
}
