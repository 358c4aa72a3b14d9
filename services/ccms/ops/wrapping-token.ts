/**
 * From a token to what it wraps, and to the question that authorization is asked. The token is the permission: who
 * presents one is allowed unless something denies it. What was never a token is asked about like anything else, so a
 * caller without permissions is denied. A token that is not for the caller answers like one that does not exist; the
 * account of the secret is told.
 */
import type { RecordDraft } from '../../../platform/audit/record.ts';
import { granteeIds, grantingSet } from '../../../platform/authz/grantees.ts';
import { serviceCaller } from '../../../platform/client/transport.ts';
import type { AuthorizationTarget, Caller, Resolved } from '../../../platform/runtime/call.ts';
import { type Misuse, WrappingInterceptionSuspected } from '../api/wrapping.ts';
import type { CcmsDeps } from '../deps.ts';
import { readToken, tokenHash, type WrappingRow, withMisuse } from '../domain/wrapping.ts';
import { type AnyCall, TYPE } from './secret-access.ts';

export type Presented = { row: WrappingRow; isRecipient: boolean } | undefined;

export async function resolveToken(call: AnyCall, deps: CcmsDeps, text: string): Promise<Resolved<Presented>> {
  const secret = readToken(text);
  if (!secret) return { targets: [{ resource: '*' }], state: undefined, absent: invalidToken(call) };
  const row = await deps.wrappings.byTokenHash(tokenHash(secret));
  secret.fill(0);
  const isRecipient = row !== undefined && granteeIds(call.caller).includes(row.recipient_id);
  const grants = holderMay(call, row?.wrapping_id ?? 'none');
  if (!row) return { targets: [{ resource: '*', ...grants }], state: undefined, absent: invalidToken(call) };
  if (!isRecipient) return { targets: [{ resource: '*', ...grants }], state: { row, isRecipient } };
  call.touches(row.secret_arn, TYPE, row.account_id);
  const target = { resource: row.secret_arn, accountId: row.account_id, ...grants };
  return { targets: [target], state: { row, isRecipient } };
}

/** Throws unless the token is for the caller. */
export async function requireRecipient(call: AnyCall, deps: CcmsDeps, presented: Presented): Promise<WrappingRow> {
  if (presented?.isRecipient) return presented.row;
  if (presented) await reportMisuse(call, deps, presented.row, 'not-the-recipient');
  throw invalidToken(call);
}

function invalidToken(call: AnyCall) {
  return call.fail('InvalidWrappingToken', 'the token is not valid for this caller', {
    hint: 'check who is signed in, then ask for a new token',
  });
}

function holderMay(call: AnyCall, wrappingId: string): Pick<AuthorizationTarget, 'grants' | 'boundaryLimitsGrants'> {
  const { caller, operation } = call;
  const Action = `secretsmanager:${operation.name}`;
  const Statement = [{ Sid: 'TokenHolder', Effect: 'Allow', Principal: { AWS: caller.arn }, Action, Resource: '*' }];
  const document = JSON.stringify({ Version: '2012-10-17', Statement });
  const source = { arn: `wrapping/${wrappingId}`, id: wrappingId };
  return { grants: grantingSet(document, source, [[caller.arn, idOf(caller)]]), boundaryLimitsGrants: true };
}

function idOf({ entityId, principalId }: Caller): string {
  return entityId ?? principalId;
}

/** Each that fails was beaten by another attempt to misuse the same token. */
const MAX_ATTEMPTS = 100;

/** On the row, in the records of the account of the secret, and in the log. */
export async function reportMisuse(call: AnyCall, deps: CcmsDeps, seen: WrappingRow, reason: Misuse): Promise<void> {
  const By = call.caller.arn;
  const From = call.origin.sourceIp;
  deps.log.warn({ wrapping: seen.wrapping_id, secret: seen.secret_arn, by: By, from: From, reason }, 'token misused');
  const event = eventOf(call, deps, seen, reason);
  let row: WrappingRow | undefined = seen;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && row; attempt++) {
    const misuse = withMisuse(row, { At: call.now, By, From, Reason: reason });
    const next: WrappingRow = await deps.wrappings.sealed({ ...row, ...misuse, version: row.version + 1 });
    const done = await deps.store.transaction(async (tx) => {
      if (!(await deps.wrappings.replace(tx, next))) return false;
      await deps.recorder.appendIn(tx, event);
      return true;
    });
    if (done) return deps.wrappings.written(next);
    row = await deps.wrappings.byId(seen.wrapping_id);
  }
  await deps.recorder.append(event);
}

function eventOf(call: AnyCall, deps: CcmsDeps, row: WrappingRow, Reason: Misuse): RecordDraft {
  return {
    eventId: deps.ids.uuidv7(),
    operation: WrappingInterceptionSuspected,
    caller: { ...serviceCaller('ccms'), accountId: row.account_id },
    origin: call.origin,
    now: call.now,
    input: {
      SecretId: row.secret_arn,
      WrappingId: row.wrapping_id,
      Reason,
      TriedBy: call.caller.arn,
      TriedFrom: call.origin.sourceIp,
      ...(row.unwrapped_by !== null && { UnwrappedBy: row.unwrapped_by }),
      ...(row.unwrapped_from !== null && { UnwrappedFrom: row.unwrapped_from }),
      ...(row.unwrapped_at !== null && { UnwrappedDate: row.unwrapped_at }),
    },
    resources: [{ ARN: row.secret_arn, accountId: row.account_id, type: TYPE }],
  };
}
