/** Limits of an account (spec pca 1.2 and 1.3). */
export const MAX_AUTHORITIES_PER_ACCOUNT = 1_000;
export const MAX_BLOCKED_KEYS_PER_ACCOUNT = 100_000;
export const MAX_PERMISSIONS_PER_AUTHORITY = 100;
/** Certificates above an authority: one for each level. */
export const MAX_CHAIN = 6;
export const MAX_ACME_DIRECTORIES_PER_AUTHORITY = 100;
export const MAX_OPEN_ACME_KEYS_PER_DIRECTORY = 10_000;
/** Within an hour. */
export const MAX_ACME_ACCOUNTS_PER_HOUR = 1_000;
export const MAX_ACME_ORDERS_PER_HOUR = 10_000;
export const MAX_ACME_ORDERS_PER_HOUR_AND_ACCOUNT = 300;
/** At one time: orders that have no end yet, and names in them that are still to be proven. */
export const MAX_OPEN_ACME_ORDERS_PER_ACCOUNT = 300;
export const MAX_PENDING_ACME_AUTHORIZATIONS_PER_ACCOUNT = 500;
export const MAX_KEPT_CERTIFICATES_PER_ACCOUNT = 100_000;
/** Of one certificate from elsewhere, besides the one in force. */
export const MAX_KEPT_VERSIONS = 20;
export const MAX_OUTSIDE_AUTHORITIES_PER_ACCOUNT = 100;
/** At one outside CA, under way at once. */
export const MAX_OPEN_OUTSIDE_ORDERS = 1_000;
