/** Limits of an account and of a key, with AWS's defaults (spec kms 3.4). */
export const MAX_KEYS_PER_ACCOUNT = 100_000;
export const MAX_ALIASES_PER_KEY = 50;
export const MAX_TAGS_PER_KEY = 50;
export const MAX_ON_DEMAND_ROTATIONS = 25;
export const MAX_GRANTS_PER_KEY = 50_000;
/** Of one encryption context in a grant constraint. */
export const MAX_CONSTRAINT_PAIRS = 8;
/** Characters. */
export const MAX_CONSTRAINT_VALUE = 384;
/** UTF-8 bytes. */
export const MAX_POLICY_BYTES = 32_768;
/** UTF-8 bytes of the different contexts of a batch, as JSON. */
export const MAX_BATCH_CONTEXT_BYTES = 131_072;
/** UTF-8 bytes of all keys and values of an encryption context together. */
export const MAX_CONTEXT_BYTES = 8_192;
