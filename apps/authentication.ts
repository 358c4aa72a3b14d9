/** Connects the platform's authentication and authorization ports to the iam service. */
import type { CredentialSource } from '../platform/authn/authenticator.ts';
import type { AuthorizationFeed, PrincipalDirectory } from '../platform/authz/directory.ts';
import { ServiceError } from '../platform/contract/error.ts';
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

export function signingCredentials(iam: Clients['iam']): CredentialSource['signingCredential'] {
  return async (scope) => {
    try {
      const found = await iam.GetSigningKey({
        AccessKeyId: scope.accessKeyId,
        Date: scope.date,
        Region: scope.region,
        Service: scope.service,
        ...(scope.sessionToken !== undefined && { SessionToken: scope.sessionToken }),
      });
      const session = found.Session;
      return {
        key: found.SigningKey,
        caller: {
          kind: found.Kind,
          arn: found.Arn,
          accountId: found.AccountId,
          principalId: found.PrincipalId,
          accessKeyId: scope.accessKeyId,
          ...(found.UserName !== undefined && { userName: found.UserName }),
          ...(session && {
            session: {
              issuedAt: session.IssuedAt,
              expiresAt: session.ExpiresAt,
              ...(session.MfaAt !== undefined && { mfaAt: session.MfaAt }),
            },
          }),
        },
      };
    } catch (error) {
      if (error instanceof ServiceError) {
        if (error.code === 'ExpiredToken') return 'expired';
        // A key id of a form that no key can have is as unknown as any other.
        if (error.code === 'UnknownAccessKey' || error.code === 'Validation') return 'unknown';
      }
      throw error;
    }
  };
}

export function credentialSource(iam: Clients['iam'], directory: PrincipalDirectory): CredentialSource {
  void directory;
  return { signingCredential: signingCredentials(iam), bearer: async () => 'invalid' };
}
