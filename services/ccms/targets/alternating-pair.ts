/** Two users that take turns: odd versions are one, even versions the other. */
import { TargetFailure } from './failure.ts';
import type { CredentialChange, Retirement } from './port.ts';

export type UserPair = readonly [string, string];

export function usernameAfter(pair: UserPair, current: string | undefined): string {
  return current === pair[0] ? pair[1] : pair[0];
}

/**
 * SECURITY: the secret may have been edited. Only the configured users are ever changed, and never the one that
 * consumers use.
 */
export function checkChange(pair: UserPair, change: CredentialChange, where: string): void {
  if (!pair.includes(change.pending.username)) throw new TargetFailure('wrong-identity', where);
  if (change.current?.username === change.pending.username) throw new TargetFailure('still-needed', where);
}

export function checkRetirement(pair: UserPair, retirement: Retirement, where: string): void {
  if (!pair.includes(retirement.outgoing.username)) throw new TargetFailure('wrong-identity', where);
  if (retirement.keep.some((kept) => kept.username === retirement.outgoing.username))
    throw new TargetFailure('still-needed', where);
}
