/** Connects the platform's authentication and authorization ports to the iam service. */
import type { CredentialSource, SigningCredential } from '../platform/authn/authenticator.ts';
import { createSessionVerifier } from '../platform/authn/session/jwt.ts';
import type { AuthorizationFeed, PrincipalDirectory } from '../platform/authz/directory.ts';
import { ServiceError } from '../platform/contract/error.ts';
import type { Caller } from '../platform/runtime/call.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Clients } from './clients.ts';

export function authorizationFeed(iam: Clients['iam']): AuthorizationFeed {
  return {
    snapshot: async (PrincipalId) => (await iam.GetPrincipalSnapshot({ PrincipalId })).Principal,
    async changes(since, waitMs) {
      const answer = await iam.GetAuthorizationChanges({ Since: since, WaitMilliseconds: waitMs });
      return { version: answer.Version, accounts: answer.Accounts };
    },
  };
}
