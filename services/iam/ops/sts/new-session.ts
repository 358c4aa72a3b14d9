/**
 * Makes sessions: the row, and the credentials that open it. A session stems from one long-term access key, whether its
 * user asked for it or a session that itself stems from the key, and ends with it; nothing is made from a session that
 * has been ended. A session that a service of ours opened stems from that service (`service:ccms`).
 */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import type { IamDeps } from '../../deps.ts';
import { sessionArn } from '../../domain/names.ts';
import type { Tag } from '../../domain/tags.ts';
import type { SessionRow, Tx } from '../../store/db.ts';
import type { ManagedSessionPolicy } from '../../store/session-snapshot.ts';
import { insertSession, liveSession, lockSession } from '../../store/sessions.ts';
import { sealSession, sessionSecret } from './sessions.ts';

type AnyCall = Call<AnyOperation>;

export interface NewSession {
  kind: SessionRow['kind'];
  accountId: string;
  entityId: string;
  seconds: number;
  name?: string | undefined;
  sourceIdentity?: string | undefined;
  tags?: readonly Tag[] | undefined;
  transitiveKeys?: readonly string[] | undefined;
  policy?: string | undefined;
  managedPolicies?: readonly ManagedSessionPolicy[] | undefined;
  mfaAt?: number | undefined;
}

/** Whole seconds, as every wire shows them; in milliseconds. */
export function expiryOf(call: AnyCall, seconds: number): number {
  return (Math.floor(call.now / 1000) + seconds) * 1000;
}

/** Temporary credentials; the row is written by `keepSession` in the transaction of the call. */
export async function makeCredentials(call: AnyCall, deps: IamDeps, session: NewSession) {
  const AccessKeyId = deps.ids.unique('ASIA', 16);
  const Expiration = expiryOf(call, session.seconds);
  const SessionToken = await sealSession(deps, AccessKeyId, { accountId: session.accountId, expiresAt: Expiration });
  const secret = await sessionSecret(deps, AccessKeyId);
  const SecretAccessKey = secret.toString('latin1');
  secret.fill(0);
  return { AccessKeyId, SecretAccessKey, SessionToken, Expiration };
}

/** Names the session in the audit record, so that it can be found and revoked. */
export function touchSession(call: AnyCall, deps: IamDeps, accountId: string, sessionId: string): void {
  call.touches(
    sessionArn({ partition: deps.settings.partition, accountId }, sessionId),
    'AWS::STS::Session',
    accountId,
  );
}

export async function keepSession(tx: Tx, call: AnyCall, sessionId: string, session: NewSession): Promise<void> {
  await insertSession(tx, {
    ...(await originOf(tx, call, session)),
    session_id: sessionId,
    account_id: session.accountId,
    entity_id: session.entityId,
    kind: session.kind,
    name: session.name ?? null,
    source_identity: session.sourceIdentity ?? null,
    tags: JSON.stringify(session.tags ?? []),
    transitive_keys: JSON.stringify(session.transitiveKeys ?? []),
    policy: session.policy ?? null,
    managed_policies: session.managedPolicies ? JSON.stringify(session.managedPolicies) : null,
    mfa_at: session.mfaAt ?? null,
    issued_at: call.now,
    expires_at: expiryOf(call, session.seconds),
    revoked_at: null,
  });
}

type Origin = Pick<SessionRow, 'origin_key_id' | 'origin_account_id' | 'parent_session_id'>;

/** SECURITY: the parent is locked, so that a revocation in progress either sees the new session or refuses it. */
async function originOf(tx: Tx, call: AnyCall, made: NewSession): Promise<Origin> {
  const { kind, principalId, session, accessKeyId, accountId } = call.caller;
  if (kind === 'service')
    return { origin_key_id: principalId, origin_account_id: made.accountId, parent_session_id: null };
  if (session) {
    await lockSession(tx, session.id);
    const parent = await liveSession(tx, session.id);
    if (!parent) throw call.fail('Unauthenticated', 'the session has ended', { details: { wireCode: 'ExpiredToken' } });
    const { origin_key_id, origin_account_id } = parent;
    return { origin_key_id, origin_account_id, parent_session_id: parent.session_id };
  }
  if (accessKeyId === undefined)
    throw call.fail('AccessDenied', 'the caller has no access key a session could stem from');
  return { origin_key_id: accessKeyId, origin_account_id: accountId, parent_session_id: null };
}
