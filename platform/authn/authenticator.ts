/**
 * Establishes who sent a request, from its signature or its bearer token, on the raw bytes.
 *
 * Guarantees: a `Caller` is answered only for credentials that are valid now (revocations count within a second, see
 * PrincipalDirectory); everything else is a refusal with AWS's code. That code tells an unknown access key from a wrong
 * signature; beyond it, checking either costs the same work. Derived signing keys live in memory only and are dropped when anything about their account changes.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PrincipalDirectory } from '../authz/directory.ts';
import { ServiceError } from '../contract/error.ts';
import type { Caller } from '../runtime/call.ts';
import type { ChangeHub } from '../runtime/change-hub.ts';
import type { Clock } from '../runtime/clock.ts';
import { parseSigV4 } from './sigv4/parse.ts';
import { type ReplayCache, replayKey } from './sigv4/replay-cache.ts';
import type { ParsedSignature, SignedHttpRequest, SigV4Failure } from './sigv4/types.ts';
import { checkSigV4Scope, type SigV4Options, verifySigV4 } from './sigv4/verify.ts';

/** A derived signing key and whom it belongs to; undefined: the access key cannot be used. */
export interface SigningCredential {
  key: Buffer;
  caller: Caller;
  /** Accounts in which something can end the credentials. */
  accounts: readonly string[];
}

export interface CredentialSource {
  signingCredential(scope: {
    accessKeyId: string;
    date: string;
    region: string;
    service: string;
    sessionToken: string | undefined;
  }): Promise<SigningCredential | 'unknown' | 'expired'>;
  /** The holder of a session token (JWT). */
  bearer(token: string): Promise<Caller | 'invalid' | 'expired'>;
}

export interface Authenticated {
  caller: Caller;
  /** For signed requests: what makes the signature unique, and its second in milliseconds. */
  signature?: { accessKeyId: string; value: string; at: number };
}

export interface AuthenticatorOptions {
  source: CredentialSource;
  directory: PrincipalDirectory;
  hub: ChangeHub;
  clock: Clock;
  /** For how long signatures are remembered: a clock that is set forth and back must not make them new. */
  steadyClock: Clock;
  regions: ReadonlySet<string>;
  clockWindowSeconds: number;
  replays: ReplayCache;
}

const MAX_CREDENTIALS = 20_000;

export class Authenticator {
  private readonly credentials = new LRUCache<string, SigningCredential>({
    max: MAX_CREDENTIALS,
    dispose: (credential) => credential.key.fill(0),
  });
  private readonly options: AuthenticatorOptions;
  private generation = 0;

  constructor(options: AuthenticatorOptions) {
    this.options = options;
    options.hub.subscribe((accountId) => {
      this.generation++;
      for (const [id, credential] of this.credentials.entries()) {
        if (accountId === '*' || credential.accounts.includes(accountId)) this.credentials.delete(id);
      }
    });
  }

  /** Throws `ServiceError` Unauthenticated (or Unavailable) when the caller cannot be established. */
  async authenticate(
    request: SignedHttpRequest,
    authorization: string | undefined,
    signingNames: readonly string[],
  ): Promise<Authenticated> {
    if (
      authorization !== undefined &&
      authorization.length > 7 &&
      authorization.slice(0, 7).toLowerCase() === 'bearer '
    )
      return { caller: await this.bearer(authorization.slice(7).trim()) };
    const parsed = parseSigV4(request);
    if (parsed === undefined) {
      throw refusal(
        'MissingAuthenticationToken',
        'the request carries no credentials',
        'sign the request or send a bearer token',
      );
    }
    if (!parsed.ok) throw refused(parsed);
    return this.signed(request, parsed, signingNames);
  }

