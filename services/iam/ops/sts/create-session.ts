import { issueSessionJwt } from '../../../../platform/authn/session/jwt.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { type Call, noResource } from '../../../../platform/runtime/call.ts';
import { SESSION_AUDIENCE, type SessionTokenClaims } from '../../api/session-claims.ts';
import { CreateSession, GetSessionToken, SESSION_SECONDS } from '../../api/sts.ts';
import { implement } from '../implement.ts';
import { parentKeyOf, sealSession, sessionSecret } from './sessions.ts';

/** A session cannot make another one: it would outlive the limit of its own life. */
function requireParent(call: Call<AnyOperation>): string {
  const parent = parentKeyOf(call.caller);
  if (parent !== undefined) return parent;
  throw call.fail('AccessDenied', `Cannot call ${call.operation.name} with session credentials`, {
    hint: 'sign the request with a long-term access key',
  });
}

export const getSessionToken = implement(GetSessionToken, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const parentAccessKeyId = requireParent(call);
    const { accountId, principalId } = call.caller;
    const seconds = input.DurationSeconds ?? SESSION_SECONDS.default;
    // Whole seconds, as every wire shows them.
    const issuedAt = Math.floor(call.now / 1000) * 1000;
    const Expiration = issuedAt + seconds * 1000;
    const AccessKeyId = deps.ids.unique('ASIA', 16);
    const SessionToken = await sealSession(deps, AccessKeyId, {
      accountId,
      principalId,
      parentAccessKeyId,
      issuedAt,
      expiresAt: Expiration,
    });
    const secret = await sessionSecret(deps, AccessKeyId);
    const SecretAccessKey = secret.toString('latin1');
    secret.fill(0);
    return { Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration } };
  },
});

export const createSession = implement(CreateSession, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const parent = requireParent(call);
    const lifeSeconds = input.DurationSeconds ?? SESSION_SECONDS.default;
    const claims: SessionTokenClaims = { acc: call.caller.accountId, key: parent };
    const Token = await issueSessionJwt(await deps.signing.signer(), {
      issuer: deps.settings.endpoint,
      audience: SESSION_AUDIENCE,
      subject: call.caller.principalId,
      jwtId: deps.ids.uuidv4(),
      now: call.now,
      lifeSeconds,
      claims: { ...claims },
    });
    const ExpiresAt = (Math.floor(call.now / 1000) + lifeSeconds) * 1000;
    return { Token, ExpiresAt, TokenType: 'Bearer' as const };
  },
});
