/**
 * Exceptions: somebody answers, for a stated reason and a limited time, for a resource that breaks a rule. The verdict
 * of the rule stays visible beside it. An exception ends by itself: every verdict carries the moment until which it
 * counts, and reading compares it with the clock.
 */
export const MAX_EXCEPTION_DAYS = 365;
const DAY_MS = 86_400_000;

export type ExceptionScope =
  | { readonly kind: 'resource'; readonly arn: string }
  | { readonly kind: 'account'; readonly accountId: string }
  | { readonly kind: 'unit'; readonly unitId: string };

export interface RuleException {
  readonly id: string;
  /** `*`: every rule. */
  readonly ruleId: string;
  readonly scope: ExceptionScope;
  readonly expiresAt: number;
}

/** Where a verdict stands. */
export interface Subject {
  readonly arn: string;
  readonly accountId: string;
  /** Ids from the root down to the account's unit. */
  readonly units: readonly string[];
  readonly ruleId: string;
}

export function covers({ ruleId, scope }: Pick<RuleException, 'ruleId' | 'scope'>, subject: Subject): boolean {
  if (ruleId !== '*' && ruleId !== subject.ruleId) return false;
  if (scope.kind === 'resource') return scope.arn === subject.arn;
  if (scope.kind === 'account') return scope.accountId === subject.accountId;
  return subject.units.includes(scope.unitId);
}

/** The exception that lasts longest; undefined when none covers the subject at `now`. */
export function exceptionFor(
  exceptions: readonly RuleException[],
  subject: Subject,
  now: number,
): RuleException | undefined {
  let found: RuleException | undefined;
  for (const exception of exceptions) {
    if (exception.expiresAt <= now || (found && exception.expiresAt <= found.expiresAt)) continue;
    if (covers(exception, subject)) found = exception;
  }
  return found;
}

export const STORED_VERDICTS = ['COMPLIANT', 'NON_COMPLIANT', 'INSUFFICIENT_DATA'] as const;
export type StoredVerdict = (typeof STORED_VERDICTS)[number];
export type ShownVerdict = StoredVerdict | 'EXEMPT';

/** Only what would be non-compliant is exempt: an exception neither hides a gap in the facts nor spoils a good verdict. */
export function shownVerdict(verdict: StoredVerdict, exemptUntil: number | null, now: number): ShownVerdict {
  return verdict === 'NON_COMPLIANT' && exemptUntil !== null && exemptUntil > now ? 'EXEMPT' : verdict;
}

/** Why the time of an exception is not acceptable; undefined when it is. */
export function expiryFault(expiresAt: number, now: number): string | undefined {
  if (expiresAt <= now) return 'the exception ends in the past';
  if (expiresAt > now + MAX_EXCEPTION_DAYS * DAY_MS) return `the exception lasts more than ${MAX_EXCEPTION_DAYS} days`;
  return undefined;
}