  private async signed(
    request: SignedHttpRequest,
    parsed: ParsedSignature,
    signingNames: readonly string[],
  ): Promise<Authenticated> {
    const service = signingNames.includes(parsed.service) ? parsed.service : (signingNames[0] ?? parsed.service);
    const options: SigV4Options = {
      now: this.options.clock.now(),
      service,
      regions: this.options.regions,
      clockWindowSeconds: this.options.clockWindowSeconds,
    };
    const outside = checkSigV4Scope(parsed, options);
    if (outside) throw refused(outside);
    const { directory } = this.options;
    if (!directory.fresh()) await directory.confirm();
    const cached = this.credentials.get(cacheKey(parsed));
    const generation = this.generation;
    const credential = cached ?? (await this.load(parsed));
    if (credential === 'expired')
      throw refusal('ExpiredToken', 'the session of the credentials has expired', 'obtain new credentials');
    const verified = verifySigV4(parsed, request, credential === 'unknown' ? undefined : credential.key, options);
    if (!verified.ok) throw refused(verified);
    if (credential === 'unknown')
      throw refusal('InvalidClientTokenId', 'access key id is unknown or inactive', HINTS.InvalidClientTokenId);
    // Kept only once it has verified something, and after its use: eviction zeroes a key.
    if (!cached && generation === this.generation) this.credentials.set(cacheKey(parsed), credential);
    const session = credential.caller.session;
    if (session && session.expiresAt <= options.now)
      throw refusal('ExpiredToken', 'the session of the credentials has expired', 'obtain new credentials');
    return {
      caller: credential.caller,
      signature: { accessKeyId: parsed.accessKeyId, value: parsed.signature, at: parsed.timestampMs },
    };
  }

  private load(parsed: ParsedSignature): Promise<SigningCredential | 'unknown' | 'expired'> {
    const { directory, source } = this.options;
    return directory.read(() =>
      source.signingCredential({
        accessKeyId: parsed.accessKeyId,
        date: parsed.date,
        region: parsed.region,
        service: parsed.service,
        sessionToken: parsed.sessionToken,
      }),
    );
  }

  private async bearer(token: string): Promise<Caller> {
    const { directory, source } = this.options;
    await directory.confirm();
    const caller = await directory.read(() => source.bearer(token));
    if (caller === 'expired') throw refusal('ExpiredToken', 'the session token has expired', 'create a new session');
    if (caller === 'invalid')
      throw refusal('InvalidClientTokenId', 'the session token is not valid', 'create a new session');
    return caller;
  }

  /** For state-changing requests: false when the signature was used before. Throws when the cache is full. */
  firstUse({ accessKeyId, value }: NonNullable<Authenticated['signature']>): boolean {
    const answer = this.options.replays.check(replayKey(accessKeyId, value), this.options.steadyClock.now());
    if (answer === 'full') {
      throw new ServiceError(
        'Unavailable',
        'more writes arrived within the clock window than replays can be told apart',
        {
          hint: 'try again later',
          details: { retryAfterSeconds: 30 },
        },
      );
    }
    return answer === 'fresh';
  }
}

/** The token is part of the key: a key without its token, or with another one, must never hit. */
function cacheKey(parsed: ParsedSignature): string {
  return parsed.sessionToken === undefined
    ? parsed.credential
    : `${parsed.credential}\n${hash('sha256', parsed.sessionToken)}`;
}

function refused(failure: SigV4Failure): ServiceError {
  return refusal(failure.code, failure.message, HINTS[failure.code]);
}

function refusal(wireCode: string, message: string, hint: string): ServiceError {
  return new ServiceError('Unauthenticated', message, { hint, details: { wireCode } });
}

const HINTS: Readonly<Record<SigV4Failure['code'], string>> = {
  MissingAuthenticationToken: 'sign the request or send a bearer token',
  IncompleteSignature: 'sign the request with AWS Signature Version 4',
  SignatureDoesNotMatch: 'check the secret access key, the clock and that no proxy changes signed headers',
  RequestExpired: 'sign the request again',
  InvalidClientTokenId: 'check the access key id',
  ExpiredToken: 'obtain new credentials',
};
