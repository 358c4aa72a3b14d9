/** Limits of an account and of a key, with AWS's defaults (spec kms 3.4). */
export const MAX_KEYS_PER_ACCOUNT = 100_000;
export const MAX_ALIASES_PER_KEY = 50;
export const MAX_TAGS_PER_KEY = 50;
/** UTF-8 bytes. */
export const MAX_POLICY_BYTES = 32_768;
/** UTF-8 bytes of the different contexts of a batch, as JSON. */
export const MAX_BATCH_CONTEXT_BYTES = 131_072;
/** UTF-8 bytes of all keys and values of an encryption context together. */
export const MAX_CONTEXT_BYTES = 8_192;
