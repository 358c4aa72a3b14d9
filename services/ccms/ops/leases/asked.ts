/**
 * What a credential was asked for with, as far as policies may have looked at it: kept with the lease, so that the
 * question can be put again when policies change. The time is that of the new question; everything else is as it was.
 */
import type { Caller, Origin } from '../../../../platform/runtime/call.ts';

interface Asked {
  kind: Caller['kind'];
  userName?: string;
  session?: { issuedAt: number; expiresAt: number; mfaAt?: number };
  origin: Pick<Origin, 'sourceIp' | 'userAgent' | 'protocol' | 'via' | 'sourceArn'>;
  isTls: boolean;
  ttlSeconds: number;
}

type Holder = Readonly<{
  account_id: string;
  principal_id: string;
  principal_arn: string;
  entity_id: string;
  session_id: string | null;
  created_at: number;
  asked: string | null;
}>;

export interface AskedAgain {
  caller: Caller;
  origin: Origin;
  ttlSeconds: number;
}

export function askedColumn({ kind, userName, session }: Caller, origin: Origin, ttlSeconds: number): string {
  const { sourceIp, userAgent, protocol, via, sourceArn } = origin;
  const asked: Asked = {
    kind,
    ...(userName !== undefined && { userName }),
    ...(session && { session: timesOf(session) }),
    origin: { sourceIp, userAgent, protocol, ...(via !== undefined && { via }), ...(sourceArn && { sourceArn }) },
    isTls: origin.tls !== undefined,
    ttlSeconds,
  };
  return JSON.stringify(asked);
}

function timesOf({ issuedAt, expiresAt, mfaAt }: NonNullable<Caller['session']>) {
  return { issuedAt, expiresAt, ...(mfaAt !== undefined && { mfaAt }) };
}

/** Undefined: the lease is from a time when that was not kept. */
export function askedAgain(lease: Holder, now: number, requestId: string): AskedAgain | undefined {
  if (lease.asked === null) return undefined;
  const { kind, userName, session, origin, isTls, ttlSeconds } = JSON.parse(lease.asked) as Asked;
  const caller: Caller = {
    kind,
    arn: lease.principal_arn,
    accountId: lease.account_id,
    principalId: lease.principal_id,
    entityId: lease.entity_id,
    ...(userName !== undefined && { userName }),
    ...(session && lease.session_id !== null && { session: { id: lease.session_id, ...aged(session, lease, now) } }),
  };
  const tls = { version: '', cipher: '', host: '' };
  return { caller, origin: { ...origin, requestId, receivedAt: now, ...(isTls && { tls }) }, ttlSeconds };
}

/** A second factor does not grow old by it: it was fresh enough when the credential was asked for. */
function aged(session: NonNullable<Asked['session']>, { created_at }: Holder, now: number) {
  const { mfaAt, ...times } = session;
  return mfaAt === undefined ? times : { ...times, mfaAt: mfaAt + Math.max(0, now - created_at) };
}
