import { issueSessionJwt } from '../../../../platform/authn/session/jwt.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { type Call, noResource } from '../../../../platform/runtime/call.ts';
import { SESSION_AUDIENCE, type SessionTokenClaims } from '../../api/session-claims.ts';
import { CreateSession, GetSessionToken, SESSION_SECONDS } from '../../api/sts.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { acceptCode, checkSecondFactor } from '../mfa/second-factor.ts';
import { expiryOf, keepSession, makeCredentials, type NewSession, touchSession } from './new-session.ts';

/** A session cannot make another one of the same kind: it would outlive the limit of its own life. */
function sessionOf(call: Call<AnyOperation>, duration: number | undefined): NewSession {
  const { kind, accountId, principalId, session, accessKeyId } = call.caller;
  if ((kind !== 'user' && kind !== 'root') || session !== undefined || accessKeyId === undefined) {
    throw call.fail('AccessDenied', `Cannot call ${call.operation.name} with session credentials`, {
      hint: 'sign the request with a long-term access key',
    });
  }
  const longest = kind === 'root' ? SESSION_SECONDS.root : SESSION_SECONDS.default;
  return { kind, accountId, entityId: principalId, seconds: Math.min(duration ?? longest, rootLimit(kind)) };
}

/** As with AWS, a longer wish of the root user is cut, not refused. */
const rootLimit = (kind: string) => (kind === 'root' ? SESSION_SECONDS.root : SESSION_SECONDS.max);

export const getSessionToken = implement(GetSessionToken, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const wanted = sessionOf(call, input.DurationSeconds);
    const factor = await checkSecondFactor(call, deps, input);
    const session: NewSession = { ...wanted, mfaAt: factor && call.now };
    const Credentials = await makeCredentials(call, deps, session);
    touchSession(call, deps, session.accountId, Credentials.AccessKeyId);
    return plainChange(async (tx) => {
      if (factor) await acceptCode(tx, call, factor);
      await keepSession(tx, call, Credentials.AccessKeyId, session);
      return { Credentials };
    });
  },
});

export const createSession = implement(CreateSession, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const wanted = sessionOf(call, input.DurationSeconds);
    const factor = await checkSecondFactor(call, deps, input);
    const session: NewSession = { ...wanted, mfaAt: factor && call.now };
    const sessionId = deps.ids.uuidv4();
    const claims: SessionTokenClaims = { acc: session.accountId, key: call.caller.accessKeyId as string };
    const Token = await deps.signing.withSigner((signer) =>
      issueSessionJwt(signer, {
        issuer: deps.settings.endpoint,
        audience: SESSION_AUDIENCE,
        subject: session.entityId,
        jwtId: sessionId,
        now: call.now,
        lifeSeconds: session.seconds,
        claims: { ...claims },
      }),
    );
    touchSession(call, deps, session.accountId, sessionId);
    return plainChange(async (tx) => {
      if (factor) await acceptCode(tx, call, factor);
      await keepSession(tx, call, sessionId, session);
      return { Token, ExpiresAt: expiryOf(call, session.seconds), TokenType: 'Bearer' as const };
    });
  },
});
