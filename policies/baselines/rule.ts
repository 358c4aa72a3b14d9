/**
 * What a detective rule is: a question about one configuration item that is answered from recorded facts alone. A rule
 * never guesses: a fact that is missing or too old makes the verdict INSUFFICIENT_DATA, never COMPLIANT.
 */
export const VERDICTS = ['COMPLIANT', 'NON_COMPLIANT', 'NOT_APPLICABLE', 'INSUFFICIENT_DATA'] as const;
export type Verdict = (typeof VERDICTS)[number];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** One resource as it was last recorded. Times are integer milliseconds; times inside `configuration` are RFC 3339. */
export interface Item {
  readonly arn: string;
  readonly type: string;
  readonly accountId: string;
  readonly name: string;
  readonly createdAt: number | undefined;
  /** When the recorded facts were last known to be true. */
  readonly confirmedAt: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly configuration: JsonObject;
}

/** The account an item belongs to, as the organization knows it. */
export interface AccountFacts {
  readonly id: string;
  readonly name: string;
  readonly management: boolean;
  /** Ids from the root down to the account's unit; empty for an account that stands alone. */
  readonly units: readonly string[];
  /** Names of `units`. */
  readonly unitNames: readonly string[];
  /** Accounts of the same organization, the account itself among them. */
  readonly organization: ReadonlySet<string>;
  readonly tags: Readonly<Record<string, string>>;
}

export type ParameterValues = Readonly<Record<string, string | number | readonly (string | number)[]>>;

export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly account: AccountFacts;
  readonly params: ParameterValues;
  /** Another recorded item, by ARN: of the same account, or a key of another one whose policy lets the account in. */
  readonly item: (arn: string) => Item | undefined;
}

export interface Outcome {
  readonly verdict: Verdict;
  /** Why, in one clause of at most 256 characters. */
  readonly annotation?: string;
}

export type Predicate = (item: Item, facts: Facts) => Outcome;

export const COMPLIANT: Outcome = Object.freeze({ verdict: 'COMPLIANT' });
export const NOT_APPLICABLE: Outcome = Object.freeze({ verdict: 'NOT_APPLICABLE' });

const MAX_ANNOTATION = 256;

export function nonCompliant(annotation: string): Outcome {
  return { verdict: 'NON_COMPLIANT', annotation: annotation.slice(0, MAX_ANNOTATION) };
}

export function insufficient(annotation: string): Outcome {
  return { verdict: 'INSUFFICIENT_DATA', annotation: annotation.slice(0, MAX_ANNOTATION) };
}

/** Compliant when the fact is there and good; `what` names the fact when it is missing. */
export function fromFlag(value: boolean | undefined, what: string, otherwise: string): Outcome {
  if (value === undefined) return insufficient(`${what} is not recorded`);
  return value ? COMPLIANT : nonCompliant(otherwise);
}
