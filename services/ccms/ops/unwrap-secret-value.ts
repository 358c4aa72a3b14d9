import { ServiceError } from '../../../platform/contract/error.ts';
import { type Call, change, implementFor } from '../../../platform/runtime/call.ts';
import { LookUpWrapping, UnwrapSecretValue } from '../api/wrapping.ts';
import type { CcmsDeps } from '../deps.ts';
import {
  keyScope,
  readToken,
  unwrapValue,
  WRAPPING_KEY_LABEL,
  type WrappingRow,
  wrappingKey,
  wrappingState,
} from '../domain/wrapping.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { readBy } from './read-by.ts';
import { namedOutput, requireLive } from './secret-access.ts';
import { wrappingSummary } from './wrapping-entry.ts';
import { reportMisuse, requireRecipient, resolveToken } from './wrapping-token.ts';

const implement = implementFor<CcmsDeps>();
type UnwrapCall = Call<typeof UnwrapSecretValue>;

export const unwrapSecretValue = implement(UnwrapSecretValue, {
  resolve: (call, input, deps) => resolveToken(call, deps, input.WrappingToken),

  async run(call, input, presented, deps) {
    const row = await requireRecipient(call, deps, presented);
    if (row.unwrapped_at !== null) {
      await reportMisuse(call, deps, row, 'already-unwrapped');
      throw used(call, row.unwrapped_at);
    }
    const { secret, createdAt } = await requireVersion(call, deps, row);
    const value = await unwrapped(call, deps, row, input.WrappingToken);
    const next = await deps.wrappings.sealed({
      ...row,
      sealed: null,
      unwrapped_at: call.now,
      unwrapped_by: call.caller.arn,
      unwrapped_from: call.origin.sourceIp,
      version: row.version + 1,
    });
    const output = {
      ...namedOutput(secret),
      VersionId: row.version_id,
      ...(row.kind === 'binary' ? { SecretBinary: value } : { SecretString: textOf(value) }),
      ...(row.fields !== null && { GrantedFields: JSON.parse(row.fields) as string[] }),
      CreatedDate: createdAt,
    };
    deps.access.saw(row.secret_id, row.version_id, call.now, readBy(call));
    return change(
      async (tx) => {
        if (!(await deps.wrappings.replace(tx, next))) throw used(call, call.now);
        return output;
      },
      () => deps.wrappings.written(next),
      (error) => lost(call, deps, row, error),
    );
  },
});

/** Whoever comes second by a moment learns so, like whoever comes later. */
async function lost(call: UnwrapCall, deps: CcmsDeps, { wrapping_id }: WrappingRow, error: unknown): Promise<void> {
  if (!(error instanceof ServiceError) || error.code !== 'WrappingUsed') return;
  const row = await deps.wrappings.byId(wrapping_id);
  if (row?.unwrapped_at) await reportMisuse(call, deps, row, 'already-unwrapped');
}

function used(call: UnwrapCall, at: number) {
  return call.fail('WrappingUsed', `the value was unwrapped before, at ${new Date(at).toISOString()}`, {
    hint: 'unless that was you, somebody intercepted the token: tell whoever sent it, and have the secret changed',
  });
}

/** The secret and its version must still be there to be read; their key is not asked (see README). */
async function requireVersion(
  call: UnwrapCall,
  deps: CcmsDeps,
  row: WrappingRow,
): Promise<{ secret: SecretRecord; createdAt: number }> {
  const state = wrappingState(row, call.now);
  const secret = await deps.secrets.byId(row.secret_id);
  const version = secret && (await deps.secrets.version(secret, row.version_id));
  const isGone = !secret || secret.arn !== row.secret_arn || !version;
  if (state !== 'Open' || row.sealed === null || isGone) {
    const why =
      state === 'Revoked' ? 'it was revoked' : state === 'Expired' ? 'its time has passed' : 'its value is gone';
    throw call.fail('WrappingEnded', `nothing can be unwrapped with the token: ${why}`, {
      hint: 'ask for a new token',
    });
  }
  requireLive(call, secret);
  if (version.expires_at !== null && version.expires_at <= call.now)
    throw call.fail('InvalidRequest', 'the version of the secret expired meanwhile', { hint: 'ask for a new token' });
  return { secret, createdAt: version.created_at };
}

async function unwrapped(call: UnwrapCall, deps: CcmsDeps, row: WrappingRow, text: string): Promise<Buffer> {
  const token = readToken(text);
  if (!token || !row.sealed) throw new ServiceError('Internal', 'a token without its value');
  const half = await deps.hsm.mac(WRAPPING_KEY_LABEL, keyScope(row));
  const key = wrappingKey(token, half);
  try {
    const value = unwrapValue(row, key, row.sealed);
    if (value) return value;
  } finally {
    for (const bytes of [token, half, key]) bytes.fill(0);
  }
  throw call.fail('DecryptionFailure', 'the wrapped value is not what was written', {
    hint: 'somebody changed the database: keep a copy for the investigation',
  });
}

function textOf(value: Buffer): string {
  const text = value.toString('utf8');
  value.fill(0);
  return text;
}

export const lookUpWrapping = implement(LookUpWrapping, {
  resolve: (call, input, deps) => resolveToken(call, deps, input.WrappingToken),
  async run(call, _input, presented, deps) {
    return { Wrapping: wrappingSummary(await requireRecipient(call, deps, presented), call.now) };
  },
});
