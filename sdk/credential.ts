/**
 * Work with a credential that may be rotated at any moment. Guarantees: the value is fetched once for everybody who
 * needs it, kept no longer than it may be, and fetched anew once when it is not accepted; the work is repeated only
 * when there is another value. What is handed over does not show itself.
 */
import { isAuthenticationError } from './authentication-error.ts';
import { Secret } from './secret.ts';

/** What a secret holds: an object where it is JSON, otherwise its text, or its bytes. */
export type CredentialValue = Record<string, unknown> | string | Buffer;

export class Credential<T = CredentialValue> extends Secret<T> {
  readonly versionId: string;

  constructor(value: T, versionId: string) {
    super(value);
    this.versionId = versionId;
  }
}

export interface CredentialOptions {
  /** Whether an error of the work says that the credential is not accepted; default: those of PostgreSQL, MySQL, Redis. */
  isAuthenticationError?: (error: unknown) => boolean;
  /** How long a value is used without asking again, default 5 minutes; a grant may say less. */
  maxAgeMs?: number;
}

export type WithCredential = <T = CredentialValue, Result = unknown>(
  secretId: string,
  work: (credential: Credential<T>) => Result | Promise<Result>,
  options?: CredentialOptions,
) => Promise<Result>;

/** The answer of GetSecretValue, as far as it matters. */
interface FetchedValue {
  VersionId: string;
  SecretString?: string | undefined;
  SecretBinary?: Buffer | undefined;
  MaxCacheSeconds?: number | undefined;
}

interface Held {
  credential: Credential<unknown>;
  /** To be compared with; never leaves this file. */
  raw: string;
  fetchedAt: number;
  mayBeKeptMs: number;
}

const DEFAULT_MAX_AGE_MS = 5 * 60_000;

/** @param fetch GetSecretValue of one secret */
export function credentialKeeper(
  fetch: (secretId: string) => Promise<FetchedValue>,
  now: () => number,
): WithCredential {
  const held = new Map<string, Held>();
  const fetching = new Map<string, Promise<Held>>();

  const fetchOnce = (secretId: string): Promise<Held> => {
    const under = fetching.get(secretId);
    if (under) return under;
    // The age counts from when it was asked for: the value may have changed since.
    const fetchedAt = now();
    const answer = fetch(secretId)
      .then((value) => {
        const entry = heldOf(value, fetchedAt);
        held.set(secretId, entry);
        return entry;
      })
      .finally(() => fetching.delete(secretId));
    fetching.set(secretId, answer);
    return answer;
  };

  const current = async (secretId: string, maxAgeMs: number): Promise<Held> => {
    const entry = held.get(secretId);
    if (entry && now() - entry.fetchedAt < Math.min(maxAgeMs, entry.mayBeKeptMs)) return entry;
    return fetchOnce(secretId);
  };

  /** Another value than the refused one; undefined: there is none. */
  const another = async (secretId: string, refused: Held): Promise<Held | undefined> => {
    const known = held.get(secretId);
    // Somebody else was refused before and has fetched it.
    if (known && known !== refused && differs(known, refused)) return known;
    const fresh = await fetchOnce(secretId).catch(() => undefined);
    return fresh && differs(fresh, refused) ? fresh : undefined;
  };

  return async (secretId, work, options = {}) => {
    const isRefusal = options.isAuthenticationError ?? isAuthenticationError;
    const first = await current(secretId, options.maxAgeMs ?? DEFAULT_MAX_AGE_MS);
    try {
      return await work(first.credential as Credential<never>);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const second = await another(secretId, first);
      if (!second) throw error;
      return work(second.credential as Credential<never>);
    }
  };
}

function differs(a: Held, b: Held): boolean {
  return a.credential.versionId !== b.credential.versionId || a.raw !== b.raw;
}

function heldOf({ VersionId, SecretString, SecretBinary, MaxCacheSeconds }: FetchedValue, fetchedAt: number): Held {
  const value = SecretBinary ?? parsed(SecretString ?? '');
  return {
    credential: new Credential(value, VersionId),
    raw: SecretBinary ? `binary ${SecretBinary.toString('base64')}` : `text ${SecretString}`,
    fetchedAt,
    mayBeKeptMs: MaxCacheSeconds === undefined ? Number.POSITIVE_INFINITY : MaxCacheSeconds * 1000,
  };
}

function parsed(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : text;
  } catch {
    return text;
  }
}
