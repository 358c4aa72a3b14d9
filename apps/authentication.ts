/** Connects the platform's authentication and authorization ports to the services iam and org. */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { CredentialSource } from '../platform/authn/authenticator.ts';
import { createSessionVerifier, type SessionVerifier } from '../platform/authn/session/jwt.ts';
import type { SessionPublicKey } from '../platform/authn/session/keys.ts';
import type { AuthorizationFeed, PrincipalDirectory } from '../platform/authz/directory.ts';
import type { OrganizationFeed } from '../platform/authz/organization.ts';
import { ServiceError } from '../platform/contract/error.ts';
import type { Caller } from '../platform/runtime/call.ts';
import { SESSION_AUDIENCE } from '../services/iam/api/session-claims.ts';
import { SESSION_SECONDS } from '../services/iam/api/sts.ts';
import type { Clients } from './clients.ts';

/** How long published keys are believed; a new key is published well before it signs. */
const KEYS_MS = 60_000;

export function authorizationFeed(iam: Clients['iam']): AuthorizationFeed {
  return {
    snapshot: async (PrincipalId) => (await iam.GetPrincipalSnapshot({ PrincipalId })).Principal,
    session: async (SessionId) => (await iam.GetSessionSnapshot({ SessionId })).Session,
    async changes(since, waitMs) {
      const answer = await iam.GetAuthorizationChanges({ Since: since, WaitMilliseconds: waitMs });
      return { version: answer.Version, accounts: answer.Accounts };
    },
  };
}

export function organizationFeed(org: Clients['org']): OrganizationFeed {
  return {
    view: () => org.GetOrganizationView({}),
    async changes(since, waitMs) {
      const { Revision, Changes } = await org.GetOrganizationChanges({ Since: since, WaitMilliseconds: waitMs });
      return { revision: Revision, changes: Changes && { ...Changes, Revision } };
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
          ...(found.EntityId !== undefined && { entityId: found.EntityId }),
          ...(found.UserName !== undefined && { userName: found.UserName }),
          ...(session && {
            session: {
              id: session.Id,
              issuedAt: session.IssuedAt,
              expiresAt: session.ExpiresAt,
              ...(session.MfaAt !== undefined && { mfaAt: session.MfaAt }),
            },
          }),
        },
        accounts: found.Accounts,
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

/** Session tokens (JWT): verified with iam's published keys, and void when the key they stem from is. */
export class BearerTokens {
  private readonly iam: Clients['iam'];
  private readonly directory: PrincipalDirectory;
  private readonly verifier: SessionVerifier;
  private readonly now: () => number;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(iam: Clients['iam'], directory: PrincipalDirectory, issuer: string, now: () => number) {
    this.iam = iam;
    this.directory = directory;
    this.now = now;
    this.verifier = createSessionVerifier({
      issuer,
      audience: SESSION_AUDIENCE,
      keys: [],
      maxAgeSeconds: SESSION_SECONDS.max,
      now,
    });
  }

  readonly caller: CredentialSource['bearer'] = async (token) => {
    if (this.now() - this.readAt > KEYS_MS) await this.readKeys();
    const verified = await this.verifier.verify(token);
    if (!verified.ok) return verified.code;
    const { sub, iat, exp, acc, key, jti } = verified.claims;
    const session = { id: jti, issuedAt: iat * 1000, expiresAt: exp * 1000 };
    const claimed: Caller = { kind: 'user', arn: '', accountId: String(acc), principalId: sub, session };
    const principal = await this.directory.of(claimed);
    if (!principal?.session || principal.snapshot.AccountId !== acc) return 'invalid';
    const { snapshot } = principal;
    const { MfaAt } = principal.session.snapshot;
    if (snapshot.Kind === 'role' || !snapshot.ActiveAccessKeyIds.includes(String(key))) return 'invalid';
    return {
      kind: snapshot.Kind,
      arn: snapshot.Arn,
      accountId: snapshot.AccountId,
      principalId: snapshot.PrincipalId,
      ...(snapshot.UserName !== undefined && { userName: snapshot.UserName }),
      session: { ...session, ...(MfaAt !== undefined && { mfaAt: MfaAt }) },
    };
  };

  private async readKeys(): Promise<void> {
    const { Jwks } = await this.iam.GetSessionKeys({});
    const { keys } = JSON.parse(Jwks) as { keys: (JsonWebKey & { kid: string; alg: SessionPublicKey['algorithm'] })[] };
    this.verifier.setKeys(
      keys.map((jwk) => ({
        keyId: jwk.kid,
        algorithm: jwk.alg,
        spki: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' }),
      })),
    );
    this.readAt = this.now();
  }
}
