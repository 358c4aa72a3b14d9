import { randomBytes } from 'node:crypto';
import type { InputOf } from '../../../platform/contract/operation.ts';
import { type Call, change, implementFor } from '../../../platform/runtime/call.ts';
import { DEFAULT_TTL_SECONDS, WrapSecretValue } from '../api/wrapping.ts';
import type { CcmsDeps } from '../deps.ts';
import { MAX_OPEN_WRAPPINGS_PER_SECRET } from '../domain/limits.ts';
import {
  keyScope,
  TOKEN_BYTES,
  tokenHash,
  tokenText,
  WRAPPING_KEY_LABEL,
  type WrappingRow,
  wrappingKey,
  wrapValue,
} from '../domain/wrapping.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { readableVersion, versionConditions } from './get-secret-value.ts';
import { requireGrantee } from './grantee.ts';
import { type Reading, resolveReading, withinScope } from './read-scope.ts';
import { isForeign, missingSecret, targetOf } from './secret-access.ts';
import { changeSecret } from './secret-change.ts';
import { opened, type PlainValue } from './secret-value.ts';
import { wrappingEntry } from './wrapping-entry.ts';

const implement = implementFor<CcmsDeps>();
type WrapCall = Call<typeof WrapSecretValue>;

/** Whoever wraps must be allowed to, and to read: what comes out is what the same caller reads now. */
export const wrapSecretValue = implement(WrapSecretValue, {
  async resolve(call, input, deps) {
    const conditions = versionConditions(input);
    const read = { action: 'secretsmanager:GetSecretValue', conditions };
    const { targets, state, absent } = await resolveReading(call, deps, input.SecretId, read);
    const [asked] = targets;
    if (!absent && !isForeign(call, state.secret))
      return { targets: [targetOf(state.secret, input.SecretId, {}, deps), ...targets], state };
    const { grants: _, action: __, ...bare } = asked!;
    return { targets: [bare], state: undefined as never, absent: missingSecret(call) };
  },

  async run(call, input, { secret, scope }: Reading, deps) {
    const version = await readableVersion(call, deps, secret, input);
    const recipient = await requireGrantee(call, deps, input.Recipient ?? secret.row.account_id);
    if ((await deps.wrappings.countOpen(secret.row.secret_id, call.now)) >= MAX_OPEN_WRAPPINGS_PER_SECRET)
      throw call.fail('LimitExceeded', `${MAX_OPEN_WRAPPINGS_PER_SECRET} wrapped values of the secret wait to be read`);
    const value = withinScope(call, await opened(call, deps, secret, version), scope);
    try {
      const fields = scope.fields ? JSON.stringify(scope.fields) : null;
      const content = { version_id: version.version_id, kind: value.kind, fields };
      const { row, token } = await wrapped(call, deps, secret, { ...content, ...recipientOf(recipient) }, input, value);
      deps.access.saw(secret.row.secret_id, version.version_id, call.now);
      const output = { WrappingToken: token, Wrapping: wrappingEntry(row, call.now) };
      // The secret's row is written too: a copy of a value that is destroyed meanwhile is a conflict.
      const written = await changeSecret(call, deps, secret, { edit: {}, output });
      return change(async (tx) => {
        const answer = await written.commit(tx);
        await deps.wrappings.insert(tx, row);
        return answer;
      }, written.after);
    } finally {
      value.bytes.fill(0);
    }
  },
});

function recipientOf({ grantee, id, accountId }: Awaited<ReturnType<typeof requireGrantee>>) {
  return { recipient: grantee, recipient_id: id, recipient_account: accountId };
}

async function wrapped(
  call: WrapCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  content: Pick<WrappingRow, 'version_id' | 'kind' | 'fields' | 'recipient' | 'recipient_id' | 'recipient_account'>,
  { TtlSeconds = DEFAULT_TTL_SECONDS }: InputOf<typeof WrapSecretValue>,
  value: PlainValue,
): Promise<{ row: WrappingRow; token: string }> {
  const bound = {
    ...content,
    wrapping_id: deps.ids.uuidv4(),
    secret_id: secret.row.secret_id,
    account_id: secret.row.account_id,
    secret_arn: secret.arn,
    created_at: call.now,
    created_by: call.caller.arn,
    expires_at: call.now + TtlSeconds * 1000,
  };
  const token = await deps.hsm.random(TOKEN_BYTES);
  const half = await deps.hsm.mac(WRAPPING_KEY_LABEL, keyScope(bound));
  const key = wrappingKey(token, half);
  try {
    const row = await deps.wrappings.sealed({
      ...bound,
      token_hash: tokenHash(token),
      sealed: wrapValue(bound, key, randomBytes(12), value.bytes),
      unwrapped_at: null,
      unwrapped_by: null,
      unwrapped_from: null,
      revoked_at: null,
      misuse_count: 0,
      misuses: '[]',
      version: 1,
    });
    return { row, token: tokenText(token) };
  } finally {
    for (const bytes of [token, half, key]) bytes.fill(0);
  }
}
