/** Rates a caller may not exceed: requests per principal, refused attempts per source address. */
import { ServiceError } from '../contract/error.ts';
import type { Caller } from '../runtime/call.ts';
import { sourceKey } from './limits/source-key.ts';
import { createTokenBuckets, type TokenBuckets } from './limits/token-bucket.ts';

export interface RateSettings {
  principalPerSecond: number;
  principalBurst: number;
  /** Failed authentications per source address. */
  refusalsPerSecond: number;
  refusalBurst: number;
}

export class RequestLimits {
  private readonly principals: TokenBuckets;
  private readonly refusals: TokenBuckets;
  private readonly now: () => number;

  constructor(settings: RateSettings, now: () => number) {
    this.now = now;
    this.principals = createTokenBuckets({
      ratePerSecond: settings.principalPerSecond,
      burst: settings.principalBurst,
    });
    this.refusals = createTokenBuckets({ ratePerSecond: settings.refusalsPerSecond, burst: settings.refusalBurst });
  }

  /** A source whose attempts keep failing has to wait; good requests cost a source nothing. */
  checkSource(address: string): void {
    const answer = this.refusals.peek(sourceKey(address), this.now());
    if (!answer.ok) throw tooMany('refused requests from this address', answer.retryAfterMs);
  }

  countRefusal(address: string): void {
    this.refusals.take(sourceKey(address), this.now());
  }

  checkPrincipal(caller: Caller): void {
    const answer = this.principals.take(caller.principalId, this.now());
    if (!answer.ok) throw tooMany('requests of this principal', answer.retryAfterMs);
  }
}

function tooMany(what: string, retryAfterMs: number): ServiceError {
  return new ServiceError('TooManyRequests', `too many ${what}`, {
    hint: `wait ${Math.ceil(retryAfterMs / 1000)} s and try again`,
    details: { retryAfterSeconds: retryAfterMs / 1000 },
  });
}
