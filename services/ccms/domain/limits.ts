/** Limits of an account and of a secret, with AWS's defaults (spec ccms 2.2). */
export const MAX_SECRETS_PER_ACCOUNT = 500_000;
export const MAX_TARGETS_PER_ACCOUNT = 1_000;
export const MAX_FUNCTIONS_PER_ACCOUNT = 1_000;
/** Stages of all versions of a secret together. */
export const MAX_STAGES = 20;
/** Versions without a stage: the newest stay, and all that are younger than a day. */
export const MAX_DEPRECATED = 100;
export const YOUNG_MS = 24 * 3_600_000;
export const DAY_MS = 24 * 3_600_000;
export const RECOVERY_DAYS = { least: 7, most: 30, default: 30 } as const;
/** Grants of one secret that did not end. */
export const MAX_GRANTS_PER_SECRET = 100;
/** The same with those that ended and are still listed. */
export const MAX_LISTED_GRANTS_PER_SECRET = 1_000;
/** How long what ended stays listed: grants and wrapped values. */
export const ENDED_KEPT_MS = 90 * DAY_MS;
/** Wrapped values of one secret that wait to be read. */
export const MAX_OPEN_WRAPPINGS_PER_SECRET = 100;
