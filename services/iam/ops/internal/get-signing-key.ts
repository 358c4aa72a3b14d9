import { noResource } from '../../../../platform/runtime/call.ts';
import { GetSigningKey } from '../../api/internal.ts';
import type { IamDeps } from '../../deps.ts';
import { deriveSigningKey, isSessionKeyId, secretBinding } from '../../domain/access-key-format.ts';
import { userArn } from '../../domain/names.ts';
import { accessKeyById } from '../../store/access-keys.ts';
import type { AccessKeyRow, UserRow } from '../../store/db.ts';
import { userById } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { openSession, type SessionClaims, sessionSecret } from '../sts/sessions.ts';
import { tenantKey } from '../tenant-key.ts';

/** One answer for every key that cannot be used, so that asking does not tell ids apart. */
export const getSigningKey = implement(GetSigningKey, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const { AccessKeyId, SessionToken } = input;
    const unknown = () => call.fail('UnknownAccessKey', 'access key is unknown or inactive');
    if (isSessionKeyId(AccessKeyId) !== (SessionToken !== undefined)) throw unknown();
    const session =
      SessionToken === undefined ? undefined : await openSession(deps, AccessKeyId, SessionToken, call.now);
    if (session === 'expired') throw call.fail('ExpiredToken', 'the session of the access key has ended');
    if (session === 'invalid') throw unknown();

    const holder = await holderOf(deps, session?.parentAccessKeyId ?? AccessKeyId);
    if (!holder || (session && !isOf(session, holder.user))) throw unknown();
    const { user, key } = holder;
    const secret = session
      ? await sessionSecret(deps, AccessKeyId)
      : await deps.hsm.openSecret(
          await tenantKey(deps, key.account_id),
          secretBinding(key.account_id, AccessKeyId, user.user_id),
          key.sealed,
        );
    try {
      const scope = { partition: deps.settings.partition, accountId: user.account_id };
      return {
        SigningKey: deriveSigningKey(secret, { date: input.Date, region: input.Region, service: input.Service }),
        AccountId: user.account_id,
        PrincipalId: user.user_id,
        Arn: userArn(scope, user.path, user.name),
        Kind: 'user' as const,
        UserName: user.name,
        ...(session && { Session: showSession(session) }),
      };
    } finally {
      secret.fill(0);
    }
  },
});

/** The active long-term key and its user, which exists as long as the key does. */
async function holderOf(deps: IamDeps, accessKeyId: string): Promise<{ key: AccessKeyRow; user: UserRow } | undefined> {
  const key = await accessKeyById(deps.store.read, accessKeyId);
  if (key?.status !== 'Active') return undefined;
  const user = await userById(deps.store.read, key.user_id);
  return user && user.account_id === key.account_id ? { key, user } : undefined;
}

function isOf(session: SessionClaims, user: UserRow): boolean {
  return session.accountId === user.account_id && session.principalId === user.user_id;
}

function showSession(session: SessionClaims) {
  return {
    IssuedAt: session.issuedAt,
    ExpiresAt: session.expiresAt,
    ...(session.mfaAt !== undefined && { MfaAt: session.mfaAt }),
    ParentAccessKeyId: session.parentAccessKeyId,
  };
}
